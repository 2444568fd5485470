"""Small pictures around candidates, from a few frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from balltrack.models.verifier.patches import SIDE
from balltrack.structures import FloatArray, Image
from balltrack.video.squares import cut_squares
from balltrack.video.yuv import PlanarPicture

Patches = npt.NDArray[np.uint8]
"""(N, T, side, side, 3) BGR."""

Spots = npt.NDArray[np.int64]
"""(n, T, 2) pixels of T pictures on which n candidates lie."""


def cut_patches(images: Sequence[Image], spots: Spots, side: int = SIDE) -> Patches:
    """Squares of T images; beyond their borders the border is repeated.

    Args:
        images: T of (H, W, 3).
        spots: in these images; each comes to lie on pixel (side // 2, side // 2) of its patch.
        side: of the patches.
    """
    patches = np.empty((len(spots), len(images), side, side, 3), dtype=np.uint8)
    height, width = images[0].shape[:2]
    for patch, places in zip(patches, (spots - side // 2).tolist(), strict=True):
        for piece, image, (left, top) in zip(patch, images, places, strict=True):
            if left >= 0 and top >= 0 and left + side <= width and top + side <= height:
                piece[:] = image[top : top + side, left : left + side]
            else:
                piece[:] = _beyond_borders(image, left, top, side)
    return patches


def cut_kept(
    asked: Sequence[tuple[Sequence[PlanarPicture], Spots]],
) -> Patches:
    """Patches from several frames' pictures as they were kept, in one go.

    Args:
        asked: for each frame its T pictures and the spots in them, at least one in all.
    """
    corners = [
        (picture, x - SIDE // 2, y - SIDE // 2)
        for pictures, spots in asked
        for places in spots.tolist()
        for picture, (x, y) in zip(pictures, places, strict=True)
    ]
    frames = len(asked[0][0])
    return cut_squares(corners, SIDE).reshape(-1, frames, SIDE, SIDE, 3)


def rounded(xy: FloatArray, size: tuple[int, int]) -> npt.NDArray[np.int64]:
    """(N, 2) the pixels of a picture of (width, height) on which positions lie."""
    return np.asarray(np.clip(np.rint(xy), 0, np.array(size) - 1).astype(np.int64))


def _beyond_borders(image: Image, left: int, top: int, side: int) -> Image:
    height, width = image.shape[:2]
    rows = np.clip(np.arange(top, top + side), 0, height - 1)
    columns = np.clip(np.arange(left, left + side), 0, width - 1)
    return image[np.ix_(rows, columns)]
