"""Where and how fast a ball comes and goes at a bounce, which happens between two frames.

The nearest frame is up to half a frame away, in which a ball flies half a metre. So its row counts
for neither flight: the places that the ball is seen against before and after it each have a robust
parabola, and the bounce is where these come nearest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from balltrack.court.plane import CourtPlane
from balltrack.events.stretches import seen_anew, stretches
from balltrack.events.times import seconds_a_picture
from balltrack.events.velocity import fit_parabolas, lone_rows
from balltrack.structures import Event, FloatArray, Track
from balltrack.tracks import take_rows

REACH_S = 0.2
"""Before and after a bounce, the flights that meet there."""

LEAST_ROWS = 3
"""Of either flight."""

LOOKED_S = 1.0
"""Before and after a bounce, the rows that say how long a picture lasts."""

AROUND = 1.5
"""Pictures from that of the event within which they meet."""

SAME_PX = 1.0
"""Source pixels within which an event is where its row has the ball; its file may be rounded."""

INSTANTS = 301
"""At which their distance is looked at."""


@dataclass(frozen=True)
class Meeting:
    """Of the flights before and after an event.

    Attributes:
        place: (2,) metres on the court.
        before, after: (2,) metres a second with which the place that the ball is seen against
            comes and goes.
    """

    place: FloatArray
    before: FloatArray
    after: FloatArray


def find_meeting(
    track: Track, events: Iterable[Event], event: Event, plane: CourtPlane
) -> Meeting | None:
    """Where the flights before and after an event meet.

    Args:
        track: with times.
        events: all hits and bounces; no flight leads beyond one.
        event: one of them.
        plane: of the court.

    Returns:
        None where the ball was not seen for long enough on either side, the flights pass each other
        by more than it flies in one picture, or the event is said to be elsewhere than its row.
    """
    row = int(np.searchsorted(track.frame_index, event.frame_index))
    if row == len(track) or track.frame_index[row] != event.frame_index:
        return None
    elsewhere = np.hypot(*(track.xy[row] - (event.x, event.y))) > SAME_PX
    others = [one for one in events if one.frame_index != event.frame_index]
    seen = None if elsewhere else _pictures_around(track, row, others)
    if seen is None:
        return None
    since, xy, step = seen
    places = plane.ground(xy)
    known = (np.abs(since) <= REACH_S) & np.isfinite(places).all(axis=1)
    known &= ~lone_rows(xy, np.zeros(len(xy), np.int64))
    flights = np.stack([known & (since < 0), known & (since > 0)])
    if flights.sum(axis=1).min() < LEAST_ROWS:
        return None
    a_pixel = float(plane.metres_a_pixel(track.xy[row : row + 1])[0])
    met = _nearest(since, np.where(known[:, None], places, 0.0) / a_pixel, flights, step)
    return met and Meeting(*(a_pixel * value for value in met))


def _pictures_around(
    track: Track, row: int, others: Iterable[Event]
) -> tuple[FloatArray, FloatArray, float] | None:
    """The pictures of the stretch that a row lies in, as far as they matter to it.

    Returns:
        (P,) seconds from the row's picture to each, (P, 2) source pixels, and seconds from one to
        the next; None where the ball was not seen on the row, or on no other.
    """
    reach = track.time_s[row] + np.array([-LOOKED_S, LOOKED_S])
    first, stop = np.searchsorted(track.time_s, reach).tolist()
    near = take_rows(track, slice(first, stop))
    stretch = stretches(near, others)
    new = seen_anew(near.xy, stretch)
    at = int(np.cumsum(new)[row - first]) - 1
    own = (stretch[new] == stretch[row - first]) & (stretch[row - first] >= 0)
    if own.sum() < 2:
        return None
    times = near.time_s[new]
    since, step = times - times[at], float(np.median(np.diff(times[own])))
    if np.isfinite(even := seconds_a_picture(near.time_s, stretch, new)[at]):
        since, step = (np.arange(len(times)) - at) * even, float(even)
    return since[own], near.xy[new][own], step


def _nearest(
    since: FloatArray, places: FloatArray, flights: npt.NDArray[np.bool_], step: float
) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    """Place and velocities where two flights meet, in the units of ``places``.

    Args:
        since: (W,) seconds from the event's picture to each.
        places: (W, 2) about a pixel to one, as the fit expects of noise.
        flights: (2, W) what is of the one before and of the one after.
        step: seconds from a picture to the next.
    """
    fitted = fit_parabolas(np.tile(since, (2, 1)), np.tile(places, (2, 1, 1)), flights)  # (2, 3, 2)
    instants = np.linspace(-AROUND, AROUND, INSTANTS) * step
    before, after = instants[:, None] ** np.arange(3) @ fitted
    apart = np.linalg.norm(before - after, axis=1)
    best = int(apart.argmin())
    come, gone = fitted[:, 1] + 2 * instants[best] * fitted[:, 2]
    if apart[best] > np.hypot(*come) * step:
        return None
    return (before[best] + after[best]) / 2, come, gone
