"""TrackNet begins with TrackNetV2's layers, and hears the same frames in its own order; TrackNetV4
begins with all of them."""

from __future__ import annotations

from dataclasses import replace

import torch

from balltrack.models.inputs import arrange
from balltrack.models.specs import SPECS
from balltrack.models.tracknet import TrackNet
from balltrack.training.heatmaps.inheriting import inherit, inherits

V2 = replace(SPECS["tracknet-v2"], base_width=4)
V1 = replace(SPECS["tracknet-v1"], base_width=4)
V4 = replace(SPECS["tracknet-v4"], base_width=4)


def parent() -> TrackNet:
    torch.manual_seed(0)
    network = TrackNet(V2)
    network.train()(torch.rand(2, 9, 32, 48))  # norms that do something
    return network.eval()


@torch.inference_mode()
def test_the_encoder_answers_as_before() -> None:
    """Up to the first convolution of the decoder nothing of V2 is missing."""
    old, x = parent(), torch.rand(1, 9, 32, 48)
    new = inherit(old, V1)
    seen: list[torch.Tensor] = []
    new.get_submodule("conv10").register_forward_hook(lambda *facts: seen.append(facts[2]))
    new(arrange(x, V1))
    pool = torch.nn.functional.max_pool2d
    x3 = old.down_block_3(pool(old.down_block_2(pool(old.down_block_1(x), 2)), 2))
    expected = old.bottleneck(pool(x3, 2))
    assert expected.std() > 0.01
    torch.testing.assert_close(seen[0], expected, atol=1e-5, rtol=1e-5)


def test_the_decoder_takes_what_was_upsampled() -> None:
    old = parent()
    new = inherit(old, V1).state_dict()
    for number, block in ((11, "up_block_1"), (14, "up_block_2"), (16, "up_block_3")):
        theirs = old.state_dict()[f"{block}.conv_1.conv.weight"]
        ours = new[f"conv{number}.block.0.weight"]
        assert theirs.shape[1] > ours.shape[1]
        assert torch.equal(ours, theirs[:, : ours.shape[1]])
    norm = new["conv17.block.2.running_mean"]
    assert torch.equal(norm, old.state_dict()["up_block_3.conv_2.bn.running_mean"])


def test_only_a_fitting_tracknetv2_is_inherited_from() -> None:
    assert inherits(SPECS["tracknet-v2"], SPECS["tracknet-v1"])
    assert inherits(V2, V1)
    for spec in (
        SPECS["tracknet-v3"],
        replace(V2, base_width=8),
        replace(V2, frames_in=4),
        replace(V2, quarter_depth=2),
    ):
        assert not inherits(spec, V1)
    assert not inherits(V1, V2)


def test_tracknetv4_begins_with_every_weight_of_tracknetv2() -> None:
    old = parent()
    new = inherit(old, V4)
    assert new.spec == V4
    still = torch.rand(1, 3, 16, 24).repeat(1, 3, 1, 1)
    with torch.inference_mode():
        before, after = old(still), new(still)
    torch.testing.assert_close(after[:, 0], before[:, 0])
    torch.testing.assert_close(after[:, 1:], before[:, 1:] / 2)  # where nothing moves


def test_tracknetv4_inherits_from_its_own_shape_only() -> None:
    assert inherits(V2, V4)
    assert not inherits(SPECS["tracknet-v3"], V4)
    assert not inherits(replace(V2, base_width=8), V4)
    assert not inherits(replace(V2, quarter_depth=2), V4)
    assert not inherits(V1, V4)
