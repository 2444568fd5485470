"""Windows → heatmaps: the face of every runtime."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

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


class WarmHeatmap(NamedTuple):
    """A heatmap of which only what is warm was brought back.

    Attributes:
        array: (h, w) float32 in [0, 1]; 0 where it is cold.
        places: of all warm pixels in the flat array, the hottest first, of equal ones the first;
            None where the array is whole.
    """

    array: npt.NDArray[np.float32]
    places: npt.NDArray[np.int64] | None = None


@runtime_checkable
class HeatKeeper(Runtime, Protocol):
    """One that leaves heatmaps where they were made.

    What it keeps are arrays of its own kind, float32, which can be added to each other, multiplied
    and divided by a number, and indexed, all without being waited for.

    Attributes:
        in_flight: batches that are best under way at a time.
    """

    in_flight: int

    def keep(self, windows: Sequence[Window]) -> Any:
        """Start on a batch; its (B, L, h, w) heatmaps."""
        ...

    def put(self, heatmaps: npt.NDArray[np.float32]) -> Any:
        """The same heatmaps as if it had made them."""
        ...

    def take(self, heatmaps: Any) -> npt.NDArray[np.float32]:
        """The same heatmaps as anybody's; waits."""
        ...

    def warm(self, heatmaps: Sequence[Any], above: float) -> Callable[[], list[WarmHeatmap]]:
        """Start to bring back those pixels of some (h, w) heatmaps that are above ``above``."""
        ...
