"""How long rows of a live source take, and which frames were let go."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import TypeVar

import numpy as np

from balltrack.errors import counted
from balltrack.stages import Stage
from balltrack.structures import AnyFrame, Frame, Track
from balltrack.video.prefetch import prefetch
from balltrack.video.reader import VideoReader

T = TypeVar("T")

_log = logging.getLogger("balltrack")

DECODED_AHEAD = 6
"""Frames of a file that wait for their shots to be numbered."""

NUMBERED_AHEAD = 2
"""Frames that wait for the network; with a picture for the second look each takes up to 1.8 MB."""

WAITING = 32
"""Frames of a source that does not wait which are kept until they can be looked at."""


class Arrivals:
    """An `Observer` that knows when each frame came, and when its row left.

    Attributes:
        came: frames so far.
        dropped: those among them that were let go, as far as rows of later ones have left.
    """

    def __init__(self) -> None:
        self.came = 0
        self.dropped = 0
        self._waiting: dict[int, float] = {}  # frame → when it came
        self._took_s: list[float] = []

    def stage(self, name: Stage) -> AbstractContextManager[None]:
        """See `Observer`."""
        return nullcontext()

    def iterate(self, name: Stage, items: Iterable[T]) -> Iterator[T]:
        """See `Observer`."""
        if name != "decode":
            yield from items
            return
        for item in items:
            if isinstance(item, Frame):
                self.came += 1
                self._waiting[item.index] = time.monotonic()
            yield item

    def leaving(self, pieces: Iterable[tuple[Track, T]]) -> Iterator[tuple[Track, T]]:
        """The same pieces; their rows have left when the next piece is asked for."""
        for piece, beside in pieces:
            yield piece, beside
            now = time.monotonic()
            self._took_s += [now - self._waiting.pop(frame) for frame in piece.frame_index.tolist()]
            came = list(self._waiting)  # at once: another thread adds to it
            self._let_go([frame for frame in came if frame < piece.frame_index[-1]])
        self._let_go(list(self._waiting))  # the source has ended

    def _let_go(self, frames: list[int]) -> None:
        self.dropped += len(frames)
        for frame in frames:
            del self._waiting[frame]

    def latency_s(self, share: float) -> float:
        """Seconds from a frame to its row that this share of the rows stayed within."""
        return float(np.quantile(self._took_s, share)) if self._took_s else float("nan")


def read_ahead(
    frames: Iterable[AnyFrame], reader: VideoReader, stack: ExitStack
) -> Iterator[AnyFrame]:
    """The frames of a reader, from a thread that reads ahead until ``stack`` ends. Of a source that
    does not wait, what comes too fast is let go."""
    if reader.patient:
        return stack.enter_context(prefetch(frames, DECODED_AHEAD))
    dropped = _Dropped(reader.info.path)
    stack.callback(dropped.tell)
    return stack.enter_context(prefetch(frames, WAITING, on_drop=dropped.count_one))


class _Dropped:
    """Frames that nobody had the time to look at."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._count = 0

    def count_one(self) -> None:
        self._count += 1

    def tell(self) -> None:
        if self._count:
            frames = counted(self._count, "frame")
            _log.warning("%s: %s came faster than they could be tracked", self._path, frames)
