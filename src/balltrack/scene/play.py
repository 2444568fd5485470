"""Does a shot show play? A look at a small picture every half second, as the frames stream by.

After a cut to a close-up, a replay from the stands or the crowd there is no ball in play to be
found, and what shines is taken for it as long as the shot lasts.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import cv2
import numpy as np

from balltrack.models.play.arrays import SIZE
from balltrack.structures import AnyFrame, Image

SPACING = 15
"""Frames of a shot from one that is looked at to the next; the first is one."""

MOST_PLAY = 0.25
"""Of the looks at a shot those count that show play most, the last of this share: a shot that
fades from a close-up into play is play."""


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
        self._looks: dict[int, tuple[array[int], array[float]]] = {}  # shot → frames, log-odds

    def looks(self) -> Iterator[Look]:
        """Those at the shots that are not forgotten, in order."""
        for shot, (seen, odds) in self._looks.items():
            yield from (Look(shot, *pair) for pair in zip(seen, odds, strict=True))

    def remember(self, look: Look) -> None:
        """Take over the next look, by whoever watched."""
        seen, odds = self._looks.setdefault(look.shot, (array("q"), array("d")))
        seen.append(look.frame)
        odds.append(look.odds)

    def watch(self, frames: Iterable[AnyFrame]) -> Iterator[AnyFrame]:
        """The same frames, their shots numbered; some are looked at as they go by."""
        shot, until_next = None, 0
        for frame in frames:
            if frame.shot != shot:
                shot, until_next = frame.shot, 0
            if until_next == 0:
                until_next = SPACING
                picture = cv2.resize(frame.image, SIZE, interpolation=cv2.INTER_AREA)
                odds = self._judge(np.asarray(picture, np.uint8))
                self.remember(Look(frame.shot, frame.index, odds))
            until_next -= 1
            yield frame

    def no_play(self, shot: int, last: int) -> float:
        """Log-odds that a shot shows no play, by its frames up to number ``last``.

        Frames that came later change nothing, so that an answer does not depend on how far ahead
        of the rows the frames are. Earlier shots are forgotten.
        """
        for earlier in [number for number in self._looks if number < shot]:
            del self._looks[earlier]
        seen, odds = self._looks[shot]
        return float(np.quantile(odds[: bisect_right(seen, last)], MOST_PLAY))
