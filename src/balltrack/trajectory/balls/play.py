"""Signs that a ball is played, in how it moves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from balltrack.structures import FloatArray

IntArray = npt.NDArray[np.int64]

LONG_S = 1.0
"""Seconds that a ball must be followed to be told from the one in play."""

APART = 0.05
"""Heights between two balls; what is nearer may be the same one."""

SURE = 0.5
"""Mean score of the ball in play where another is seen, at least, and mean chance that it is right:
there are networks whose scores are all high."""

PLAYED = 0.5
"""Heights/s that a quarter of its steps have at least."""

TURNS = 0.12
"""Heights by which it comes back after it was struck, in the other direction than before."""


def speeds(rows: IntArray, xy: FloatArray, frame_rate: float) -> FloatArray:
    """(n - 1,) heights/s between frames ``rows`` (n,), increasing, at ``xy`` (n, 2) heights."""
    return np.asarray(np.hypot(*np.diff(xy, axis=0).T) / np.diff(rows) * frame_rate)


def turns(xy: FloatArray) -> bool:
    """Whether ``xy`` (n, 2) heights go up, down or aside by more than `TURNS`, and come back."""
    return any(_comes_back(along) for along in xy.T)


def _comes_back(along: FloatArray) -> bool:
    for values in (along, -along):
        before = values - np.minimum.accumulate(values)
        after = values - np.minimum.accumulate(values[::-1])[::-1]
        if (np.minimum(before, after) >= TURNS).any():
            return True
    return False
