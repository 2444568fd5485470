"""Rows of shots that show no play: a ball seen there is not the one in play."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from balltrack.scene.play import PlayWatch
from balltrack.structures import Source, Track

NO_PLAY = 0.5
"""Log-odds from which a shot is taken to show no play."""

SURE_PLAY = -1.5
"""Log-odds up to which a shot surely shows play."""

WAIT = 1024
"""Rows that wait, at most, for a shot that surely shows play."""


class PlayGate:
    """Lets rows of play through, and makes the ball of other shots unseen.

    A shot is taken to show no play only where another one of the video surely shows it: in a
    sport, or from a place, that the network knows nothing of all shots may look strange. So a
    video of one shot is never touched. Before the first sure shot, doubtful rows and those after
    them wait for it.

    Args:
        watch: what the shots look like.
        keep: leave the ball of all shots as it is, and only say which show play.
        patient: rows may wait; else what was seen so far decides.
    """

    def __init__(self, watch: PlayWatch, *, keep: bool = False, patient: bool = True) -> None:
        self._watch = watch
        self._keep = keep
        self._patient = patient
        self._sure: list[int] = []  # the first two shots that surely show play
        self._waiting: list[tuple[Track, bool]] = []  # rows, and whether they are doubted

    def rows(self, pieces: Iterable[Track]) -> Iterator[Track]:
        """The same rows in the same order, each piece of one shot."""
        for piece in pieces:
            shot, last = int(piece.shot[-1]), int(piece.frame_index[-1])
            odds = self._watch.no_play(shot, last)
            if odds <= SURE_PLAY and shot not in self._sure and len(self._sure) < 2:
                self._sure.append(shot)
            self._waiting.append((piece, odds >= NO_PLAY))
            held = sum(len(waiting) for waiting, _ in self._waiting)
            yield from self._settled(at_once=not self._patient or held > WAIT)
        yield from self._settled(at_once=True)

    def _settled(self, *, at_once: bool) -> Iterator[Track]:
        """The first of the waiting rows, up to those that have to wait on."""
        while self._waiting:
            piece, doubted = self._waiting[0]
            beside_play = any(shot != piece.shot[-1] for shot in self._sure)
            if doubted and not (beside_play or at_once):
                return
            del self._waiting[0]
            yield self._without_play(piece) if doubted and beside_play else piece

    def _without_play(self, rows: Track) -> Track:
        rows = replace(rows, play=np.zeros(len(rows), dtype=np.bool_))
        if self._keep:
            return rows
        return replace(
            rows,
            xy=np.full_like(rows.xy, np.nan),
            score=np.zeros_like(rows.score),
            source=np.full_like(rows.source, Source.NONE),
        )
