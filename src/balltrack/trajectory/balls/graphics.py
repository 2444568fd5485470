"""What is drawn over the picture: it stands to the pixel, comes from nowhere and goes nowhere.

A dot beside the name of who serves, or a digit of a running clock, looks like a ball. A ball that
lies stands as still; but it has come there, or is taken away.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from balltrack.trajectory.balls.pieces import Piece
from balltrack.trajectory.balls.play import LONG_S

STILL, STILLEST = 0.003, 0.0015
"""Heights that it is from its middle at most, and on nine of ten frames: two and one pixel at 720
rows."""

REACH, REACH_S = 0.1, 0.25
"""Heights and seconds within which something that moves has come there, or goes away."""

MOVES = 0.02
"""Heights that it has gone at least, along or across."""


def drawn(pieces: Sequence[Piece], frame_rate: float, height: float) -> list[Piece]:
    """The pieces that are no things on the court.

    Args:
        pieces: of a stretch.
        frame_rate: frames per second.
        height: of the picture, source pixels.
    """
    standing = [one for one in pieces if _stands(one, frame_rate, height)]
    if not standing:
        return []
    moving = [one for one in pieces if np.ptp(one.xy, axis=0).max() >= MOVES * height]
    return [one for one in standing if not _is_moved(one, moving, frame_rate, height)]


def _stands(piece: Piece, frame_rate: float, height: float) -> bool:
    if piece.rows[-1] - piece.rows[0] + 1 < LONG_S * frame_rate:
        return False
    away = np.abs(piece.xy - np.median(piece.xy, axis=0)).max(axis=1) / height
    return bool(away.max() <= STILL and np.quantile(away, 0.9) <= STILLEST)


def _is_moved(piece: Piece, moving: Sequence[Piece], frame_rate: float, height: float) -> bool:
    """Whether something moved comes to its place as it begins, or goes from there as it ends."""
    patience = REACH_S * frame_rate
    for one in moving:
        comes = (piece.rows[0] - one.rows[-1], one.xy[-1])
        goes = (one.rows[0] - piece.rows[-1], one.xy[0])
        for later, place in (comes, goes):
            near = np.hypot(*(place - piece.xy[0])) <= REACH * height
            if 0 < later <= patience and near:  # one thing is at one place at a time
                return True
    return False
