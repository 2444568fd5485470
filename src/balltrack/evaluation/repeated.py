"""Frames that show the picture before them again.

A conversion from 25 to 30 frames/s repeats about every sixth frame. A network that looks for
motion sees none there, and a truth has the ball standing still: figures with and without such
frames may differ much.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from balltrack.geometry import PAPER_GRID
from balltrack.options import ReadOptions
from balltrack.scene.repeats import compared
from balltrack.structures import Frame
from balltrack.video.reader import open_video


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


def _repeated(frames: Iterable[Frame], last: int | None) -> Iterator[int]:
    for frame, repeated in compared(frames):
        if repeated:
            yield frame.index
        if last is not None and frame.index >= last:
            return
