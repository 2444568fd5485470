"""Frames that show the picture before them again: left out of what is looked at, and put back.

Converters make them: 25 pictures a second in a video of 30 or 50 frames, 24 in one of 60. To who
looks at neighbouring frames a ball stands still there, and then jumps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Set

import cv2
import numpy as np

from balltrack.structures import AnyFrame, Frame, FrameCandidates, Image
from balltrack.tracks import MOST_REPEATED

BLOCKS = (64, 36)
"""Blocks across and down in which two pictures are compared: 8 pixels a side at 512x288."""

LARGEST_CHANGE = 5.0
"""Change of 255 levels from which on a picture is a new one. Compression changes a frame that was
written twice by 4 at most; in broadcasts at 512x288 a repeated one mostly changes by less than 4,
and where people play a new one by more than 9, nearly always by 15."""


def change(before: Image, after: Image) -> float:
    """Mean absolute difference, in levels of 255, of the block that differs most.

    Args:
        before, after: (H, W, 3) or (H, W) uint8 of one size.
    """
    blocks = cv2.resize(cv2.absdiff(before, after), BLOCKS, interpolation=cv2.INTER_AREA)
    if blocks.ndim == 3:
        blocks = cv2.transform(blocks, np.full((1, 3), 1 / 3))
    return float(blocks.max())


def compared(frames: Iterable[AnyFrame]) -> Iterator[tuple[AnyFrame, bool]]:
    """The same frames, each with whether it shows the picture before it again."""
    before: Image | None = None
    for frame in frames:
        yield frame, before is not None and change(before, frame.image) < LARGEST_CHANGE
        before = frame.image


class Repeats:
    """The frames of one video that show the picture before them again.

    Args:
        lost: numbers of frames whose pictures are not there, which grow while frames come; others
            stand in for them, so that such a frame repeats nothing.
    """

    def __init__(self, lost: tuple[Set[int], ...] = ()) -> None:
        self._lost = lost
        self._left_out: deque[tuple[int, float]] = deque()

    def leave_out(self, frames: Iterable[AnyFrame]) -> Iterator[AnyFrame]:
        """The frames that show something new, in order, and those of what stands still."""
        run: list[AnyFrame] = []  # repetitions that may be a converter's
        stands = False
        for frame, repeated in compared(frames):
            if not repeated or any(frame.index in numbers for numbers in self._lost):
                self._note(run)
                run, stands = [], False
                yield frame
            elif stands:
                yield frame
            else:
                run.append(frame)
                if len(run) > MOST_REPEATED:
                    yield from run
                    run, stands = [], True
        self._note(run)

    def _note(self, run: Iterable[Frame]) -> None:
        self._left_out.extend((frame.index, frame.time_s) for frame in run)

    def put_back(self, found: Iterable[FrameCandidates]) -> Iterator[FrameCandidates]:
        """The entries of `leave_out`'s frames, and behind each those of its repetitions."""
        last: FrameCandidates | None = None
        for entry in found:
            if last is not None:
                yield from self._repetitions(last.shot, before=entry.frame_index)
            yield entry
            last = entry
        if last is not None:
            yield from self._repetitions(last.shot)

    def _repetitions(self, shot: int, before: float = np.inf) -> Iterator[FrameCandidates]:
        while self._left_out and self._left_out[0][0] < before:
            index, time_s = self._left_out.popleft()
            yield FrameCandidates(index, time_s, shot, (), repeated=True)
