"""Where in its streak a ball is.

While the shutter is open a fast ball draws a streak. Some data sets mark the end that it has
reached, others the middle; a network, which cannot always tell which end is which, answers with
something between the two. The difference is the same part of every step, whatever the speed.

A streak that was measured says it for the frame. Which of its ends leads only the track knows,
and the track tells a ball's streak from a racket's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from balltrack.options import Point
from balltrack.streaks import Streak
from balltrack.structures import FloatArray, Track

COSINE = 0.5
"""Of the angle up to which two steps count as one flight: 60 degrees."""

ALONG = 0.87
"""Of the angle between a streak and the way of the ball, at least: 30 degrees."""

OPEN = 1.25
"""A streak is at most so many steps long, and half its own width: a shutter is open for a frame."""

STILL = 0.3
"""Of the longer step beside a row, which the shorter one is at most where a frame is repeated."""


def settle(track: Track, streaks: Sequence[Streak | None], point: Point, lead: float) -> Track:
    """The track with its balls at a point of their streaks.

    Args:
        track: rows not seen are NaN, and its ``blur`` is that of ``streaks``.
        streaks: of each row what was measured where its ball was seen.
        point: "auto" moves every ball ahead by ``lead``; "centre" and "leading" take the middle or
            the end of the streak where there is one; elsewhere "leading" is as "auto" and "centre"
            leaves the ball where it is.
        lead: see `move_ahead`.

    Returns:
        The same rows, without the streaks that cannot be the ball's: those that run across its
        way, are longer than a step, or lie elsewhere.
    """
    longest, way = _way(track)
    speed = np.hypot(*way.T)
    numbers = [(np.nan,) * 4 if s is None else (s.x, s.y, s.length, s.width) for s in streaks]
    x, y, length, width = np.array(numbers, dtype=np.float64).reshape(-1, 4).T
    axis = np.array([(np.nan,) * 2 if s is None else s.axis for s in streaks]).reshape(-1, 2)
    middle, exposed = np.column_stack([x, y]), np.maximum(length - width, 0.0)
    onward = (axis * way).sum(axis=1)  # NaN where it is round
    believed = np.hypot(*(track.xy - middle).T) <= length / 2 + width
    believed &= (longest == 0) | (exposed <= OPEN * longest + width / 2)
    believed &= ~((speed > width) & (np.abs(onward) < ALONG * speed))
    xy = track.xy + (0.0 if point == "centre" else lead) * travel(track)
    if point == "centre":
        xy = np.where(believed[:, None], middle, xy)
    elif point == "leading":
        axis = np.where(np.isnan(axis), way, axis)
        there = middle + _ahead(axis, way) * exposed[:, None] / 2
        xy = np.where((believed & (speed > 0))[:, None], there, xy)
    return replace(track, xy=xy, blur=np.where(believed[:, None], track.blur, np.nan))


def _ahead(axis: FloatArray, way: FloatArray) -> FloatArray:
    """(N, 2) of length 1 along each axis, to the side that the way goes to."""
    sign = np.sign((axis * way).sum(axis=1, keepdims=True))
    return np.asarray(sign * axis / np.maximum(np.hypot(*axis.T)[:, None], 1e-9))


def _way(track: Track) -> tuple[FloatArray, FloatArray]:
    """Of each row the length of its longer step, (N,), and that step, (N, 2) pixels.

    The step is 0 where the shorter one is no repeated frame's and points another way.
    """
    before, after = _steps(track)
    lengths = np.hypot(*np.stack([before, after]).transpose(2, 0, 1))  # (2, N)
    longest = lengths.max(axis=0)
    longer = np.where((lengths[0] > lengths[1])[:, None], before, after)
    turned = (before * after).sum(axis=1) <= COSINE * lengths.prod(axis=0)
    return longest, np.where((turned & (lengths.min(axis=0) > STILL * longest))[:, None], 0, longer)


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
    before, after = _steps(track)
    length = np.hypot(*np.stack([before, after]).transpose(2, 0, 1))  # (2, N)
    shorter = np.where((length[0] <= length[1])[:, None], before, after)
    onward = (before * after).sum(axis=1) > COSINE * length.prod(axis=0)
    return np.asarray(np.where(onward[:, None], shorter, 0.0))


def _steps(track: Track) -> tuple[FloatArray, FloatArray]:
    """(N, 2) each the steps before and after every row; 0 where missing or across a cut."""
    step = np.diff(track.xy, axis=0)
    joined = (np.diff(track.frame_index) == 1) & (np.diff(track.shot) == 0)
    step = np.where(joined[:, None] & np.isfinite(step), step, 0.0)
    none = np.zeros((1, 2))
    return np.concatenate([none, step]), np.concatenate([step, none])
