"""WASB's network against nttcom/WASB-SBDT: `src/models/hrnet.py`, `src/configs/model/wasb.yaml`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

import pytest
import torch
from torch.nn import functional

from balltrack.models.build import build
from balltrack.models.hrnet import ResidualBlock, SqueezeExcite
from balltrack.models.specs import SPECS

WIDTHS = [16, 32, 64, 128]
UNREAD = tuple(f"stage4.0.fuse_layers.{end}." for end in (1, 2, 3))
Tensors = dict[str, torch.Tensor]


def normed_layers() -> Iterator[tuple[str, str, int, int, int]]:
    """Each convolution of upstream's network and its norm: names, channels in and out, kernel."""
    yield "conv1", "bn1", 9, 64, 3
    yield "conv2", "bn2", 64, 64, 3
    yield "layer1.0.conv1", "layer1.0.bn1", 64, 32, 1
    yield "layer1.0.conv2", "layer1.0.bn2", 32, 32, 3
    yield "layer1.0.conv3", "layer1.0.bn3", 32, 128, 1
    yield "layer1.0.downsample.0", "layer1.0.downsample.1", 64, 128, 1
    yield "transition1.0.0", "transition1.0.1", 128, 16, 3
    yield "transition1.1.0.0", "transition1.1.0.1", 128, 32, 3
    yield "transition2.2.0.0", "transition2.2.0.1", 32, 64, 3
    yield "transition3.3.0.0", "transition3.3.0.1", 64, 128, 3
    for stage in (2, 3, 4):
        for branch, block, i in product(range(stage), (0, 1), (1, 2)):
            start, width = f"stage{stage}.0.branches.{branch}.{block}", WIDTHS[branch]
            yield f"{start}.conv{i}", f"{start}.bn{i}", width, width, 3
        for end, begin in product(range(stage), repeat=2):
            start = f"stage{stage}.0.fuse_layers.{end}.{begin}"
            if begin > end:
                yield f"{start}.0", f"{start}.1", WIDTHS[begin], WIDTHS[end], 1
            for step in range(end - begin):
                given = WIDTHS[end if step == end - begin - 1 else begin]
                yield f"{start}.{step}.0", f"{start}.{step}.1", WIDTHS[begin], given, 3


def layout() -> dict[str, tuple[int, ...]]:
    """Names and sizes in upstream's checkpoints."""
    sizes: dict[str, tuple[int, ...]] = {}
    for convolution, norm, taken, given, kernel in normed_layers():
        sizes[f"{convolution}.weight"] = (given, taken, kernel, kernel)
        for part in ("weight", "bias", "running_mean", "running_var"):
            sizes[f"{norm}.{part}"] = (given,)
        sizes[f"{norm}.num_batches_tracked"] = ()
    sizes["final_layers.0.weight"], sizes["final_layers.0.bias"] = (3, 16, 1, 1), (3,)
    return sizes


def test_has_upstreams_state_dict() -> None:
    """But for the outputs of the last stage that nothing reads. The paper says 1.5 M parameters."""
    sizes = layout()
    counters = ("running_mean", "running_var", "num_batches_tracked")
    learnt = [size for name, size in sizes.items() if not name.endswith(counters)]
    assert sum(map(math.prod, learnt)) == pytest.approx(1.5e6, rel=0.02)
    read = {name: size for name, size in sizes.items() if not name.startswith(UNREAD)}
    network = build(SPECS["wasb"])
    assert {name: tuple(t.shape) for name, t in network.state_dict().items()} == read


def normed(
    tensors: Tensors, x: torch.Tensor, convolution: str, norm: str, stride: int = 1
) -> torch.Tensor:
    kernel = tensors[f"{convolution}.weight"]
    y = functional.conv2d(x, kernel, stride=stride, padding=kernel.shape[-1] // 2)
    mean, var, gain, bias = (
        tensors[f"{norm}.{part}"][:, None, None]
        for part in ("running_mean", "running_var", "weight", "bias")
    )
    return (y - mean) / (var + 1e-5).sqrt() * gain + bias


def block(tensors: Tensors, x: torch.Tensor, name: str) -> torch.Tensor:
    y = normed(tensors, x, f"{name}.conv1", f"{name}.bn1").relu()
    return (normed(tensors, y, f"{name}.conv2", f"{name}.bn2") + x).relu()


def brought(tensors: Tensors, x: torch.Tensor, name: str, begin: int, end: int) -> torch.Tensor:
    """A branch at the resolution of another."""
    y = x
    for step in range(end - begin):
        start = f"{name}.{step}"
        y = normed(tensors, y.relu() if step else y, f"{start}.0", f"{start}.1", 2)
    if begin > end:
        times = 2 ** (begin - end)
        y = normed(tensors, y, f"{name}.0", f"{name}.1")
        y = y.repeat_interleave(times, dim=2).repeat_interleave(times, dim=3)
    return y


def exchange(
    tensors: Tensors, branches: list[torch.Tensor], stage: str, ends: int
) -> list[torch.Tensor]:
    on = []
    for branch, x in enumerate(branches):
        start = f"{stage}.0.branches.{branch}"
        on.append(block(tensors, block(tensors, x, f"{start}.0"), f"{start}.1"))
    outputs = []
    for end in range(ends):
        start = f"{stage}.0.fuse_layers.{end}"
        heard = [brought(tensors, x, f"{start}.{i}", i, end) for i, x in enumerate(on)]
        outputs.append(torch.stack(heard).sum(0).relu())
    return outputs


def entered(tensors: Tensors, x: torch.Tensor, branch: int) -> torch.Tensor:
    start = f"transition{branch}.{branch}.0"
    return normed(tensors, x, f"{start}.0", f"{start}.1", 2).relu()


def test_answers_as_its_layers_do_by_hand() -> None:
    """From the stem to the last stage's finest output."""
    torch.manual_seed(0)
    network = build(SPECS["wasb"]).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.1, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 2.0)
            torch.nn.init.uniform_(module.bias, -0.1, 0.1)
    torch.nn.init.uniform_(network.get_submodule("final_layers.0").weight, -1, 1)
    tensors = network.state_dict()
    given = torch.randn(2, 9, 16, 24)

    x = normed(tensors, given, "conv1", "bn1").relu()
    x = around = normed(tensors, x, "conv2", "bn2").relu()
    for i in (1, 2, 3):
        x = normed(tensors, x if i == 1 else x.relu(), f"layer1.0.conv{i}", f"layer1.0.bn{i}")
    x = (x + normed(tensors, around, "layer1.0.downsample.0", "layer1.0.downsample.1")).relu()
    branches = [normed(tensors, x, "transition1.0.0", "transition1.0.1").relu()]
    for stage, ends in ((2, 2), (3, 3), (4, 1)):
        coarsest = x if stage == 2 else branches[-1]
        branches.append(entered(tensors, coarsest, stage - 1))
        branches = exchange(tensors, branches, f"stage{stage}", ends)
    head = tensors["final_layers.0.weight"], tensors["final_layers.0.bias"]
    with torch.inference_mode():
        expected = functional.conv2d(branches[0], *head)
        assert expected.std() > 0.1
        torch.testing.assert_close(network(given), expected, atol=1e-4, rtol=1e-4)


def test_blurball_squeezes_in_every_block_of_the_branches() -> None:
    """aqitya/blurball, `src/models/blurball_se.py`: no biases, a 16th of the channels."""
    sizes = {name: size for name, size in layout().items() if not name.startswith(UNREAD)}
    for stage in (2, 3, 4):
        for branch, block in product(range(stage), (0, 1)):
            start, width = f"stage{stage}.0.branches.{branch}.{block}.se.fc", WIDTHS[branch]
            sizes[f"{start}.0.weight"] = (width // 16, width)
            sizes[f"{start}.2.weight"] = (width, width // 16)
    network = build(SPECS["blurball"])
    assert {name: tuple(t.shape) for name, t in network.state_dict().items()} == sizes


def test_squeezing_by_hand() -> None:
    torch.manual_seed(0)
    squeeze = SqueezeExcite(32)
    x = torch.rand(2, 32, 3, 4)
    first, second = (squeeze.state_dict()[f"fc.{i}.weight"] for i in (0, 2))
    first.abs_()  # whatever comes is heard
    loudness = torch.sigmoid((x.mean(dim=(2, 3)) @ first.T).relu() @ second.T)
    expected = x * loudness[:, :, None, None]
    assert loudness.std() > 0.01
    with torch.inference_mode():
        torch.testing.assert_close(squeeze(x), expected)


def test_a_block_squeezes_before_what_went_around_is_added() -> None:
    torch.manual_seed(0)
    residual = ResidualBlock(32, [(32, 3)] * 2, squeeze=True).eval()
    x = torch.randn(1, 32, 6, 8)
    part = residual.get_submodule
    with torch.inference_mode():
        y = part("bn1")(part("conv1")(x)).relu()
        expected = (part("se")(part("bn2")(part("conv2")(y))) + x).relu()
        torch.testing.assert_close(residual(x), expected)
