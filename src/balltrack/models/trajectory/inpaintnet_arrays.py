"""InpaintNet on arrays: a few thousand rows do not pay for loading torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

Rows = npt.NDArray[np.float32]

SEQUENCE_LENGTH = 16
"""Rows a window in upstream's training and inference; the network itself takes any length."""

Coordinates = Literal["image", "window"]
"""What the network's 0 and 1 are: the borders of the picture, as upstream has it, or those
of a square around what was seen in the window, so that a rally looks the same wherever and
however large it was filmed."""

CHANNELS = {
    "down_1.conv": (3, 32),
    "down_2.conv": (32, 64),
    "down_3.conv": (64, 128),
    "buttleneck.conv_1.conv": (128, 256),
    "buttleneck.conv_2.conv": (256, 256),
    "up_1.conv": (384, 128),
    "up_2.conv": (192, 64),
    "up_3.conv": (96, 32),
    "predictor": (32, 2),
}
"""Of each convolution over three rows: in and out."""

SHAPES = {
    f"{name}.{part}": shape
    for name, (taken, given) in CHANNELS.items()
    for part, shape in (("weight", (given, taken, 3)), ("bias", (given,)))
}
"""Of each tensor in a file."""


class ArrayInpaintNet:
    """`InpaintNet` of the file beside, to six digits: (B, L, 3) → (B, L, 2) float32.

    Args:
        tensors: of `SHAPES`, any float type.
    """

    def __init__(self, tensors: Mapping[str, npt.NDArray[np.floating]]) -> None:
        self._tensors = {name: tensors[name].astype(np.float32) for name in SHAPES}

    def __call__(self, rows: Rows) -> Rows:
        x1 = self._block("down_1.conv", rows)  # (B, L, 32)
        x2 = self._block("down_2.conv", x1)
        x3 = self._block("down_3.conv", x2)
        x = self._block("buttleneck.conv_2.conv", self._block("buttleneck.conv_1.conv", x3))
        x = self._block("up_1.conv", np.concatenate([x, x3], axis=2))
        x = self._block("up_2.conv", np.concatenate([x, x2], axis=2))
        x = self._block("up_3.conv", np.concatenate([x, x1], axis=2))
        return np.asarray(1 / (1 + np.exp(-self._convolved("predictor", x))), np.float32)

    def _block(self, name: str, rows: Rows) -> Rows:
        x = self._convolved(name, rows)
        return np.asarray(np.maximum(x, np.float32(0.01) * x))  # LeakyReLU

    def _convolved(self, name: str, rows: Rows) -> Rows:
        """(B, L, C) → (B, L, D), zeros beyond both ends."""
        windows = sliding_window_view(np.pad(rows, ((0, 0), (1, 1), (0, 0))), 3, axis=1)
        summed = np.tensordot(windows, self._tensors[f"{name}.weight"], axes=([2, 3], [1, 2]))
        return np.asarray(summed + self._tensors[f"{name}.bias"], np.float32)
