"""Balls beside the one in play: where they are, on the rows of its track."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from balltrack.structures import Candidate, FrameCandidates, Track
from balltrack.tracks import join_tracks, take_rows
from balltrack.trajectory.balls.contest import Stretch
from balltrack.trajectory.balls.pieces import Piece
from balltrack.trajectory.balls.play import APART
from balltrack.trajectory.path_search import Choice

SHORTEST_S = 0.5
"""Seconds for which another ball must have been seen."""

SHARED = 0.3
"""Share of its rows on which a piece may be where the ball in play is, and still be another."""

Finish = Callable[[Sequence[Choice]], Track]
"""Choices of one shot → rows."""


class OtherBalls:
    """Puts other balls beside the rows of the one in play, stretch by stretch.

    The pieces that are not on its path are balls, the longest and surest first; each takes the
    first place that is free for as long as it is seen.

    Args:
        count: of places for them.
        frame_rate: frames per second.
        height: of the picture, source pixels.
    """

    def __init__(self, count: int, frame_rate: float, height: float) -> None:
        self._count = count
        self._shortest = SHORTEST_S * frame_rate
        self._apart = APART * height
        self._waiting: deque[Stretch] = deque()

    def watch(self, stretches: Iterable[Stretch]) -> Iterator[FrameCandidates]:
        """The frames of the stretches, which are remembered until their rows come."""
        for stretch in stretches:
            if self._count:
                self._waiting.append(stretch)
            yield from stretch.frames

    def beside(self, pieces: Iterable[Track], finish: Finish) -> Iterator[Track]:
        """The same rows in the same order, a stretch at a time, with the others beside them.

        Args:
            pieces: rows of the ball in play, one a frame.
            finish: makes rows of another ball.
        """
        held: list[Track] = []
        for piece in pieces:
            held.append(piece)
            while self._waiting and sum(map(len, held)) >= len(self._waiting[0].frames):
                stretch, rows = self._waiting.popleft(), join_tracks(held)
                stop = len(stretch.frames)
                held = [take_rows(rows, slice(stop, None))]
                yield self._with_others(take_rows(rows, slice(stop)), stretch, finish)

    def _with_others(self, rows: Track, stretch: Stretch, finish: Finish) -> Track:
        found = [piece for piece in stretch.pieces if self._is_other(piece, rows)]
        places: list[list[Candidate | None]] = [[None] * len(rows) for _ in range(self._count)]
        for piece in sorted(found, key=lambda piece: -piece.score):
            first, last = piece.rows[0], piece.rows[-1]
            free = (place for place in places if not any(place[first : last + 1]))
            if (place := next(free, None)) is not None:
                for row, candidate in zip(piece.rows, piece.candidates, strict=True):
                    place[row] = candidate
        others = (finish([*zip(stretch.frames, place, strict=True)]) for place in places)
        return replace(rows, others=tuple(others))

    def _is_other(self, piece: Piece, rows: Track) -> bool:
        if len(piece.rows) < self._shortest or not piece.believed:
            return False
        near = np.hypot(*(rows.xy[list(piece.rows)] - piece.xy).T) < self._apart  # not where unseen
        return bool(near.mean() <= SHARED)
