"""Frames that show the picture before them again.

A conversion from 25 to 30 frames/s repeats about every sixth frame. A network that looks for
motion sees none there, and a truth has the ball standing still: figures with and without such
frames may differ much.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from balltrack.geometry import PAPER_GRID
from balltrack.options import ReadOptions
from balltrack.structures import Frame, Image
from balltrack.video.reader import open_video

# Compared at PAPER_GRID in blocks of BLOCK x BLOCK pixels. Encoding alone changes no block of a
# repeated frame by more than 5 of 255 levels; a moving player or ball changes the most changed one
# by 9 and more (broadcast badminton, tennis and padel).
BLOCK = 8
LARGEST_CHANGE = 6.0


def find_repeated(
    path: str | os.PathLike[str],
    *,
    last: int | None = None,
    reading: ReadOptions = ReadOptions(),  # noqa: B008  # frozen
) -> npt.NDArray[np.int64]:
    """Indices of the frames whose picture is the one before, in one pass over the file.

    Args:
        path: of the video.
        last: frame after which nothing is looked at; None goes to the end.
        reading: which of its streams is read, and by what.

    Raises:
        VideoError: the video cannot be opened or decoded.
    """
    with open_video(path, reader=reading.reader, size=PAPER_GRID, source=reading) as video:
        return np.array([*_repeated(video.frames(), last)], dtype=np.int64)


def _repeated(frames: Iterator[Frame], last: int | None) -> Iterator[int]:
    before: Image | None = None
    for frame in frames:
        if before is not None and change(before, frame.image) < LARGEST_CHANGE:
            yield frame.index
        if last is not None and frame.index >= last:
            return
        before = frame.image


def change(before: Image, after: Image) -> float:
    """Mean absolute difference of the block that differs most, in levels of 255.

    Args:
        before, after: (H, W, 3) uint8 of one size, H and W multiples of `BLOCK`.
    """
    difference = np.abs(after.astype(np.int16) - before).mean(axis=2)
    height, width = difference.shape
    blocks = difference.reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    return float(blocks.mean(axis=(1, 3)).max())
