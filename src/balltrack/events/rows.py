"""A trajectory as the events network sees it.

Rows come at 24 to 40 a second: of a faster video every second, third or fourth frame makes one
sequence and those between make others, so that the network sees the same motion whatever the
frame rate, and every frame still gets its own answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from balltrack.errors import LabelError
from balltrack.models.trajectory.eventnet_arrays import LIVE, WHOLE, Rows
from balltrack.structures import FloatArray, Source, Track

NOMINAL_FPS = 30.0
"""Rows a second that speeds are counted in."""

GAIN = 30.0
"""Of speeds before their logarithm: a thirtieth of the picture's height in a nominal frame is
where slow ends and fast begins."""

LONGEST_GAP = 30.0
"""Rows since the ball was seen and until it is, at most."""


@dataclass(frozen=True)
class Shot:
    """The frames of one camera shot without holes: ``xy`` (L, 2) NaN where unseen, ``times``
    (L,) seconds, ``first`` the number of the first frame."""

    first: int
    xy: FloatArray
    times: FloatArray

    @property
    def seen(self) -> npt.NDArray[np.bool_]:
        """(L,) whether the ball was."""
        return np.isfinite(self.xy[:, 0])

    def between(self, row: int) -> tuple[float, float]:
        """The position at a row, or on the line between the seen ones around it."""
        known = np.flatnonzero(self.seen)
        x, y = (float(np.interp(row, known, self.xy[known, axis])) for axis in (0, 1))
        return x, y


def shot_rows(track: Track) -> Iterator[slice]:
    """Where the rows of each camera shot lie."""
    edges = np.flatnonzero(np.diff(track.shot)) + 1
    bounds = [0, *edges.tolist(), len(track)]
    for first, stop in pairwise(bounds):
        yield slice(first, stop)


def dense_shot(track: Track, rows: slice) -> Shot:
    """Rows of frames that the file leaves out count as unseen, and so do filled ones."""
    frames = track.frame_index[rows]
    first, count = int(frames[0]), int(frames[-1] - frames[0]) + 1
    if count > 1000 * len(frames) + 1000:
        raise LabelError(f"the labels of frames {first} to {frames[-1]} are {len(frames)} rows")
    xy = np.full((count, 2), np.nan)
    seen = track.visible[rows] & (track.source[rows] != Source.INPAINTED)
    xy[frames[seen] - first] = track.xy[rows][seen]
    times = np.interp(np.arange(count), frames - first, track.time_s[rows])
    return Shot(first, xy, np.asarray(times))


def every(fps: float) -> int:
    """Of a video's frames, how many lie from one row of a sequence to the next."""
    return max(1, round(fps / NOMINAL_FPS))


MIRRORED = np.array([1, -1, 1, -1, 1, -1, 1, 1, 1], dtype=np.float32)
"""Times a row of `LiveRows`: the same seen in a mirror."""


class LiveRows:
    """The live network's input, row after row of one sequence: what is known without later ones."""

    def __init__(self) -> None:
        self._place, self._speed = (0.0, 0.0), (0.0, 0.0)
        self._time_s = math.nan  # when it was seen last
        self._sightings = 0
        self._since = LONGEST_GAP

    def next(self, x: float, y: float, time_s: float) -> list[float]:
        """The next row.

        Args:
            x, y: from the picture's centre, in heights of the picture; NaN where unseen.
            time_s: later than that of the row before.

        Returns:
            9 numbers: whether seen; x and y, of the last sighting where unseen; the logarithmic
            speed since the sighting before and its change there, x and y each, 0 where unseen or
            unknown; the logarithm of the rows since the ball was seen; 1.
        """
        speed = change = (0.0, 0.0)
        seen = not math.isnan(x)
        self._since = 0.0 if seen else min(self._since + 1, LONGEST_GAP)
        if seen:
            if self._sightings:
                rows = (time_s - self._time_s) * NOMINAL_FPS
                speed = ((x - self._place[0]) / rows, (y - self._place[1]) / rows)
            if self._sightings > 1:
                change = (speed[0] - self._speed[0], speed[1] - self._speed[1])
            self._place, self._speed, self._time_s = (x, y), speed, time_s
            self._sightings += 1
        logarithmic = [math.copysign(math.log1p(GAIN * abs(v)), v) for v in (*speed, *change)]
        return [float(seen), *self._place, *logarithmic, math.log1p(self._since), 1.0]


def live_rows(places: FloatArray, times: FloatArray) -> Rows:
    """(L, 9): the `LiveRows` of one sequence; arguments as those of `network_rows`."""
    rows = LiveRows()
    told = [rows.next(x, y, t) for (x, y), t in zip(places.tolist(), times.tolist(), strict=True)]
    return np.array(told, np.float32).reshape(-1, LIVE.features)


def network_rows(places: FloatArray, times: FloatArray) -> Rows:
    """The network's input for one sequence.

    Args:
        places: (L, 2) from the picture's centre, in heights of the picture; NaN where unseen.
        times: (L,) seconds, increasing.

    Returns:
        (L, 12): whether seen; x and y, on a straight line across gaps; the logarithmic speeds
        to here, from here, and their difference, x and y each; logarithms of the rows since the
        ball was seen last and until it is seen again; 1. All 0 where it is seen on fewer than
        two rows.
    """
    count = len(places)
    rows = np.zeros((count, WHOLE.features), dtype=np.float32)
    seen = np.isfinite(places[:, 0])
    known = np.flatnonzero(seen)
    if len(known) < 2:
        return rows
    filled = np.stack(
        [np.interp(times, times[known], places[known, axis]) for axis in (0, 1)], axis=1
    )
    steps = np.diff(filled, axis=0) / (np.diff(times)[:, None] * NOMINAL_FPS)
    still = np.zeros((1, 2))
    to_here, from_here = np.concatenate([still, steps]), np.concatenate([steps, still])
    index = np.arange(count)
    place = np.searchsorted(known, index, side="right")
    since = np.where(place > 0, index - known[np.maximum(place - 1, 0)], LONGEST_GAP)
    place = np.searchsorted(known, index, side="left")
    until = np.where(
        place < len(known), known[np.minimum(place, len(known) - 1)] - index, LONGEST_GAP
    )
    rows[:, 0] = seen
    rows[:, 1:3] = filled
    rows[:, 3:5] = _companded(to_here)
    rows[:, 5:7] = _companded(from_here)
    rows[:, 7:9] = _companded(from_here - to_here)
    rows[:, 9] = np.log1p(np.minimum(since, LONGEST_GAP))
    rows[:, 10] = np.log1p(np.minimum(until, LONGEST_GAP))
    rows[:, 11] = 1.0
    return rows


def _companded(speed: FloatArray) -> FloatArray:
    return np.asarray(np.sign(speed) * np.log1p(GAIN * np.abs(speed)))
