"""The events network on arrays: it is too small to pay for loading torch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float32]

FEATURES = 12
"""Numbers a row, see `balltrack.events.rows`."""

CLASSES = ("flying", "hit", "bounce")

CHANNELS = 64

DILATIONS = (1, 1, 2, 1, 2, 4, 1, 2, 4, 8)
"""Of each block: how many rows away its neighbours are."""

REACH = sum(DILATIONS)
"""Rows on either side that an answer depends on."""

EPSILON = 1e-5
"""Of the layer norms, torch's default."""

SHAPES: dict[str, tuple[int, ...]] = {
    "taken.weight": (CHANNELS, FEATURES),
    "taken.bias": (CHANNELS,),
    **{
        f"blocks.{number}.{name}": shape
        for number in range(len(DILATIONS))
        for name, shape in (
            ("norm.weight", (CHANNELS,)),
            ("norm.bias", (CHANNELS,)),
            ("gather.weight", (CHANNELS, 3 * CHANNELS)),
            ("gather.bias", (CHANNELS,)),
            ("give.weight", (CHANNELS, CHANNELS)),
            ("give.bias", (CHANNELS,)),
        )
    },
    "norm.weight": (CHANNELS,),
    "norm.bias": (CHANNELS,),
    "given.weight": (len(CLASSES), CHANNELS),
    "given.bias": (len(CLASSES),),
}
"""Of each tensor in a file."""


class ArrayEventNet:
    """`EventNet` of the file beside: (L, FEATURES) → (L, 3) probabilities, float32.

    Args:
        tensors: of `SHAPES`, any float type.
    """

    def __init__(self, tensors: Mapping[str, npt.NDArray[np.floating]]) -> None:
        self._tensors = {name: tensors[name].astype(np.float32) for name in SHAPES}

    def __call__(self, rows: Rows) -> Rows:
        x = self._linear("taken", rows)  # (L, C)
        for number, dilation in enumerate(DILATIONS):
            name = f"blocks.{number}"
            y = np.pad(self._normed(f"{name}.norm", x), ((dilation, dilation), (0, 0)))
            around = (y[: -2 * dilation], y[dilation:-dilation], y[2 * dilation :])
            y = self._linear(f"{name}.gather", np.concatenate(around, axis=1))
            x = x + self._linear(f"{name}.give", np.maximum(y, np.float32(0)))
        logits = self._linear("given", self._normed("norm", x))
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float32)

    def _linear(self, name: str, x: Rows) -> Rows:
        weight, bias = self._tensors[f"{name}.weight"], self._tensors[f"{name}.bias"]
        return np.asarray(x @ weight.T + bias, np.float32)

    def _normed(self, name: str, x: Rows) -> Rows:
        away = x - x.mean(axis=1, keepdims=True)
        scaled = away / np.sqrt(np.square(away).mean(axis=1, keepdims=True) + EPSILON)
        return np.asarray(
            scaled * self._tensors[f"{name}.weight"] + self._tensors[f"{name}.bias"], np.float32
        )
