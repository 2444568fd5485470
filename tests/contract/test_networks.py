"""What every network in the registry of specs keeps to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from balltrack.errors import UnknownNameError
from balltrack.models.specs import SPECS, NetworkSpec, get_spec
from balltrack.models.tracknet import TrackNet

# Published sizes: 11.3 M parameters for TrackNetV2 and TrackNetV3.
PARAMETERS = {
    "tracknet-v2": 11.34e6,
    "tracknet-v3": 11.34e6,
    "tracknet-v3-medium": 11.41e6,
    "tracknet-v3-small": 2.86e6,
}

CROP = (48, 80)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """On crops as small as these threads mostly wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", params=sorted(SPECS))
def network(request: pytest.FixtureRequest) -> TrackNet:
    torch.manual_seed(0)
    return TrackNet(SPECS[request.param]).eval()


def random_input(spec: NetworkSpec, batch: int, size: tuple[int, int]) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(batch, spec.in_channels, *size, generator=generator)


def test_takes_three_channels_a_frame_and_three_for_a_background(network: TrackNet) -> None:
    spec = network.spec
    backgrounds = {"none": 0, "concat": 1}[spec.background]
    assert spec.in_channels == 3 * (spec.frames_in + backgrounds)
    first = next(module for module in network.modules() if isinstance(module, torch.nn.Conv2d))
    assert first.in_channels == spec.in_channels


def test_a_crop_gives_one_heatmap_a_frame_at_its_size(network: TrackNet) -> None:
    with torch.inference_mode():
        logits = network(random_input(network.spec, 2, CROP))
        heatmaps = network.heatmaps(logits)
    assert heatmaps.shape == logits.shape == (2, network.spec.frames_out, *CROP)
    assert heatmaps.min() >= 0
    assert heatmaps.max() <= 1


def test_the_whole_frame_gives_heatmaps_of_the_whole_frame(network: TrackNet) -> None:
    spec = network.spec
    with torch.inference_mode():
        logits = network(random_input(spec, 1, (spec.height, spec.width)))
    assert logits.shape == (1, spec.frames_out, spec.height, spec.width)


def test_the_same_input_gives_the_same_output(network: TrackNet) -> None:
    x = random_input(network.spec, 2, CROP)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with torch.inference_mode():
        first, second, alone = network(x), network(x), network(x[:1])
    assert torch.equal(first, second)
    torch.testing.assert_close(alone, first[:1], atol=1e-5, rtol=1e-5)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_an_untrained_network_expects_no_ball(network: TrackNet) -> None:
    with torch.inference_mode():
        heatmaps = network.heatmaps(network(random_input(network.spec, 1, CROP)))
    assert heatmaps.mean() < 0.2


def test_learns_in_every_layer(network: TrackNet) -> None:
    learner = TrackNet(network.spec).train()
    learner(random_input(network.spec, 1, (16, 32))).square().mean().backward()
    still = [name for name, p in learner.named_parameters() if p.grad is None or not p.grad.any()]
    assert still == []


def test_number_of_parameters(network: TrackNet) -> None:
    count = sum(p.numel() for p in network.parameters())
    assert count == pytest.approx(PARAMETERS[network.spec.name], rel=0.01)


def test_tracknetv3_has_upstreams_state_dict() -> None:
    """Names and sizes of qaz812345/TrackNetV3 (model.py), so that its checkpoints load."""
    blocks = {
        "down_block_1": [(27, 64), (64, 64)],
        "down_block_2": [(64, 128), (128, 128)],
        "down_block_3": [(128, 256), (256, 256), (256, 256)],
        "bottleneck": [(256, 512), (512, 512), (512, 512)],
        "up_block_1": [(768, 256), (256, 256), (256, 256)],
        "up_block_2": [(384, 128), (128, 128)],
        "up_block_3": [(192, 64), (64, 64)],
    }
    expected: dict[str, tuple[int, ...]] = {
        "predictor.weight": (8, 64, 1, 1),
        "predictor.bias": (8,),
    }
    for block, convolutions in blocks.items():
        for i, (taken, given) in enumerate(convolutions, start=1):
            name = f"{block}.conv_{i}"
            expected[f"{name}.conv.weight"] = (given, taken, 3, 3)
            for part in ("weight", "bias", "running_mean", "running_var"):
                expected[f"{name}.bn.{part}"] = (given,)
            expected[f"{name}.bn.num_batches_tracked"] = ()
    network = TrackNet(SPECS["tracknet-v3"])
    assert {name: tuple(t.shape) for name, t in network.state_dict().items()} == expected


def test_tracknetv2_normalises_after_its_activation() -> None:
    """Convolution with bias, ReLU, batch norm: a block's output has negative values."""
    network = TrackNet(SPECS["tracknet-v2"]).train()
    assert "down_block_1.conv_1.conv.bias" in network.state_dict()
    assert network.down_block_1(random_input(network.spec, 1, (8, 8))).min() < 0


def test_unknown_network_lists_the_known() -> None:
    with pytest.raises(UnknownNameError, match="unknown network 'v9'; known: tracknet-v2, "):
        get_spec("v9")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 500}, "500x288 must be multiples of 16"),
        ({"frames_out": 9}, r"frames_out must be in \[1, frames_in\], got 9 of 8"),
    ],
)
def test_a_spec_is_checked_at_birth(change: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SPECS["tracknet-v3-small"], **change)
