"""Small pictures around candidates, from a few frames."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from balltrack.models.verifier.patches import SIDE
from balltrack.structures import FloatArray, Image
from balltrack.video.squares import cut_squares
from balltrack.video.yuv import PlanarPicture

Patches = npt.NDArray[np.uint8]
"""(N, T, side, side, 3) BGR."""


def cut_patches(images: Sequence[Image], xy: FloatArray, side: int = SIDE) -> Patches:
    """The same places of T images; beyond their borders the border is repeated.

    Args:
        images: T of (H, W, 3).
        xy: (N, 2) pixels of these images; each is rounded, and lies on pixel
            (side // 2, side // 2) of its patch.
        side: of the patches.
    """
    half = side // 2
    patches = np.empty((len(xy), len(images), side, side, 3), dtype=np.uint8)
    height, width = images[0].shape[:2]
    for patch, (x, y) in zip(patches, rounded(xy, (width, height)), strict=True):
        left, top = int(x) - half, int(y) - half
        inside = left >= 0 and top >= 0 and left + side <= width and top + side <= height
        for piece, image in zip(patch, images, strict=True):
            if inside:
                piece[:] = image[top : top + side, left : left + side]
            else:
                piece[:] = _beyond_borders(image, left, top, side)
    return patches


def cut_kept(asked: Sequence[tuple[Sequence[PlanarPicture], FloatArray]]) -> Patches:
    """`cut_patches` of several frames' pictures as they were kept, in one go.

    Args:
        asked: for each frame its T pictures and (n, 2) places in their pixels; at least one place
            in all.
    """
    corners = [
        (picture, int(x) - SIDE // 2, int(y) - SIDE // 2)
        for pictures, xy in asked
        for x, y in rounded(xy, pictures[0].size)
        for picture in pictures
    ]
    frames = len(asked[0][0])
    return cut_squares(corners, SIDE).reshape(-1, frames, SIDE, SIDE, 3)


def rounded(xy: FloatArray, size: tuple[int, int]) -> npt.NDArray[np.int64]:
    """(N, 2) the pixels of a picture of (width, height) on which positions lie."""
    return np.asarray(np.clip(np.rint(xy), 0, np.array(size) - 1).astype(np.int64))


def _beyond_borders(image: Image, left: int, top: int, side: int) -> Image:
    height, width = image.shape[:2]
    right, bottom = left + side, top + side
    kept = image[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)]
    margins = (max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0))
    return np.asarray(cv2.copyMakeBorder(kept, *margins, cv2.BORDER_REPLICATE), dtype=np.uint8)
