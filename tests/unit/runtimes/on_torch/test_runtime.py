"""The torch runtime beyond its contract; on a GPU, where there is one, in earnest."""

from __future__ import annotations

import copy
import logging
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from balltrack.detection.network import run_network
from balltrack.errors import DeviceError
from balltrack.models.inputs import arrange
from balltrack.models.specs import SPECS, NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.runtimes.device import NumberFormat
from balltrack.runtimes.on_torch import runtime as on_torch
from balltrack.runtimes.on_torch.runtime import FromBytes, TorchRuntime, cuda_ready
from balltrack.runtimes.runtime import AsyncRuntime
from balltrack.runtimes.selfcheck import TOLERANCES, sample_window
from balltrack.scene.windows import Window, make_windows
from balltrack.structures import Frame

TINY = NetworkSpec("tiny", 3, 3, 32, 64, background="concat", base_width=4)


def make_network(spec: NetworkSpec) -> TrackNet:
    """Untrained, with norms that fit what they see: answers differ from place to place."""
    torch.manual_seed(0)
    network = TrackNet(spec)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # takes over the first batch's
    nn.init.uniform_(network.predictor.weight, -0.04, 0.04)
    with torch.no_grad():
        network.train()(arrange(torch.rand(1, spec.in_channels, 96, 160), spec))
    return network.eval()


def flying(spec: NetworkSpec, count: int) -> list[Window]:
    """Windows of a noisy video, all different, the last one short."""
    rng = np.random.default_rng(1)
    size = (spec.height, spec.width, 3)
    frames = [Frame(i, i / 30, rng.integers(0, 256, size, dtype=np.uint8), 0) for i in range(count)]
    background = frames[0].image // 2 if spec.background == "concat" else None
    items = ((frame, background) for frame in frames)
    return list(make_windows(items, spec.frames_in, spec.frames_in))


def test_a_cpu_is_never_ahead() -> None:
    runtime = TorchRuntime(make_network(TINY), "cpu", "fp32")
    assert isinstance(runtime, AsyncRuntime)
    assert runtime.in_flight == 1
    windows = flying(TINY, 7)
    np.testing.assert_array_equal(runtime.submit(windows)(), runtime.heatmaps(windows))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_bytes_are_exact_in_half_precision(dtype: torch.dtype) -> None:
    values = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(values.to(dtype).to(torch.uint8), values)


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_nothing_is_computed_in_float64(layout: torch.memory_format) -> None:
    """MPS has none. Its layout is the plain one, which gives the same answers."""
    seen: set[torch.dtype] = set()
    entrance = FromBytes(make_network(TINY), "cpu", torch.float32, layout)
    for module in entrance.modules():
        module.register_forward_hook(lambda _, inputs, output: seen.add(output.dtype))
    images = torch.randint(0, 256, (2, 32, 64, 12), dtype=torch.uint8)
    with torch.inference_mode():
        answer = entrance(images)
    assert seen == {torch.float32}
    assert answer.is_contiguous()
    other = FromBytes(make_network(TINY), "cpu", torch.float32, torch.channels_last)
    with torch.inference_mode():
        torch.testing.assert_close(answer, other(images), atol=1e-6, rtol=0)


def test_memory_that_runs_out_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> torch.Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory.\nTried to allocate 20 GiB")

    runtime = TorchRuntime(make_network(TINY), "cpu", "fp32")
    monkeypatch.setattr(runtime, "_answer", full)
    with pytest.raises(DeviceError, match="no memory for 3 windows at a time") as caught:
        runtime.heatmaps(flying(TINY, 9))
    assert "--batch-size" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_copy_from_a_gpu_is_waited_for_when_the_answer_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    happened: list[str] = []

    class Event:
        def record(self) -> None:
            happened.append("recorded")

        def synchronize(self) -> None:
            happened.append("waited")

    empty = torch.empty

    def unpinned(shape: torch.Size, *, dtype: torch.dtype, pin_memory: bool) -> torch.Tensor:
        assert pin_memory
        return empty(shape, dtype=dtype)

    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch, "empty", unpinned)
    heatmaps = torch.rand(2, 3, 4, 5)
    monkeypatch.setattr(torch.Tensor, "is_cuda", True)
    answer = on_torch.fetch(heatmaps)
    assert happened == ["recorded"]
    np.testing.assert_array_equal(answer(), heatmaps.numpy())
    assert happened == ["recorded", "waited"]


@pytest.fixture
def cuda() -> str:
    if not torch.cuda.is_available():
        if os.environ.get("BALLTRACK_REQUIRE_GPU") == "1":
            pytest.fail("BALLTRACK_REQUIRE_GPU=1, and there is no CUDA device")
        pytest.skip("no CUDA device")
    return "cuda"


def on_cpu(network: TrackNet, windows: list[Window]) -> npt.NDArray[np.float32]:
    runtime = TorchRuntime(network, "cpu", "fp32")
    return np.concatenate([runtime.heatmaps([window]) for window in windows])


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
@pytest.mark.parametrize("name", sorted(SPECS))
def test_every_network_on_a_gpu_agrees_with_the_cpu(
    cuda: str, name: str, precision: NumberFormat, caplog: pytest.LogCaptureFixture
) -> None:
    """Fails, too, where its graph cannot be recorded."""
    network = make_network(SPECS[name])
    windows = [sample_window(SPECS[name]), *flying(SPECS[name], 2 * SPECS[name].frames_in + 1)]
    with caplog.at_level(logging.WARNING, "balltrack"):
        given = TorchRuntime(network, cuda, precision).heatmaps(windows)
    assert not caplog.records
    expected = on_cpu(network, windows)
    np.testing.assert_allclose(given, expected, atol=TOLERANCES[precision], rtol=0)
    assert np.abs(given - expected).mean() < 0.1 * expected.std()


@pytest.mark.gpu
@pytest.mark.parametrize("name", sorted(SPECS))
def test_a_graph_gives_what_its_kernels_give(
    cuda: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = make_network(SPECS[name])
    windows = flying(SPECS[name], 4 * SPECS[name].frames_in)
    graph = TorchRuntime(network, cuda, "bf16")
    monkeypatch.setattr(on_torch, "Recorded", lambda compute: compute)
    eager = TorchRuntime(network, cuda, "bf16")
    np.testing.assert_array_equal(graph.heatmaps(windows), eager.heatmaps(windows))
    np.testing.assert_array_equal(graph.heatmaps(windows), eager.heatmaps(windows), "replayed")
    # Padded to four: other rows change nothing, though a kernel for one row may round otherwise.
    alone = graph.heatmaps(windows[:1])
    np.testing.assert_allclose(alone, eager.heatmaps(windows[:1]), atol=TOLERANCES["bf16"], rtol=0)
    np.testing.assert_array_equal(alone, graph.heatmaps(windows)[:1])


@pytest.mark.gpu
def test_batches_under_way_do_not_overwrite_each_other(cuda: str) -> None:
    """Answers are kept to the end, while graphs are replayed and pinned memory is reused."""
    network = make_network(TINY)
    runtime = TorchRuntime(network, cuda, "fp32")
    assert runtime.in_flight == 2
    windows = flying(TINY, 200)
    kept = [heatmaps for _, heatmaps in run_network(windows, runtime, 4)]
    np.testing.assert_allclose(kept, on_cpu(network, windows), atol=TOLERANCES["fp32"], rtol=0)


@pytest.mark.gpu
def test_two_networks_taking_turns_do_not_disturb_each_other(cuda: str) -> None:
    networks = [make_network(TINY), make_network(TINY)]
    for parameter in networks[1].parameters():
        parameter.data *= 0.5  # so that the one cannot pass for the other
    windows = flying(TINY, 60)
    runtimes = [TorchRuntime(network, cuda, "fp32") for network in networks]
    turns = zip(*(run_network(windows, runtime, 4) for runtime in runtimes), strict=True)
    kept = [[heatmaps for _, heatmaps in turn] for turn in turns]
    expected = [on_cpu(network, windows) for network in networks]
    assert np.abs(expected[0] - expected[1]).max() > 10 * TOLERANCES["fp32"]
    for given, right in zip(zip(*kept, strict=True), expected, strict=True):
        np.testing.assert_allclose(given, right, atol=TOLERANCES["fp32"], rtol=0)


@pytest.mark.gpu
def test_overlapping_windows_on_a_gpu(cuda: str) -> None:
    network = make_network(TINY)
    frames = [frame for window in flying(TINY, 20) for frame in window.frames][:20]
    background = frames[0].image
    windows = list(make_windows(((frame, background) for frame in frames), 3, 1))
    kept = [h for _, h in run_network(windows, TorchRuntime(network, cuda, "fp32"), 5)]
    np.testing.assert_allclose(kept, on_cpu(network, windows), atol=TOLERANCES["fp32"], rtol=0)


@pytest.mark.gpu
def test_a_failed_capture_leaves_a_gpu_that_works(
    cuda: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    network = make_network(TINY)
    runtime = TorchRuntime(network, cuda, "fp32")
    forward = TrackNet.forward

    def waiting(self: TrackNet, x: torch.Tensor) -> torch.Tensor:
        if torch.cuda.is_current_stream_capturing():
            x.sum().item()  # the host must not wait while kernels are recorded
        return forward(self, x)

    monkeypatch.setattr(TrackNet, "forward", waiting)
    before = torch.cuda.current_stream()
    windows = flying(TINY, 9)
    with caplog.at_level(logging.WARNING, "balltrack"):
        given = [runtime.heatmaps(windows) for _ in range(2)]
    assert [record.getMessage()[:13] for record in caplog.records] == ["no CUDA graph"]
    assert torch.cuda.current_stream() == before
    monkeypatch.undo()
    for heatmaps in given:
        np.testing.assert_allclose(
            heatmaps, on_cpu(network, windows), atol=TOLERANCES["fp32"], rtol=0
        )


@pytest.mark.gpu
def test_fp32_on_a_gpu_is_not_tf32(cuda: str) -> None:
    torch.manual_seed(0)
    conv = nn.Conv2d(64, 64, 3, padding=1)
    x = torch.rand(1, 64, 32, 32)
    exact = copy.deepcopy(conv).double()(x.double())
    before = torch.backends.cudnn.allow_tf32
    with torch.inference_mode(), cuda_ready(cuda):
        given = conv.to(cuda)(x.to(cuda)).cpu()
    assert torch.backends.cudnn.allow_tf32 == before
    assert float((given - exact).abs().max()) < 1e-5


@pytest.mark.gpu
def test_a_runtime_loads_on_a_gpu(cuda: str, tmp_path: Path) -> None:
    from balltrack.weights.checkpoints import save_checkpoint  # noqa: PLC0415

    file = tmp_path / "tiny.safetensors"
    save_checkpoint(file, make_network(TINY), {})
    runtime = on_torch.load(file, cuda, "bf16", None)
    assert (runtime.device, runtime.batch_size) == (cuda, on_torch.BATCH_SIZES["cuda"])
