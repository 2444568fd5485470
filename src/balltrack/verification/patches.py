"""Small pictures around candidates, from a few frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from balltrack.models.verifier.patches import SIDE
from balltrack.structures import FloatArray
from balltrack.video.squares import cut_squares
from balltrack.video.yuv import PlanarPicture

Patches = npt.NDArray[np.uint8]
"""(N, T, side, side, 3) BGR."""

Spots = npt.NDArray[np.int64]
"""(n, T, 2) pixels of T pictures on which n candidates lie."""

Asked = Sequence[tuple[Sequence[PlanarPicture], Spots]]
"""Of some frames, at least one: T pictures of each, and the spots in them, at least one in all."""


def cut_patches(asked: Asked, side: int = SIDE) -> Patches:
    """Squares of several frames' pictures, in one go; beyond a border the border is repeated.

    Args:
        asked: the spots come to lie on pixel (side // 2, side // 2) of their patches.
        side: of the patches.
    """
    corners = [
        (picture, x - side // 2, y - side // 2)
        for pictures, spots in asked
        for places in spots.tolist()
        for picture, (x, y) in zip(pictures, places, strict=True)
    ]
    frames = len(asked[0][0])
    return cut_squares(corners, side).reshape(-1, frames, side, side, 3)


def rounded(xy: FloatArray, size: tuple[int, int]) -> npt.NDArray[np.int64]:
    """(N, 2) the pixels of a picture of (width, height) on which positions lie."""
    return np.asarray(np.clip(np.rint(xy), 0, np.array(size) - 1).astype(np.int64))
