"""How fast the ball moves in the picture, and where to: a robust local fit.

For every row a parabola through the rows around it, fitted by iteratively reweighted least
squares with Tukey's biweight (Beaton & Tukey 1974; Holland & Welsch 1977 for its constant), and
its slope at that row. A lone wrong position is left out before, because at the end of a window a
parabola would bend to it. It never looks across a gap, a cut, a hit or a bounce. These happen
between two frames: the frame that is nearest shows the ball before or after, and counts for
neither flight.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from balltrack.events.stretches import seen_anew, stretches
from balltrack.events.times import seconds_a_picture
from balltrack.structures import Event, FloatArray, Track

REACH = 3
"""Rows on either side that a fit looks at."""

ROUNDS = 5
"""Of reweighting: so many for the least sum of distances, which a wrong position does not draw
away, and from there as many with the biweight."""

BIWEIGHT = 4.685
"""Tukey's constant: 95 % efficiency for normal errors."""

LONE = 5.0
"""Times as far from its neighbours as they are from those beyond them is a lone wrong row."""

SMALLEST_NOISE = 0.3
"""Pixels that a position is off at the least: below that nothing is an outlier."""


@dataclass(frozen=True)
class Velocity:
    """How the ball moves at each row; NaN where it cannot be known.

    Attributes:
        speed: (N,) source pixels a second.
        direction: (N,) degrees in [0, 360) as seen in the picture: 0 to the right, 90 up, 180
            to the left, 270 down; NaN as well where the ball does not move.
    """

    speed: FloatArray
    direction: FloatArray


def velocity(track: Track, events: Iterable[Event] = ()) -> Velocity:
    """Speed and direction at every row of a track.

    At an event, and where its picture is shown again, the speed is that of the row before, with
    which the ball arrives.

    Args:
        track: with times (`timed`).
        events: hits and bounces: the flight before one says nothing of the flight after it.

    Returns:
        NaN for rows that were not seen (filled ones are among them), and for those with no
        neighbour in their stretch but the row of an event.
    """
    events = tuple(events)
    whole = stretches(track, events)
    new = seen_anew(track.xy, whole)
    picture = np.cumsum(new) - 1
    frames = np.isin(track.frame_index, [event.frame_index for event in events])
    at_event = np.isin(picture, picture[frames])
    stretch = np.where(at_event, -1, whole)
    step = seconds_a_picture(track.time_s, stretch, new)
    pictures = _slopes(track.time_s[new], track.xy[new], stretch[new], step)
    at_event, whole = at_event[new], whole[new]
    arrives = 1 + np.flatnonzero(at_event[1:] & (whole[1:] >= 0) & (whole[1:] == whole[:-1]))
    pictures[arrives] = pictures[arrives - 1]
    xy = pictures[picture]
    speed = np.hypot(xy[:, 0], xy[:, 1])
    direction = np.degrees(np.arctan2(-xy[:, 1], xy[:, 0])) % 360.0
    return Velocity(speed, np.where(speed > 0, direction, np.nan))


def _slopes(
    times: FloatArray, xy: FloatArray, stretch: npt.NDArray[np.int64], step: FloatArray
) -> FloatArray:
    """(N, 2) pixels a second in x and y.

    ``step`` as `seconds_a_picture` gives it, instead of ``times`` where it is known.
    """
    n = len(times)
    slopes = np.full((n, 2), np.nan)
    rows = np.arange(n)[:, None] + np.arange(-REACH, REACH + 1)  # (N, 2 REACH + 1)
    inside = (rows >= 0) & (rows < n)
    rows = rows.clip(0, max(n - 1, 0))
    near = inside & (stretch[rows] == stretch[:, None]) & (stretch[:, None] >= 0)
    near &= ~lone_rows(xy, stretch)[rows]
    since = times[rows] - times[:, None]
    even = np.isfinite(step)
    since[even] = (rows - np.arange(n)[:, None])[even] * step[even, None]
    count = near.sum(axis=1)
    pairs = np.flatnonzero(count == 2)[:, None]
    if len(pairs):
        both = np.argsort(~near[pairs[:, 0]], axis=1, kind="stable")[:, :2]
        way = np.diff(xy[rows[pairs, both]], axis=1)[:, 0]
        slopes[pairs[:, 0]] = way / np.diff(since[pairs, both], axis=1)
    fitted = np.flatnonzero(count >= 3)
    if len(fitted):
        away = np.where(near[fitted], since[fitted], 0.0)
        places = np.where(near[fitted][..., None], xy[rows[fitted]] - xy[fitted, None], 0.0)
        slopes[fitted] = fit_parabolas(away, places, near[fitted])[:, 1]
    return slopes


def lone_rows(xy: FloatArray, stretch: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """(N,) rows far from the middle of their neighbours, which agree with those beyond them.

    Of a parabola the first distance is a third of the second, at a corner both are the same.
    """
    lone = np.zeros(len(xy), dtype=bool)
    if len(xy) >= 5:
        beside, beyond = (xy[1:-3] + xy[3:-1]) / 2, (xy[:-4] + xy[4:]) / 2
        off = np.linalg.norm(xy[2:-2] - beside, axis=1)
        apart = np.linalg.norm(beside - beyond, axis=1)
        together = (stretch[2:-2] >= 0) & (stretch[:-4] == stretch[4:])
        lone[2:-2] = together & (off > LONE * np.maximum(apart, 1.0))
    return lone


def fit_parabolas(away: FloatArray, places: FloatArray, near: npt.NDArray[np.bool_]) -> FloatArray:
    """Robust parabolas: (M, 3, 2) place and slope at 0, and half of how the slope changes.

    Args:
        away: (M, W) seconds.
        places: (M, W, 2) source pixels.
        near: (M, W) what counts, at least three of each.
    """
    unit = np.abs(away).max(axis=1, keepdims=True)
    t = away / unit
    basis = np.stack([np.ones_like(t), t, t * t], axis=-1)  # (M, W, 3)
    weight = near.astype(np.float64)
    for round_ in range(2 * ROUNDS):
        weighted = basis * weight[..., None]
        normal = weighted.transpose(0, 2, 1) @ basis + 1e-9 * np.eye(3)
        found = np.linalg.solve(normal, weighted.transpose(0, 2, 1) @ places)  # (M, 3, 2)
        off = np.linalg.norm(basis @ found - places, axis=-1)  # (M, W)
        if round_ < ROUNDS:
            weight = near / np.maximum(off, SMALLEST_NOISE)
            continue
        typical = np.nanmedian(np.where(near, off, np.nan), axis=1, keepdims=True)
        scale = BIWEIGHT * np.maximum(1.4826 * typical, SMALLEST_NOISE)
        weight = near * np.square(1 - np.square(np.minimum(off / scale, 1.0)))
    return np.asarray(found / unit[:, :, None] ** np.arange(3)[:, None])
