"""Filling gaps without a network: a curve through the positions seen around them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from balltrack.structures import FloatArray

NEIGHBOURS = 3
"""Seen positions used on either side."""


def interpolate(positions: FloatArray, mask: npt.NDArray[np.bool_]) -> FloatArray:
    """Akima's curve through the three seen positions on either side of each gap.

    Of the curves through neighbours (linear, PCHIP, cubic spline, Hermite with measured
    speeds, Akima) this one is nearest to the truth on hidden stretches of labelled
    rallies: a cubic spline swings out after a bounce or a repeated frame, Akima's slopes
    ("A new method of interpolation and smooth curve fitting", J. ACM 17, 1970) do not.

    Args:
        positions: (N, 2) in any unit; NaN where the ball was not seen.
        mask: (N,) where a position is asked for.

    Returns:
        (N, 2) positions, filled where asked for; NaN stays where only one side was seen.
    """
    filled = positions.copy()
    seen = np.flatnonzero(np.isfinite(positions).all(axis=1) & ~mask)
    wanted = np.flatnonzero(mask)
    if not len(seen):
        return filled
    after = np.searchsorted(seen, wanted)
    for side in np.unique(after[(after > 0) & (after < len(seen))]):
        around = seen[max(side - NEIGHBOURS, 0) : side + NEIGHBOURS]
        gap = wanted[after == side]
        filled[gap] = _akima(around, positions[around], gap)
    return filled


def _akima(t: npt.NDArray[np.intp], y: FloatArray, at: npt.NDArray[np.intp]) -> FloatArray:
    """Akima's curve through (t, y), (n,) and (n, 2), n at least 2, at places between; (m, 2).

    As ``scipy.interpolate.Akima1DInterpolator``, whose import takes longer than reading a video's
    first second.
    """
    step = np.diff(t)[:, None]
    chords = np.diff(y, axis=0) / step
    if len(t) > 2:
        first, last = chords[0] - chords[1], chords[-1] - chords[-2]
        before = [chords[0] + 2 * first, chords[0] + first]
        chords = np.vstack([before, chords, [chords[-1] + last, chords[-1] + 2 * last]])
        bends = np.abs(np.diff(chords, axis=0))
        left, right = bends[2:], bends[:-2]
        both = left + right
        bent = both > 1e-9 * both.max()  # else the chords of both sides count the same
        mean = (chords[3:] + chords[:-3]) / 2
        weighted = left * chords[1:-2] + right * chords[2:-1]
        slopes = np.where(bent, weighted / np.where(bent, both, 1), mean)
        chords = chords[2:-2]
    else:
        slopes = np.repeat(chords, 2, axis=0)
    piece = np.searchsorted(t, at, side="right") - 1
    s = at[:, None] - t[piece, None]  # from the beginning of its piece
    h, chord, begin, end = step[piece], chords[piece], slopes[piece], slopes[piece + 1]
    curve = (begin + end - 2 * chord) / h**2 * s + (3 * chord - 2 * begin - end) / h
    return np.asarray(y[piece] + s * (begin + s * curve))
