"""A heatmap laid over a picture, as in the figures of TrackNet's papers."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace

from balltrack.structures import Image
from balltrack.video.yuv import PlaneConverter, planes_of

FAINTEST = 0.05
"""Heat below it is not drawn: half of what makes a candidate."""

OPACITY = 0.7
"""Of the hottest; it goes with the square root of the heat, so that weak answers are seen."""

RED = 223
"""Where OpenCV's JET is pure red; from there on it only darkens."""


class HeatPainter:
    """Lays heatmaps over the pictures of a video: from blue through yellow to red.

    Args:
        size: (width, height) of the pictures.
        matrix: of their colours.
    """

    def __init__(self, size: tuple[int, int], matrix: Colorspace = Colorspace.ITU601) -> None:
        self._size = size
        levels = np.arange(256)
        opacity = OPACITY * np.sqrt(levels / 255)
        self._opacity = np.where(levels < FAINTEST * 255, 0, opacity).astype(np.float32)
        self._inks = _inks(matrix)

    def paint(self, picture: VideoFrame, heatmap: npt.NDArray[np.float32]) -> None:
        """Draw into a picture; pixels without heat stay exactly as they are.

        Args:
            picture: yuv420p of the painter's size.
            heatmap: (h, w) float32 in [0, 1] of any size, over the same view.
        """
        levels = np.rint(np.clip(heatmap, 0, 1) * 255).astype(np.uint8)
        if not self._opacity[levels.max(initial=0)]:
            return
        picture.make_writable()  # the decoder may need it for others: then this makes a copy
        planes = planes_of(picture)
        wide = np.asarray(cv2.resize(levels, self._size, interpolation=cv2.INTER_LINEAR), np.uint8)
        left, top, part = _hot(_padded(wide, planes[0].shape), FAINTEST * 255)
        for channel, plane in enumerate(planes):
            if channel == 1:  # a pixel of chroma has the mean heat of its four
                half = (part.shape[1] // 2, part.shape[0] // 2)
                part = np.asarray(cv2.resize(part, half, interpolation=cv2.INTER_AREA), np.uint8)
                left, top = left // 2, top // 2
            under = plane[top : top + part.shape[0], left : left + part.shape[1]]
            cover = self._opacity[part]
            under[:] = np.rint(under * (1 - cover) + self._inks[channel][part] * cover)


def _inks(matrix: Colorspace) -> npt.NDArray[np.float32]:
    """(3, 256) luma and both chromas of every level's colour."""
    levels = np.arange(256) * RED / 255
    row = np.rint(levels).astype(np.uint8)[None].repeat(2, axis=1)  # a pixel of chroma has two
    colours = np.asarray(cv2.applyColorMap(row, cv2.COLORMAP_JET), np.uint8).repeat(2, axis=0)
    luma, blue, red = planes_of(PlaneConverter((512, 2), matrix).from_bgr(colours))
    return np.stack([luma[0, ::2], blue[0], red[0]]).astype(np.float32)


def _padded(wide: Image, shape: tuple[int, ...]) -> Image:
    """Its last column and row repeated, up to the size of a plane."""
    below, beside = np.subtract(shape, wide.shape).tolist()
    padded = cv2.copyMakeBorder(wide, 0, below, 0, beside, cv2.BORDER_REPLICATE)
    return np.asarray(padded, np.uint8)


def _hot(wide: Image, faintest: float) -> tuple[int, int, Image]:
    """Left, top and pixels of the box around all heat; whole pixels of chroma."""
    left, top, width, height = cv2.boundingRect((wide >= faintest).view(np.uint8))
    left, top, right, bottom = left & ~1, top & ~1, left + width + 1 & ~1, top + height + 1 & ~1
    return left, top, wide[top:bottom, left:right]
