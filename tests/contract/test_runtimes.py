"""What every runtime keeps to: the heatmaps are the network's, whatever runs it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from balltrack.models.build import build
from balltrack.models.network import HeatmapNetwork
from balltrack.models.specs import SPECS, NetworkSpec
from balltrack.models.tracknet_v1 import TrackNetV1
from balltrack.runtimes import RUNTIMES
from balltrack.runtimes.device import NumberFormat
from balltrack.runtimes.on_torch.runtime import TorchRuntime
from balltrack.runtimes.runtime import Runtime
from balltrack.scene.windows import Window, make_windows
from balltrack.structures import Frame, Image
from balltrack.weights.checkpoints import save_checkpoint
from balltrack.weights.handle import open_weights

SPECIFICATIONS = {
    "stem-background": NetworkSpec(
        "a", 4, 4, 32, 64, background="concat", base_width=8, stem_stride=2
    ),
    "norm-last": NetworkSpec("b", 3, 3, 24, 40, base_width=8, block="conv-relu-bn"),
    "grey-levels": replace(SPECS["tracknet-v1"], name="c", height=24, width=40, base_width=8),
    "motion": replace(SPECS["tracknet-v4"], name="e", height=24, width=40, base_width=8),
    "imagenet": replace(SPECS["blurball"], name="d", height=24, width=40),
}

HEADS = {"tracknet": "predictor", "tracknet-v4": "predictor", "hrnet-se": "final_layers.0"}

NORMS = {"tracknet": 17, "tracknet-v1": 18, "tracknet-v4": 17, "hrnet-se": 58}

# case → (runtime, device, precision, largest difference of a probability from the reference)
CASES: dict[str, tuple[str, str, NumberFormat, float]] = {
    "torch-cpu-fp32": ("torch", "cpu", "fp32", 1e-5),
    "torch-cpu-bf16": ("torch", "cpu", "bf16", 0.01),
    "torch-cuda-fp32": ("torch", "cuda", "fp32", 1e-3),
    "torch-cuda-bf16": ("torch", "cuda", "bf16", 0.01),
    "torch-cuda-fp16": ("torch", "cuda", "fp16", 0.002),
    "openvino-cpu-fp32": ("openvino", "cpu", "fp32", 1e-5),
    "openvino-cpu-bf16": ("openvino", "cpu", "bf16", 0.01),
    "openvino-cpu-int8": ("openvino", "cpu", "int8", 0.1),
}


def test_no_runtime_is_left_out() -> None:
    assert {runtime for runtime, *_ in CASES.values()} == set(RUNTIMES)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Networks as small as these only wait for each other's threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", params=sorted(SPECIFICATIONS))
def network(request: pytest.FixtureRequest) -> HeatmapNetwork:
    """With norms that do something, and answers that differ from place to place."""
    torch.manual_seed(0)
    network = build(SPECIFICATIONS[request.param]).eval()
    variance = (0.1, 0.5) if isinstance(network, TrackNetV1) else (0.5, 2.0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, *variance)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.2, 0.2)
    if isinstance(network, TrackNetV1):
        nn.init.normal_(network.conv18.block[2].weight, 0, 20)  # no two levels nearly as likely
    else:
        make_undecided(network, network.get_submodule(HEADS[network.spec.architecture]))
    return network


@torch.no_grad()
def make_undecided(network: HeatmapNetwork, head: nn.Module) -> None:
    """Answers around 0.5, where rounding shows most, and most of them within 0.1 of it."""
    spec = network.spec
    assert isinstance(head, nn.Conv2d)
    assert head.bias is not None
    nn.init.uniform_(head.weight, -1, 1)
    nn.init.zeros_(head.bias)
    *_, window = windows_of(spec, random_frames(spec, spec.frames_in, seed=9))
    logits = network(window_input(spec, window))
    head.weight /= 4 * logits.std()
    head.bias -= logits.mean() / (4 * logits.std())


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=pytest.mark.gpu) if "cuda" in name else name for name in CASES
    ],
)
def runtime(
    request: pytest.FixtureRequest,
    network: HeatmapNetwork,
    tmp_path_factory: pytest.TempPathFactory,
) -> Runtime:
    """One for all tests: to load it is most of the work."""
    name, device, precision, _ = CASES[request.param]
    if device == "cuda" and not torch.cuda.is_available():
        if os.environ.get("BALLTRACK_REQUIRE_GPU") == "1":
            pytest.fail("BALLTRACK_REQUIRE_GPU=1, and there is no CUDA device")
        pytest.skip("no CUDA device")
    if not RUNTIMES[name].installed:
        pytest.skip(f"{name} is not installed: pip install 'balltrack[{name}]'")
    if precision == "int8" and find_spec("nncf") is None:
        pytest.skip("nncf is not installed: pip install 'balltrack[int8]'")
    if precision == "int8" and network.spec.architecture == "hrnet-se":
        pytest.skip("int8 is refused, see test_int8.py")
    if name == "torch":
        return TorchRuntime(network, device, precision)
    file = tmp_path_factory.mktemp("weights") / "network.safetensors"
    save_checkpoint(file, network, {})
    return RUNTIMES[name].open().load(open_weights(file), device, precision, 1)


class Tolerance(NamedTuple):
    """How far a probability may be from the reference, and which share of them further."""

    difference: float
    share: float = 0.0


@pytest.fixture
def tolerance(request: pytest.FixtureRequest, network: HeatmapNetwork) -> Tolerance:
    *_, precision, difference = CASES[request.node.callspec.params["runtime"]]
    if network.spec.target == "grey-levels":  # of which rounding may take another somewhere
        # int8 in three of five, on some CPUs; answers of another network in all but 1 of 256.
        return Tolerance(1e-3, 0.8 if precision == "int8" else 5 * difference)
    if precision == "int8":  # rounding to whole numbers adds up to more in single places
        deep = network.spec.architecture == "hrnet-se"  # 58 convolutions that nobody trained
        return Tolerance(difference * (2 if deep else 1), 0.01)
    return Tolerance(difference)


def random_frames(spec: NetworkSpec, count: int, seed: int = 0) -> list[Frame]:
    rng = np.random.default_rng(seed)
    size = (spec.height, spec.width, 3)
    return [
        Frame(i, i / 25, rng.integers(0, 256, size, dtype=np.uint8), shot=0) for i in range(count)
    ]


def windows_of(spec: NetworkSpec, frames: list[Frame], stride: int | None = None) -> list[Window]:
    background: Image | None = None
    if spec.background == "concat":
        background = np.full_like(frames[0].image, (200, 100, 50))
    items = ((frame, background) for frame in frames)
    return list(make_windows(items, spec.frames_in, stride or spec.frames_out, spec.frames_out))


def window_input(spec: NetworkSpec, window: Window) -> torch.Tensor:
    """What a network takes of a window, put together by hand: RGB, background first; of TrackNet
    BGR, the newest frame first; of BlurBall less ImageNet's mean, in its deviations."""
    images = [frame.image for frame in window.frames]
    colours = (2, 1, 0)
    if spec.architecture == "tracknet-v1":
        images, colours = images[::-1], (0, 1, 2)
    if window.background is not None:
        images.insert(0, window.background)
    numbers = np.stack([image[:, :, c] for image in images for c in colours]) / 255
    if spec.architecture == "hrnet-se":
        numbers -= np.tile([0.485, 0.456, 0.406], len(images))[:, None, None]
        numbers /= np.tile([0.229, 0.224, 0.225], len(images))[:, None, None]
    return torch.from_numpy(numbers[None].astype(np.float32))


def reference(network: HeatmapNetwork, window: Window) -> npt.NDArray[np.float32]:
    """The network as it is, fed one window."""
    with torch.inference_mode():
        return network.heatmaps(network(window_input(network.spec, window)))[0].numpy()


def assert_close(
    found: npt.NDArray[np.float32], expected: npt.NDArray[np.float32], tolerance: Tolerance
) -> None:
    near = np.abs(found - expected) <= tolerance.difference  # of NaN too: not near
    assert np.mean(~near) <= tolerance.share


def test_gives_the_networks_heatmaps(
    runtime: Runtime, network: HeatmapNetwork, tolerance: Tolerance
) -> None:
    spec = network.spec
    windows = windows_of(spec, random_frames(spec, 10))
    heatmaps = runtime.heatmaps(windows)
    assert heatmaps.shape == (len(windows), spec.frames_out, spec.height, spec.width)
    assert heatmaps.dtype == np.float32
    expected = np.stack([reference(network, window) for window in windows])
    assert expected.std() > 0.01
    assert_close(heatmaps, expected, tolerance)


def test_the_same_batch_gives_the_same_answer(runtime: Runtime, network: HeatmapNetwork) -> None:
    windows = windows_of(network.spec, random_frames(network.spec, 10))
    np.testing.assert_array_equal(runtime.heatmaps(windows), runtime.heatmaps(windows))


def test_a_window_does_not_see_its_neighbours_in_the_batch(
    runtime: Runtime, network: HeatmapNetwork, tolerance: Tolerance
) -> None:
    windows = windows_of(network.spec, random_frames(network.spec, 10), stride=1)
    together = runtime.heatmaps(windows)
    alone = np.concatenate([runtime.heatmaps([window]) for window in windows])
    assert_close(together, alone, tolerance)


def test_images_kept_from_earlier_calls_are_never_mistaken(
    runtime: Runtime, network: HeatmapNetwork, tolerance: Tolerance
) -> None:
    """Each round frees its images, so that new ones come to lie at the same addresses."""

    def answer_new_images(seed: int) -> None:
        windows = windows_of(network.spec, random_frames(network.spec, 5, seed), stride=1)
        for window in windows:
            (heatmaps,) = runtime.heatmaps([window])
            assert_close(heatmaps, reference(network, window), tolerance)

    for seed in range(8):
        answer_new_images(seed)


def test_the_given_network_stays_as_it_was(runtime: Runtime, network: HeatmapNetwork) -> None:
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    assert len(norms) == NORMS[network.spec.architecture]
    assert all(p.dtype == torch.float32 and p.device.type == "cpu" for p in network.parameters())


def test_says_what_it_is(
    runtime: Runtime, network: HeatmapNetwork, request: pytest.FixtureRequest
) -> None:
    assert (runtime.name, runtime.device, runtime.precision) == CASES[
        request.node.callspec.params["runtime"]
    ][:3]
    assert runtime.spec == network.spec
    assert runtime.batch_size >= 1
    assert runtime.threads == 1
