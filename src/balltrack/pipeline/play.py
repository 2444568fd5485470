"""Rows of shots that show no play: a ball seen there is not the one in play."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from balltrack.pipeline.lost import hide_ball
from balltrack.scene.play import PlayWatch
from balltrack.structures import Track
from balltrack.tracks import take_rows

NO_PLAY = 0.5
"""Log-odds from which a shot is taken to show no play."""

SURE_PLAY = -1.5
"""Log-odds up to which a shot surely shows play."""

WAIT = 36_000
"""Rows that wait, at most, for shots that surely show play: 20 minutes at 30 frames/s."""

MOST_TAKEN = 4
"""Balls that may be lost, for each row that surely shows play elsewhere."""


class _Rows(NamedTuple):
    """Rows that wait; ``amid`` a shot that shows play, which then speaks against them too."""

    rows: Track
    doubted: bool
    amid: bool = False

    @property
    def balls(self) -> int:
        return int(self.rows.visible.sum())


class PlayGate:
    """Lets rows of play through, and makes the ball of other shots unseen.

    A shot is taken to show no play only beside others of the video that surely show it: in a
    sport, or from a place, that the network knows nothing of all shots may look strange. So one
    opening picture that looks like play cannot cost a strange match more balls than `MOST_TAKEN`
    times its rows, beside those of frames that were skipped. Of a shot that shows play parts are
    taken to show none where nothing looks like it for a while, as after a fade. Until enough is
    sure, doubtful rows and those after them wait.

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
        self._waiting: deque[_Rows] = deque()
        self._held = 0  # rows that wait
        self._taken = 0  # balls that were lost

    def rows(self, pieces: Iterable[Track]) -> Iterator[Track]:
        """The same rows in the same order, each piece of one shot; some pieces are cut."""
        for piece in pieces:
            self._waiting += self._judged(piece)
            self._held += len(piece)
            yield from self._settled(at_once=not self._patient or self._held > WAIT)
        yield from self._settled(at_once=True)

    def _judged(self, piece: Track) -> Iterator[_Rows]:
        """A piece, cut where play ends or begins amid it, and where nobody has looked."""
        shot = int(piece.shot[-1])
        first, last = piece.frame_index[[0, -1]].tolist()
        odds = self._watch.no_play(shot, last)
        whole = odds >= NO_PLAY
        doubted = np.full(len(piece), whole)
        for begin, end in self._watch.without_play(shot, first, last, NO_PLAY):
            doubted |= (piece.frame_index >= begin) & (piece.frame_index <= end)
        if odds <= SURE_PLAY:
            self._sure[shot] += int((piece.play & ~doubted).sum())
        changes = np.diff(doubted) | np.diff(piece.play)
        for part in np.split(np.arange(len(piece)), np.flatnonzero(changes) + 1):
            rows = take_rows(piece, slice(part[0], part[-1] + 1))
            if rows.play[0]:
                yield _Rows(rows, doubted=bool(doubted[part[0]]), amid=not whole)
            else:
                yield _Rows(self._without_play(rows), doubted=False)

    def _settled(self, *, at_once: bool) -> Iterator[Track]:
        """The first of the waiting rows, up to those that have to wait on."""
        while self._waiting:
            first = self._waiting[0]
            taken = first.doubted and self._may_take(first)
            if first.doubted and not (taken or at_once):
                return
            self._waiting.popleft()
            self._held -= len(first.rows)
            self._taken += first.balls * taken
            yield self._without_play(first.rows) if taken else first.rows

    def _may_take(self, some: _Rows) -> bool:
        own = 0 if some.amid else self._sure[int(some.rows.shot[-1])]
        sure = self._sure.total() - own
        return sure > 0 and self._taken + some.balls <= MOST_TAKEN * sure

    def _without_play(self, rows: Track) -> Track:
        others = tuple(self._without_play(other) for other in rows.others)
        rows = replace(rows, play=np.zeros(len(rows), dtype=np.bool_), others=others)
        if self._keep:
            return rows
        return hide_ball(rows, np.ones(len(rows), dtype=np.bool_))
