"""Frames that show the picture before them again have no say in the path, and its rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from balltrack.structures import FrameCandidates, Track
from balltrack.tracks import repeat_rows


class Repeated:
    """Which frames of a video show the same picture.

    Between ``leave_out`` and ``put_back`` frames are numbered as if none were repeated, as a camera
    took them: no step of the ball is twice as long as another for a frame between.
    """

    def __init__(self) -> None:
        self._frames: deque[list[tuple[int, float]]] = deque()  # of each picture without a row yet
        self._repetitions = 0

    def leave_out(self, entries: Iterable[FrameCandidates]) -> Iterator[FrameCandidates]:
        """An entry for each picture."""
        for entry in entries:
            frame = (entry.frame_index, entry.time_s)
            if entry.repeated:
                self._frames[-1].append(frame)
                self._repetitions += 1
            else:
                self._frames.append([frame])
                yield replace(entry, frame_index=entry.frame_index - self._repetitions)

    def put_back(self, pieces: Iterable[Track]) -> Iterator[Track]:
        """Pieces with a row for each picture → the same with one for each frame that shows it.

        No row may come before the entry of the next picture has been asked for.
        """
        for piece in pieces:
            frames = [self._frames.popleft() for _ in range(len(piece))]
            yield repeat_rows(piece, frames)
