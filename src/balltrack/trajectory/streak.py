"""From the middle of a streak, where a network sees the ball, to its leading end.

While the shutter is open a fast ball draws a streak. People mark the end that it has reached;
a network, which cannot always tell which end that is, answers with something between the two.
The difference is the same part of every step, whatever the speed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from balltrack.structures import FloatArray, Track

COSINE = 0.5
"""Of the angle up to which two steps count as one flight: 60 degrees."""


def move_ahead(track: Track, lead: float) -> Track:
    """The track with every moving ball a part of a step further on.

    Args:
        track: rows not seen are NaN.
        lead: how far, in steps from one frame to the next.

    Returns:
        The same rows. Where the steps before and after a row disagree, at a hit or beside a
        gap, it stays as it is.
    """
    return replace(track, xy=track.xy + lead * travel(track))


def travel(track: Track) -> FloatArray:
    """(N, 2) the ball's step at each row: the shorter of those before and after it, pixels.

    0 where one of them is missing, lies across a cut, or points another way.
    """
    step = np.diff(track.xy, axis=0)
    joined = (np.diff(track.frame_index) == 1) & (np.diff(track.shot) == 0)
    step = np.where(joined[:, None] & np.isfinite(step), step, 0.0)
    none = np.zeros((1, 2))
    before, after = np.concatenate([none, step]), np.concatenate([step, none])
    length = np.hypot(*np.stack([before, after]).transpose(2, 0, 1))  # (2, N)
    shorter = np.where((length[0] <= length[1])[:, None], before, after)
    onward = (before * after).sum(axis=1) > COSINE * length.prod(axis=0)
    return np.asarray(np.where(onward[:, None], shorter, 0.0))
