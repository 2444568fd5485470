"""Candidates that follow each other evenly, joined to pieces: each is one thing that moves.

Unlike the search for the path, which lets a ball turn anywhere since it may be struck, a piece goes
on only where the candidate before foretells it (nearest neighbours about a constant velocity), and
ends where it is struck. All pieces of a stretch are found at once, each candidate in one at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from balltrack.structures import Candidate, FloatArray, FrameCandidates

WEAKEST = 0.1
"""Score of a candidate that a piece may go on with."""

FIRST = 0.3
"""Score of one that may begin it."""

LOOSE = 0.012
"""Heights that a candidate may lie from where it is foretold."""

SWERVE = 0.5
"""The same as a share of the way since the last one."""

FIRST_SPEED = 0.9
"""Heights/s that the second candidate of a piece may have come at most."""

MISSED_S = 0.3
"""Seconds without a candidate after which a piece is over."""

BELIEVED = 0.4
"""Mean score over all frames of a piece, those without a candidate too, that makes it a ball."""

SMOOTH = 0.5
"""Share of the newest step in a piece's velocity."""


@dataclass(frozen=True)
class Piece:
    """One thing that moves.

    Attributes:
        rows: (n,) int64 places of its frames in the stretch, increasing.
        candidates: its candidate on each.
    """

    rows: tuple[int, ...]
    candidates: tuple[Candidate, ...]

    @property
    def xy(self) -> FloatArray:
        """(n, 2) source pixels."""
        return np.array([(one.x, one.y) for one in self.candidates], dtype=np.float64)

    @property
    def score(self) -> float:
        """The sum of its candidates' scores: its length, as far as that is believed."""
        return sum(one.score for one in self.candidates)

    @property
    def believed(self) -> bool:
        """Whether it is a ball, as far as scores tell."""
        return self.score >= BELIEVED * (self.rows[-1] - self.rows[0] + 1)


@dataclass
class _Open:
    """A piece that may go on; lengths in heights, ``velocity`` in heights a frame."""

    rows: list[int]
    candidates: list[Candidate]
    xy: FloatArray
    velocity: FloatArray | None = None


def find_pieces(
    frames: Sequence[FrameCandidates], frame_rate: float, height: float, most: int
) -> list[Piece]:
    """All pieces of a stretch, in the order in which they begin.

    Args:
        frames: one entry a frame, of one shot.
        frame_rate: frames per second.
        height: of the picture, source pixels.
        most: candidates of a frame that are looked at, best first.
    """
    going: list[_Open] = []
    over: list[_Open] = []
    patience = max(1, round(MISSED_S * frame_rate))
    for row, frame in enumerate(frames):
        still = [one for one in going if row - one.rows[-1] <= patience]
        over += [one for one in going if row - one.rows[-1] > patience]
        seen = [one for one in frame.candidates[:most] if one.score >= WEAKEST]
        places = np.array([(one.x, one.y) for one in seen]).reshape(-1, 2) / height
        taken = _go_on(still, row, seen, places, FIRST_SPEED / frame_rate)
        new = [i for i in range(len(seen)) if i not in taken and seen[i].score >= FIRST]
        going = still + [_Open([row], [seen[i]], places[i]) for i in new]
    pieces = [Piece(tuple(one.rows), tuple(one.candidates)) for one in over + going]
    return sorted(pieces, key=lambda piece: piece.rows[0])


def _go_on(
    going: Sequence[_Open], row: int, seen: Sequence[Candidate], places: FloatArray, first: float
) -> set[int]:
    """Append to each piece the candidate that goes on with it; those that do."""
    if not going or not seen:
        return set()
    since = np.array([row - one.rows[-1] for one in going], dtype=np.float64)
    steps = np.array([np.zeros(2) if one.velocity is None else one.velocity for one in going])
    begun = np.array([one.velocity is not None for one in going])
    ways = np.hypot(*steps.T) * since
    reach = np.where(begun, LOOSE + SWERVE * ways, first * since)
    foretold = np.array([one.xy for one in going]) + steps * since[:, None]
    away = np.hypot(*(places[None] - foretold[:, None]).transpose(2, 0, 1)) / reach[:, None]
    taken: set[int] = set()
    gone: set[int] = set()
    for flat in np.argsort(away, axis=None, kind="stable").tolist():
        which, i = divmod(flat, len(seen))
        if away[which, i] > 1:
            break
        if which not in gone and i not in taken:
            gone.add(which)
            taken.add(i)
            _append(going[which], row, seen[i], places[i])
    return taken


def _append(piece: _Open, row: int, candidate: Candidate, place: FloatArray) -> None:
    step = (place - piece.xy) / (row - piece.rows[-1])
    before = piece.velocity
    piece.velocity = step if before is None else before + SMOOTH * (step - before)
    piece.xy = place
    piece.rows.append(row)
    piece.candidates.append(candidate)
