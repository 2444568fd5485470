"""A batch's kernels, recorded once and launched as one: Python has a frame's candidates to find
in the time that a hundred launches take."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import torch

_log = logging.getLogger("balltrack")

Compute = Callable[[torch.Tensor], torch.Tensor]

WARM_UP = 3
"""Runs ahead of recording: libraries load kernels and choose algorithms in the first, which
must not be recorded (PyTorch, "CUDA semantics", section CUDA Graphs)."""


@dataclass
class Recording:
    """Kernels that read ``input``, and when replayed leave their result in ``output``."""

    input: torch.Tensor
    output: torch.Tensor
    replay: Callable[[], None]


def record(compute: Compute, example: torch.Tensor) -> Recording:
    """Record ``compute`` for inputs like ``example``, on the current CUDA device.

    Raises:
        RuntimeError: something in it cannot be recorded, or memory runs out.
    """
    torch.cuda.synchronize()
    usual = torch.cuda.current_stream()
    # Its own and not the default of `torch.cuda.graph`, which belongs to the first device used.
    side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    fixed = example.clone()
    try:
        side.wait_stream(usual)
        with torch.cuda.stream(side):
            for _ in range(WARM_UP):
                compute(fixed)
        usual.wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        # Other threads may go on using CUDA: a decoder on the GPU does.
        with torch.cuda.graph(graph, stream=side, capture_error_mode="thread_local"):
            output = compute(fixed)
    finally:
        torch.cuda.set_stream(usual)  # a capture that fails leaves its own
    return Recording(fixed, output, graph.replay)


class Recorded:
    """``compute`` by way of a recording of the largest batch so far; smaller ones are padded.

    What a call gives is overwritten by the next one: in the same stream, a copy started
    before is safe. Where recording fails a line is logged, and ``compute`` is called as it is.

    Args:
        compute: (B, …) → (B, …), each row by itself.
        record: as `record`.
    """

    def __init__(
        self, compute: Compute, record: Callable[[Compute, torch.Tensor], Recording] = record
    ) -> None:
        self._compute = compute
        self._record = record
        self._recording: Recording | None = None
        self._possible = True

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        recording = self._recording_for(x)
        if recording is None:
            return self._compute(x)
        recording.input[: len(x)].copy_(x)
        recording.replay()
        return recording.output[: len(x)]

    def _recording_for(self, x: torch.Tensor) -> Recording | None:
        """One that takes at least as many rows, None where there cannot be any."""
        known = self._recording
        if self._possible and (known is None or len(known.input) < len(x)):
            self._recording = known = None  # its memory is free for the next
            try:
                self._recording = self._record(self._compute, x)
            except RuntimeError as error:
                self._possible = False
                reason = " ".join(str(error).split())[:200]
                _log.warning("no CUDA graph, so the GPU is slower than it could be (%s)", reason)
        return self._recording
