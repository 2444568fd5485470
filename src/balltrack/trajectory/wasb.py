"""WASB's online tracker: the highest score, within reach of where the ball was."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from balltrack.structures import Candidate, FrameCandidates, Track
from balltrack.trajectory.linking import to_track

MOST_PX = 300.0
"""Farthest from where the ball was on the frame before, source pixels (``max_disp``)."""


class OnlineTracker:
    """Takes the best candidate of each frame; after a frame without one it may be anywhere.

    After nttcom/WASB-SBDT, ``trackers/online.py``, whose prediction of the next place is never
    used. A row leaves at once.
    """

    def rows(
        self, candidates: Iterable[FrameCandidates], frame_rate: float, size: tuple[int, int]
    ) -> Iterator[Track]:
        """See `balltrack.trajectory.path.PathFinder.rows`."""
        del frame_rate, size
        last: Candidate | None = None
        for frame in candidates:
            near = [c for c in frame.candidates if last is None or _apart(c, last) < MOST_PX]
            last = max(near, key=lambda candidate: candidate.score, default=None)
            yield to_track([(frame, last)], threshold=0.0)


def _apart(one: Candidate, other: Candidate) -> float:
    return math.hypot(one.x - other.x, one.y - other.y)
