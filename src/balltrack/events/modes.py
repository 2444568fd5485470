"""What the ball does on each frame: flies, is hit, bounces, lies still, is not seen."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from balltrack.labels.events import BOUNCE, HIT
from balltrack.structures import Event, Mode, Track

STILL_S = 0.4
"""Seconds for which a ball must not have moved to lie still; a lob's turning point is shorter."""

STILL_REACH = 0.008
"""Share of the picture's height within which a ball that lies still is seen: 6 px of 720."""


def modes(track: Track, events: Iterable[Event], height: int) -> npt.NDArray[np.int8]:
    """(N,) of `Mode`, one a row.

    Args:
        track: with times (`events.timed`).
        events: hits and bounces; other kinds change nothing. Their frames have their mode even
            where the ball was not seen.
        height: of the picture, pixels.
    """
    found = np.where(track.visible, Mode.FLYING, Mode.NONE).astype(np.int8)
    found[_still(track, STILL_REACH * height)] = Mode.STILL
    for kind, mode in ((HIT, Mode.HIT), (BOUNCE, Mode.BOUNCE)):
        frames = [event.frame_index for event in events if event.kind == kind]
        found[np.isin(track.frame_index, frames)] = mode
    return found


def _still(track: Track, reach: float) -> npt.NDArray[np.bool_]:
    """(N,) rows of runs that last `STILL_S` or longer and stay within ``reach`` pixels."""
    still = np.zeros(len(track), dtype=bool)
    rows = np.flatnonzero(track.visible)
    first = 0
    for last, row in enumerate(rows.tolist()):
        here = rows[first : last + 1]
        apart = track.shot[here] != track.shot[row]
        apart |= np.abs(track.xy[here] - track.xy[row]).max(axis=1) > reach
        if apart.any():
            first += int(np.flatnonzero(apart)[-1]) + 1
        elif track.time_s[row] - track.time_s[rows[first]] >= STILL_S:
            still[rows[first : last + 1]] = True
    return still
