"""The play network on arrays: it is too small to pay for loading torch."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from balltrack.structures import Image

SIZE = (128, 72)
"""(width, height) of the pictures that it looks at, pixels."""

CHANNELS = (3, 16, 24, 32, 48)
"""Of the picture, and after each convolution, which halves width and height."""

SHAPES: dict[str, tuple[int, ...]] = {
    **{
        f"layers.{number}.0.{name}": shape
        for number, (before, after) in enumerate(pairwise(CHANNELS))
        for name, shape in (("weight", (after, before, 3, 3)), ("bias", (after,)))
    },
    "given.weight": (1, 2 * CHANNELS[-1]),
    "given.bias": (1,),
}
"""Of each tensor in a file."""


class ArrayPlayNet:
    """`PlayNet` of the file beside, without its norms, on one picture.

    Args:
        tensors: of `SHAPES`, any float type.
    """

    def __init__(self, tensors: Mapping[str, npt.NDArray[np.floating]]) -> None:
        kept = {name: tensors[name].astype(np.float32) for name in SHAPES}
        self._layers = [
            (
                kept[f"layers.{number}.0.weight"].transpose(2, 3, 1, 0).reshape(-1, after),
                kept[f"layers.{number}.0.bias"],
            )
            for number, after in enumerate(CHANNELS[1:])
        ]
        self._given = kept["given.weight"][0], kept["given.bias"][0]

    def __call__(self, picture: Image) -> float:
        """Log-odds that a picture shows no play.

        Args:
            picture: (72, 128, 3) uint8 BGR, see `SIZE`.
        """
        x = picture.astype(np.float32) / np.float32(255) - np.float32(0.5)
        for weight, bias in self._layers:
            x = np.maximum(_patches(x) @ weight + bias, np.float32(0))
        weight, bias = self._given
        return float(np.concatenate([x.mean((0, 1)), x.max((0, 1))]) @ weight + bias)


def _patches(x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(h, w, c) → (h', w', 9 c): the 3x3 pixels around every second one, zeros beyond."""
    height, width = (x.shape[0] + 1) // 2, (x.shape[1] + 1) // 2
    padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
    down, across = 2 * height - 1, 2 * width - 1
    return np.concatenate(
        [padded[i : i + down : 2, j : j + across : 2] for i in range(3) for j in range(3)], axis=2
    )
