"""Small squares of kept pictures, their colours converted all at once.

Converting squares costs a tenth of converting the pictures that they lie in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from balltrack.structures import Image
from balltrack.video.tone import PLAIN, tone_table
from balltrack.video.yuv import PlanarPicture, planes_of

_STEP = 8
"""Pixels that swscale converts at a time; a width that is no multiple is slower."""


def cut_squares(places: Sequence[tuple[PlanarPicture, int, int]], side: int) -> Image:
    """Squares of pictures, (N, side, side, 3) uint8 BGR.

    The pixels are those that the whole picture would have in BGR, with its gamma. Beyond a border
    the pixels of the border are repeated.

    Args:
        places: pictures, at least one, all with the same matrix and range, and the column and row
            of the square's top left pixel, which may lie outside.
        side: of the squares in pixels.
    """
    # A square that begins on an odd pixel begins in the middle of a pixel of colour.
    width = -(-(side + 1) // _STEP) * _STEP
    height = side + side % 2 + 2
    first = places[0][0]
    stack = VideoFrame(width, height * len(places), "yuv420p")
    stack.colorspace, stack.color_range = first.planes.colorspace, first.planes.color_range
    luma, *chroma = planes_of(stack)
    for number, (picture, left, top) in enumerate(places):
        left, top = left - left % 2, top - top % 2  # noqa: PLW2901
        limit = picture.size
        _copy(picture.arrays[0], luma, (left, top), (width, height), number, limit)
        limit = ((limit[0] + 1) // 2, (limit[1] + 1) // 2)
        for source, target in zip(picture.arrays[1:], chroma, strict=True):
            corner, half = (left // 2, top // 2), (width // 2, height // 2)
            _copy(source, target, corner, half, number, limit)
    bgr = VideoReformatter().reformat(
        stack,
        format="bgr24",
        src_colorspace=first.matrix,
        dst_colorspace=first.matrix,
        interpolation=Interpolation.BICUBIC,
        threads=1,
    )
    blocks = bgr.to_ndarray().reshape(len(places), height, width, 3)
    squares = np.empty((len(places), side, side, 3), np.uint8)
    for number, (picture, left, top) in enumerate(places):
        across, down = left % 2, top % 2
        square = blocks[number, down : down + side, across : across + side]
        squares[number] = square if picture.tone == PLAIN else tone_table(picture.tone)[square]
    return squares


def _copy(
    source: Image,
    target: Image,
    corner: tuple[int, int],
    size: tuple[int, int],
    number: int,
    limit: tuple[int, int],
) -> None:
    """Fill block ``number`` of a stack with what lies at ``corner`` of a plane."""
    (left, top), (width, height) = corner, size
    block = target[number * height : (number + 1) * height]
    inside = left >= 0 and top >= 0 and left + width <= limit[0] and top + height <= limit[1]
    if inside:
        block[:] = source[top : top + height, left : left + width]
    else:
        columns = np.clip(np.arange(left, left + width), 0, limit[0] - 1)
        rows = np.clip(np.arange(top, top + height), 0, limit[1] - 1)
        block[:] = source[np.ix_(rows, columns)]
