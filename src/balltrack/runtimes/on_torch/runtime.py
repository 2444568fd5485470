"""Windows → heatmaps with torch, on whatever device it knows."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from balltrack.errors import DeviceError
from balltrack.models.folding import fold_doubling
from balltrack.models.inputs import TakesBytes
from balltrack.models.network import HeatmapNetwork
from balltrack.runtimes.device import NumberFormat, device_kind
from balltrack.runtimes.on_torch.cuda_graph import Recorded
from balltrack.runtimes.on_torch.window_bytes import DeviceBytes, window_bytes
from balltrack.runtimes.runtime import Answer, Runtime
from balltrack.scene.windows import Window
from balltrack.verification.belief import read_belief
from balltrack.verification.second_look import CandidateVerifier
from balltrack.weights.checkpoints import load_network
from balltrack.weights.handle import Weights

FORMAT = "2"
"""To be raised when the way to the heatmaps changes, so that it is checked again."""

BATCH_SIZES = {"cpu": 1, "mps": 4, "cuda": 8}
"""Windows a call. One window already keeps every CPU core busy, and more only fall out of
its caches (about 10 % slower at 4); a GPU needs several to fill."""

IN_FLIGHT = {"cpu": 1, "mps": 1, "cuda": 2}
"""Batches under way. While a GPU computes one, the next is put together."""

STAYS_ON = frozenset({"cuda"})
"""Kinds of device on which heatmaps and pictures stay, so that only what is asked for comes back.
Elsewhere they are in main memory anyway (CPU), or some operation is missing or slow (MPS)."""

DTYPES: dict[NumberFormat, torch.dtype] = {
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}


def version() -> str:
    """See `balltrack.runtimes.RuntimeModule`."""
    return f"{torch.__version__} format {FORMAT}"


def load(weights: Weights, device: str, precision: NumberFormat, threads: int | None) -> Runtime:
    """See `balltrack.runtimes.RuntimeModule`; ``threads`` holds for the process."""
    if threads is not None:
        torch.set_num_threads(threads)
    from balltrack.runtimes.on_torch.heat import KeepingRuntime  # noqa: PLC0415  # a ring

    network, _ = load_network(weights)
    kind = KeepingRuntime if device_kind(device) in STAYS_ON else TorchRuntime
    return kind(network, device, precision)


def load_verifier(
    weights: Weights, device: str, precision: NumberFormat, threads: int | None
) -> CandidateVerifier:
    """See `balltrack.runtimes.RuntimeModule`; ``threads`` holds for the process."""
    from balltrack.runtimes.on_torch import verifier  # noqa: PLC0415  # a ring

    if threads is not None:
        torch.set_num_threads(threads)
    stays = device_kind(device) in STAYS_ON
    kind = verifier.CuttingVerifier if stays else verifier.TorchVerifier
    return kind(weights, read_belief(weights), device, precision)


class TorchRuntime:
    """A network on a torch device; an `AsyncRuntime`, which on CPU and MPS never runs ahead.

    Works on a copy with batch norm folded into the convolutions, weights and activations in
    ``precision``. Images go to the device as bytes, each once, and come to be numbers there.

    On CUDA all of a runtime's work is in one stream, so that nothing but the copy to the host
    has to be waited for; the copies overlap with what the CPU does meanwhile. The kernels of
    a batch are launched together, as a recorded graph (`Recorded`).
    """

    name = "torch"

    def __init__(self, network: HeatmapNetwork, device: str, precision: NumberFormat) -> None:
        kind = device_kind(device)
        self.spec = network.spec
        self.device = device
        self.precision = precision
        self.batch_size = BATCH_SIZES[kind]
        self.in_flight = IN_FLIGHT[kind]
        self.threads = torch.get_num_threads()
        # What the kernels of CPU and CUDA want; MPS has its own order inside.
        layout = torch.contiguous_format if kind == "mps" else torch.channels_last
        answer = FromBytes(network, device, DTYPES[precision], layout)
        self._on_cuda = kind == "cuda"
        self._answer: Callable[[torch.Tensor], torch.Tensor]
        self._answer = Recorded(answer) if self._on_cuda else answer
        self._bytes = window_bytes if kind == "cpu" else DeviceBytes(device)

    def heatmaps(self, windows: Sequence[Window]) -> npt.NDArray[np.float32]:
        """See `Runtime`."""
        return self.submit(windows)()

    def submit(self, windows: Sequence[Window]) -> Answer:
        """See `AsyncRuntime`.

        Raises:
            DeviceError: the batch does not fit into the GPU's memory.
        """
        with self.computing(len(windows)):
            return fetch(self._answer(self._bytes(windows)))

    @contextmanager
    def computing(self, windows: int) -> Iterator[None]:
        """Where something is asked of the device for so many windows; errors as `submit`."""
        try:
            with (
                torch.inference_mode(),
                cuda_ready(self.device) if self._on_cuda else nullcontext(),
            ):
                yield
        except torch.OutOfMemoryError as error:
            raise DeviceError(
                f"{self.device}: no memory for {windows} windows at a time; "
                "give a smaller --batch-size, or another --device"
            ) from error


@contextmanager
def cuda_ready(device: str) -> Iterator[None]:
    """``device`` is where streams and events are made, and fp32 is fp32.

    By default cuDNN computes fp32 convolutions in TF32, whose 10 bits are nearer to bf16.
    """
    precise = torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=False, allow_tf32=False
    )
    with torch.cuda.device(device), precise:
        yield


def fetch(tensor: torch.Tensor) -> Callable[[], npt.NDArray[Any]]:
    """Start the copy to the host; the answer waits for it. Only CUDA goes on meanwhile.

    Pinned memory goes back to torch's cache when the array is no longer used.
    """
    if not tensor.is_cuda:
        return tensor.cpu().numpy
    host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
    host.copy_(tensor, non_blocking=True)
    arrived = torch.cuda.Event()  # type: ignore[no-untyped-call]
    arrived.record()

    def answer() -> npt.NDArray[Any]:
        arrived.synchronize()
        return host.numpy()

    return answer


class FromBytes(nn.Module):
    """A network behind an entrance for bytes: (B, h, w, C) uint8 → (B, L, h, w) float32.

    Args:
        network: stays as it is; a copy computes.
        device: of torch.
        dtype: of weights and activations.
        layout: of activations in memory.
    """

    def __init__(
        self, network: HeatmapNetwork, device: str, dtype: torch.dtype, layout: torch.memory_format
    ) -> None:
        super().__init__()
        answer = TakesBytes(copy.deepcopy(network).eval())
        if device_kind(device) == "cpu":  # what a GPU makes of it nobody has measured
            fold_doubling(answer)
        answer = answer.to(device, dtype)
        self.answer = answer.to(memory_format=layout)  # type: ignore[call-overload]
        self.dtype, self.layout = dtype, layout

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = images.to(self.dtype).permute(0, 3, 1, 2).contiguous(memory_format=self.layout)
        heatmaps: torch.Tensor = self.answer(x)
        return heatmaps.contiguous()
