"""Rows of shots that show no play: a ball seen there is not the one in play."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from balltrack.pipeline.lost import hide_ball
from balltrack.scene.play import PlayWatch
from balltrack.structures import Track

NO_PLAY = 0.5
"""Log-odds from which a shot is taken to show no play."""

SURE_PLAY = -1.5
"""Log-odds up to which a shot surely shows play."""

WAIT = 1024
"""Rows that wait, at most, for shots that surely show play."""

MOST_TAKEN = 2
"""Rows that may lose their ball, for each row of another shot that surely shows play."""


class PlayGate:
    """Lets rows of play through, and makes the ball of other shots unseen.

    A shot is taken to show no play only beside others of the video that surely show it: in a
    sport, or from a place, that the network knows nothing of all shots may look strange. So a
    video of one shot is never touched, and one opening picture that looks like play cannot cost a
    strange match more rows than `MOST_TAKEN` times its own. Until enough is sure, doubtful rows
    and those after them wait.

    Args:
        watch: what the shots look like.
        keep: leave the ball of all shots as it is, and only say which show play.
        patient: rows may wait; else what was seen so far decides.
    """

    def __init__(self, watch: PlayWatch, *, keep: bool = False, patient: bool = True) -> None:
        self._watch = watch
        self._keep = keep
        self._patient = patient
        self._sure: Counter[int] = Counter()  # shot → its rows that surely show play
        self._waiting: list[tuple[Track, bool]] = []  # rows, and whether they are doubted
        self._taken = 0  # rows that lost their ball

    def rows(self, pieces: Iterable[Track]) -> Iterator[Track]:
        """The same rows in the same order, each piece of one shot."""
        for piece in pieces:
            shot, last = int(piece.shot[-1]), int(piece.frame_index[-1])
            odds = self._watch.no_play(shot, last)
            if odds <= SURE_PLAY:
                self._sure[shot] += len(piece)
            self._waiting.append((piece, odds >= NO_PLAY))
            held = sum(len(waiting) for waiting, _ in self._waiting)
            yield from self._settled(at_once=not self._patient or held > WAIT)
        yield from self._settled(at_once=True)

    def _settled(self, *, at_once: bool) -> Iterator[Track]:
        """The first of the waiting rows, up to those that have to wait on."""
        while self._waiting:
            piece, doubted = self._waiting[0]
            taken = doubted and self._may_take(piece)
            if doubted and not (taken or at_once):
                return
            del self._waiting[0]
            self._taken += len(piece) * taken
            yield self._without_play(piece) if taken else piece

    def _may_take(self, piece: Track) -> bool:
        sure = self._sure.total() - self._sure[int(piece.shot[-1])]
        return self._taken + len(piece) <= MOST_TAKEN * sure

    def _without_play(self, rows: Track) -> Track:
        others = tuple(self._without_play(other) for other in rows.others)
        rows = replace(rows, play=np.zeros(len(rows), dtype=np.bool_), others=others)
        if self._keep:
            return rows
        return hide_ball(rows, np.ones(len(rows), dtype=np.bool_))
