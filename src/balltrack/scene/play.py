"""Does a shot show play? A look at a small picture every half second, as the frames stream by.

After a cut to a close-up, a replay from the stands or the crowd there is no ball in play to be
found, and what shines is taken for it as long as the shot lasts.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import cv2
import numpy as np

from balltrack.models.play.arrays import SIZE
from balltrack.scene.main_view import MainView
from balltrack.structures import AnyFrame, FrameCandidates, Image

SPACING = 15
"""Frames of a shot from one that is looked at to the next; the first is one."""

MOST_PLAY = 0.25
"""Of the looks at a shot those count that show play most, the last of this share: a shot that
fades from a close-up into play is play."""

AMID = 3
"""Looks in a row by which a part of a shot shows no play, though the shot does."""


class Look(NamedTuple):
    """What was thought of a frame of a shot: log-odds that it shows no play."""

    shot: int
    frame: int
    odds: float


class PlayWatch:
    """What the shots that went by look like.

    Args:
        judge: (72, 128, 3) uint8 BGR → log-odds that it shows no play.
    """

    def __init__(self, judge: Callable[[Image], float]) -> None:
        self._judge = judge
        self._view = MainView()
        self._looks: dict[int, tuple[array[int], array[float]]] = {}  # shot → frames, log-odds

    def looks(self) -> Iterator[Look]:
        """Those at the shots that are not forgotten, in order."""
        for shot, (seen, odds) in list(self._looks.items()):  # at once: another thread adds to it
            yield from (Look(shot, *pair) for pair in zip(seen, list(odds), strict=False))

    def remember(self, look: Look) -> None:
        """Take over the next look, by whoever watched."""
        seen, odds = self._looks.setdefault(look.shot, (array("q"), array("d")))
        seen.append(look.frame)
        odds.append(look.odds)  # last: who reads meanwhile counts these

    def watch(self, frames: Iterable[AnyFrame]) -> Iterator[AnyFrame]:
        """The same frames, their shots numbered; some are looked at as they go by."""
        shot, until_next = None, 0
        for frame in frames:
            if frame.shot != shot:
                shot, until_next = frame.shot, 0
            if until_next == 0:
                until_next = SPACING
                picture = cv2.resize(frame.image, SIZE, interpolation=cv2.INTER_AREA)
                small = np.asarray(picture, np.uint8)
                odds = self._view.weigh(frame.shot, small, self._judge(small))
                self.remember(Look(frame.shot, frame.index, odds))
            until_next -= 1
            yield frame

    def without_skipped(self, found: Iterable[FrameCandidates]) -> Iterator[FrameCandidates]:
        """The same entries: no frame is skipped."""
        return iter(found)

    def odds_of(self, shot: int) -> Sequence[float]:
        """Of the looks at a shot, in order; those of later looks are added to it.

        Raises:
            KeyError: there was none, or the shot is forgotten.
        """
        return self._looks[shot][1]

    def no_play(self, shot: int, last: int) -> float:
        """Log-odds that a shot shows no play, by its frames up to number ``last``.

        Frames that came later change nothing, so that an answer does not depend on how far ahead
        of the rows the frames are. Earlier shots are forgotten.
        """
        for earlier in [number for number in list(self._looks) if number < shot]:  # at once, too
            del self._looks[earlier]
        seen, odds = self._looks[shot]
        return most_play(odds[: bisect_right(seen, last)])

    def without_play(self, shot: int, first: int, last: int, least: float) -> list[tuple[int, int]]:
        """Frames of a shot, of those from ``first`` to ``last``, amid which it shows no play.

        Args:
            shot: that is not forgotten.
            first, last: frames of it; later ones change nothing.
            least: log-odds of each of `AMID` looks in a row.

        Returns:
            First and last frames of such parts, in order. A part goes from a look to the last one,
            or to ``last`` where no other look came.
        """
        seen, odds = self._looks[shot]
        # Earlier looks tell no more of these frames; of a fixed camera there are thousands.
        begin, until = max(0, bisect_right(seen, first) - AMID), bisect_right(seen, last)
        parts = []
        for doubted, run in groupby(range(begin, until), key=lambda number: odds[number] >= least):
            looks = list(run)
            if doubted and len(looks) >= AMID:
                end = last if looks[-1] == until - 1 else seen[looks[-1]]
                parts.append((max(first, seen[looks[0]]), end))
        return [part for part in parts if part[0] <= part[1]]


def most_play(odds: Sequence[float]) -> float:
    """Log-odds that what some looks, at least one, are of shows no play."""
    return float(np.quantile(odds, MOST_PLAY))
