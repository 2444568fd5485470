"""Windows → heatmaps: the face of every runtime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from balltrack.errors import WeightsError
from balltrack.inference.device import NumberFormat
from balltrack.inference.windows import Window
from balltrack.models.specs import NetworkSpec


class ConversionError(WeightsError):
    """A network that a runtime cannot take; torch can."""


class Runtime(Protocol):
    """Something that runs a heatmap network.

    Attributes:
        name: its key in `balltrack.inference.runtimes.RUNTIMES`.
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
        """(B, L, h, w) in [0, 1], one a window and frame; images must be (h, w)."""
        ...
