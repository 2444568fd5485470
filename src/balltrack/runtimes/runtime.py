"""Windows → heatmaps: the face of every runtime."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from balltrack.models.specs import NetworkSpec
from balltrack.runtimes.device import NumberFormat
from balltrack.scene.windows import Window

Answer = Callable[[], npt.NDArray[np.float32]]
"""Waits for a batch that is under way and gives its heatmaps, as `Runtime.heatmaps` does."""


class Runtime(Protocol):
    """Something that runs a heatmap network.

    Attributes:
        name: its key in `balltrack.runtimes.RUNTIMES`.
        spec: of the network.
        device: "cpu", "cuda:1", …
        precision: what it computes in.
        threads: of the CPU.
        batch_size: windows a call that suit its device.
    """

    name: str
    spec: NetworkSpec
    device: str
    precision: NumberFormat
    threads: int
    batch_size: int

    def heatmaps(self, windows: Sequence[Window]) -> npt.NDArray[np.float32]:
        """(B, L, h, w) in [0, 1], one a window and answered frame; images must be (h, w)."""
        ...


@runtime_checkable
class AsyncRuntime(Runtime, Protocol):
    """One that works on a batch while the next is put together.

    Attributes:
        in_flight: batches that are best under way at a time; 1 gains nothing.
    """

    in_flight: int

    def submit(self, windows: Sequence[Window]) -> Answer:
        """Start on a batch; what it gives is called once, in the order of the batches."""
        ...
