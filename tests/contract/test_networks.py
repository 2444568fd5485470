"""What every network in the registry of specs keeps to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from balltrack.errors import UnknownNameError
from balltrack.models.build import build
from balltrack.models.losses import LOSSES
from balltrack.models.network import EMPTY_LOGIT, HeatmapNetwork
from balltrack.models.specs import SPECS, NetworkSpec, get_spec
from balltrack.models.tracknet import TrackNet
from balltrack.models.tracknet_v1 import TrackNetV1

# Published sizes: 11.3 M parameters for TrackNetV2 and TrackNetV3. TrackNet's are those of
# yastrebksv/TrackNet's model, counted layer by layer, WASB's the paper's 1.5 M without those that
# nothing reads.
PARAMETERS = {
    "tracknet-v1": 10_708_032,
    "tracknet-v2": 11.34e6,
    "tracknet-v3": 11.34e6,
    "tracknet-v3-medium": 11.41e6,
    "tracknet-v3-nano": 722_912,
    "tracknet-v3-small": 2.86e6,
    "tracknet-v4": 11.34e6,
    "wasb": 1_288_179,
    "blurball": 1_295_283,
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
def network(request: pytest.FixtureRequest) -> HeatmapNetwork:
    torch.manual_seed(0)
    return build(SPECS[request.param]).eval()


def random_input(spec: NetworkSpec, batch: int, size: tuple[int, int]) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(batch, spec.in_channels, *size, generator=generator)


def test_takes_three_channels_a_frame_and_three_for_a_background(network: HeatmapNetwork) -> None:
    spec = network.spec
    backgrounds = {"none": 0, "concat": 1}[spec.background]
    assert spec.in_channels == 3 * (spec.frames_in + backgrounds)
    first = next(module for module in network.modules() if isinstance(module, torch.nn.Conv2d))
    assert first.in_channels == spec.in_channels


def test_a_crop_gives_one_heatmap_an_answered_frame_at_its_size(network: HeatmapNetwork) -> None:
    with torch.inference_mode():
        logits = network(random_input(network.spec, 2, CROP))
        heatmaps = network.heatmaps(logits)
    assert logits.shape[0] == 2
    assert logits.shape[2:] == CROP
    assert heatmaps.shape == (2, network.spec.frames_out, *CROP)
    assert heatmaps.min() >= 0
    assert heatmaps.max() <= 1


def test_the_whole_frame_gives_heatmaps_of_the_whole_frame(network: HeatmapNetwork) -> None:
    spec = network.spec
    with torch.device("meta"):  # shapes without the arithmetic
        whole = build(spec).eval()
        frames = torch.empty(1, spec.in_channels, spec.height, spec.width)
        heatmaps = whole.heatmaps(whole(frames))
    assert heatmaps.shape == (1, spec.frames_out, spec.height, spec.width)


def test_the_same_input_gives_the_same_output(network: HeatmapNetwork) -> None:
    x = random_input(network.spec, 2, CROP)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with torch.inference_mode():
        first, second, alone = network(x), network(x), network(x[:1])
    assert torch.equal(first, second)
    torch.testing.assert_close(alone, first[:1], atol=1e-5, rtol=1e-5)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_an_untrained_network_expects_no_ball(network: HeatmapNetwork) -> None:
    with torch.inference_mode():
        heatmaps = network.heatmaps(network(random_input(network.spec, 1, CROP)))
    assert heatmaps.mean() < 0.2


def test_answers_for_the_newest_of_its_frames(network: HeatmapNetwork) -> None:
    spec = network.spec
    assert len(spec.answered) == spec.frames_out
    assert spec.answered[-1] == spec.frames_in - 1


def test_its_loss_takes_what_it_gives(network: HeatmapNetwork) -> None:
    with torch.inference_mode():
        logits = network(random_input(network.spec, 2, CROP))
    target = torch.zeros(2, network.spec.frames_out, *CROP)
    weight = torch.ones(2, network.spec.frames_out)
    compare = LOSSES[network.spec.loss]
    assert 0 < compare(logits, target, weight) < compare(logits, target + 1, weight)


def test_learns_in_every_layer(network: HeatmapNetwork) -> None:
    learner = build(network.spec).train()
    learner(random_input(network.spec, 2, (16, 32))).square().mean().backward()
    still = [name for name, p in learner.named_parameters() if p.grad is None or not p.grad.any()]
    assert still == []


def test_number_of_parameters(network: HeatmapNetwork) -> None:
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


def test_tracknet_has_the_state_dict_of_its_port() -> None:
    """Names and sizes of yastrebksv/TrackNet (model.py), so that its checkpoints load."""
    widths = [64, 64, 128, 128, 256, 256, 256, 512, 512, 512]
    widths += [256, 256, 256, 128, 128, 64, 64, 256]
    expected: dict[str, tuple[int, ...]] = {}
    for number, (taken, given) in enumerate(zip([9, *widths], widths, strict=False), start=1):
        expected[f"conv{number}.block.0.weight"] = (given, taken, 3, 3)
        expected[f"conv{number}.block.0.bias"] = (given,)
        for part in ("weight", "bias", "running_mean", "running_var"):
            expected[f"conv{number}.block.2.{part}"] = (given,)
        expected[f"conv{number}.block.2.num_batches_tracked"] = ()
    network = build(SPECS["tracknet-v1"])
    assert {name: tuple(t.shape) for name, t in network.state_dict().items()} == expected


def test_tracknet_by_hand() -> None:
    """Huang et al. 2019, table 1: every convolution, then ReLU, then batch norm; no skips."""
    torch.manual_seed(0)
    network = build(SPECS["tracknet-v1"]).eval()
    assert isinstance(network, TrackNetV1)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.1, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.1, 0.5)
    tensors = network.state_dict()
    x = given = random_input(network.spec, 1, (16, 24))
    for number in range(1, 19):
        layer = {
            part: tensors[f"conv{number}.block.{part}"]
            for part in ("0.weight", "0.bias", "2.running_mean", "2.running_var", "2.weight",
                         "2.bias")
        }  # fmt: skip
        x = torch.nn.functional.conv2d(x, layer["0.weight"], layer["0.bias"], padding=1).relu()
        mean, var, gain, bias = (layer[part][:, None, None] for part in list(layer)[2:])
        x = (x - mean) / (var + 1e-5).sqrt() * gain + bias
        if number in (2, 4, 7):
            x = torch.nn.functional.max_pool2d(x, 2)
        if number in (10, 13, 15):
            x = x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    with torch.inference_mode():
        torch.testing.assert_close(network(given), x, atol=1e-4, rtol=1e-4)


def test_tracknets_heatmap_is_the_likeliest_level() -> None:
    network = build(SPECS["tracknet-v1"])
    logits = torch.zeros(1, 256, 1, 3)
    for column, level in enumerate((0, 128, 255)):
        logits[0, level, 0, column] = 1.0
    assert (network.heatmaps(logits) * 255).round().flatten().tolist() == [0, 128, 255]


def test_tracknet_begins_with_an_empty_picture() -> None:
    network = build(SPECS["tracknet-v1"])
    biases = network.state_dict()["conv18.block.2.bias"]
    assert biases[0] == EMPTY_LOGIT
    assert not biases[1:].any()


def test_unknown_network_lists_the_known() -> None:
    with pytest.raises(
        UnknownNameError, match="unknown network 'v9'; known: blurball, tracknet-v1, "
    ):
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
