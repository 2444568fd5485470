"""A rally on the next court: which pieces are its ball's.

Its ball is struck, too, so that how it moves does not give it away. But the camera looks at the
match: over a whole shot the match's ball is in the middle of the picture, and the other's stays in
a strip at one side. One ball may do either, as in a rally along a sideline; what stays in a strip
is another's only where both are seen at once, at one stroke after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
import numpy.typing as npt

from balltrack.structures import FloatArray
from balltrack.trajectory.balls.pieces import Piece
from balltrack.trajectory.balls.play import (
    APART,
    LONG_S,
    PLAYED,
    SURE,
    IntArray,
    speeds,
    turns,
)

BORDERS = (0.3, 0.275, 0.25, 0.225, 0.2)
"""Where the strip at a side of the picture may end, as shares of the picture's width: at the first
of those that the fewest pieces go across."""

MEETINGS = 3
"""Pieces in the strip beside which the match's ball is seen, at least."""

MET = 4
"""Frames of a piece on which it is, at least."""

STRAYS = 0.02
"""Share of its rows on which the match's ball is in the strip, at most."""


@dataclass(frozen=True)
class Strip:
    """One side of the picture.

    Attributes:
        first, last: its columns, shares of the picture's width.
        pieces: those that never leave it.
    """

    first: float
    last: float
    pieces: tuple[Piece, ...]


def find_strips(pieces: Sequence[Piece], width: float) -> tuple[Strip, Strip]:
    """The strips at the left and at the right.

    Args:
        pieces: of one stretch.
        width: of the picture, source pixels.
    """
    first = np.array([piece.xy[:, 0].min() for piece in pieces]) / width
    last = np.array([piece.xy[:, 0].max() for piece in pieces]) / width
    seen = np.array([len(piece.rows) * piece.believed for piece in pieces])
    left, right = _border(first, last, seen), 1 - _border(1 - last, 1 - first, seen)
    return (
        Strip(0.0, left, tuple(compress(pieces, last < left))),
        Strip(right, 1.0, tuple(compress(pieces, first > right))),
    )


def _border(near: FloatArray, far: FloatArray, seen: IntArray) -> float:
    """Which of `BORDERS`; (n,) shares from the side to a piece's ends, and its frames."""
    crossed = [seen[(near < border) & (far >= border)].sum() for border in BORDERS]
    return BORDERS[int(np.argmin(crossed))]


def may_be_played(strip: Strip, frame_rate: float, height: float) -> bool:
    """Whether a strip's pieces, taken together, are seen for long enough, fast, and turn back."""
    balls = [piece for piece in strip.pieces if len(piece.rows) >= MET and piece.believed]
    if len(balls) < MEETINGS or sum(len(one.rows) for one in balls) < LONG_S * frame_rate:
        return False
    steps = [speeds(np.array(one.rows), one.xy / height, frame_rate) for one in balls]
    fast = np.quantile(np.concatenate(steps), 0.75) >= PLAYED
    return bool(fast and turns(np.concatenate([one.xy for one in balls]) / height))


def is_beside(strip: Strip, rival: FloatArray, frame_rate: float, size: tuple[int, int]) -> bool:
    """Whether a strip's ball is seen beside one that is clearly played in the middle.

    Args:
        strip: at one side of the picture.
        rival: (N, 3) x and y in heights and the lower of score and confidence, on each frame of
            the stretch, of the path without what stays in the strips; NaN where there is none.
        frame_rate: frames per second.
        size: (width, height) of the picture, source pixels.
    """
    width, height = size
    met = [rows for one in strip.pieces if len(rows := _meeting(one, rival, height)) >= MET]
    if len(met) < MEETINGS or sum(map(len, met)) < LONG_S * frame_rate:
        return False
    seen = np.flatnonzero(np.isfinite(rival[:, 0]))
    across = rival[seen, 0] * height / width
    strays = (across >= strip.first) & (across <= strip.last)
    return bool(
        strays.mean() <= STRAYS
        and rival[np.concatenate(met), 2].mean() >= SURE
        and (speeds(seen, rival[seen, :2], frame_rate) >= PLAYED).sum() >= LONG_S * frame_rate
        and turns(rival[seen, :2])
    )


def _meeting(piece: Piece, rival: FloatArray, height: float) -> IntArray:
    """(n,) frames on which a piece is seen, and the rival somewhere else."""
    rows: IntArray = np.array(piece.rows)
    apart: npt.NDArray[np.bool_] = (
        np.hypot(*(rival[rows, :2] - piece.xy / height).T) > APART
    )  # False where none is seen
    return rows[apart]
