"""What the ball does on the court, in metres and km/h, and how far that can be believed.

Only a ball on the ground is where the plane says it is. Its place at a bounce is right to the
error of the position in the picture (`Bounce.metres_a_pixel` tells what a pixel is worth there).
Everything else takes the ball to be on the ground although it flies, and so misplaces it away
from the camera, and takes a part of its rise and fall for a way along the ground.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from balltrack.court.plane import CourtPlane
from balltrack.events.stretches import stretches
from balltrack.events.velocity import velocity
from balltrack.labels.events import BOUNCE
from balltrack.outputs import whole_text
from balltrack.structures import Event, FloatArray, Source, Track

KMH = 3.6
"""Kilometres an hour in a metre a second."""

REACH_S = 0.2
"""Before and after a bounce, the flight that its speed is measured on."""

LEAST_ROWS = 3
"""On either side of a bounce, itself left out, for a speed."""

AROUND = 0.5
"""Of the court's length: what seems to be further outside flies high, and is left out."""

COLUMNS = ("Frame", "Time", "X", "Y", "CourtX", "CourtY", "Inside", "MetresPerPixel", "SpeedKmh")


@dataclass(frozen=True)
class Bounce:
    """A bounce on the court.

    Attributes:
        frame_index: of the event.
        time_s: in the video; NaN where its frame has no row.
        x, y: in the picture, source pixels.
        court_x, court_y: metres from the court's middle, to the right and away.
        inside: whether its place lies within the border; a ball on the line may seem outside.
        metres_a_pixel: what an error of a pixel does there at most.
        speed_kmh: along the ground, NaN where too little is seen. See `bounce_speed`.
    """

    frame_index: int
    time_s: float
    x: float
    y: float
    court_x: float
    court_y: float
    inside: bool
    metres_a_pixel: float
    speed_kmh: float


def find_bounces(track: Track, events: Sequence[Event], plane: CourtPlane) -> list[Bounce]:
    """The bounces whose place is known.

    Args:
        track: with times.
        events: hits and bounces, in order.
        plane: of the court, right for every shot of the track.
    """
    found = []
    for event in events:
        at = np.array([[event.x, event.y]])
        place = plane.ground(at)[0]
        if event.kind != BOUNCE or not np.isfinite(place).all():
            continue
        row = np.flatnonzero(track.frame_index == event.frame_index)
        found.append(
            Bounce(
                event.frame_index,
                float(track.time_s[row[0]]) if len(row) else float("nan"),
                event.x,
                event.y,
                float(place[0]),
                float(place[1]),
                plane.court.holds(place),
                float(plane.metres_a_pixel(at)[0]),
                bounce_speed(track, events, event, plane),
            )
        )
    return found


def bounce_speed(track: Track, events: Iterable[Event], event: Event, plane: CourtPlane) -> float:
    """Speed along the ground at a bounce in km/h, NaN where it cannot be known.

    The mean of the velocities just before and just after: of two parabolas through the places
    that the ball is seen against, which meet at the bounce. Its fall before adds d/H of the
    falling speed towards the camera (at height H, at distance d), its rise after it as much of
    the rising speed away from it. So half of what the bounce took off that speed, times d/H, is
    left as an error along the view; across the view there is none.
    """
    rows = np.flatnonzero(track.frame_index == event.frame_index)
    if not len(rows):
        return float("nan")
    others = [each for each in events if each.frame_index != event.frame_index]
    stretch = stretches(track, others)
    row = int(rows[0])
    since = track.time_s - track.time_s[row]
    near = (stretch == stretch[row]) & (stretch >= 0) & (np.abs(since) <= REACH_S)
    if min((near & (since < 0)).sum(), (near & (since > 0)).sum()) < LEAST_ROWS:
        return float("nan")
    seconds, places = since[near], plane.ground(track.xy[near])
    if not np.isfinite(places).all():
        return float("nan")
    before, after = np.minimum(seconds, 0), np.maximum(seconds, 0)
    columns = [np.ones_like(seconds), before, after, before**2, after**2]
    fitted = np.linalg.lstsq(np.column_stack(columns), places, rcond=None)[0]
    return float(np.hypot(*fitted[1:3].mean(axis=0)) * KMH)


def ground_speed(track: Track, events: Iterable[Event], plane: CourtPlane) -> FloatArray:
    """(N,) speed in km/h of the place on the ground that the ball is seen against.

    Right for a ball that rolls, and near the ground. Of one that flies it shows what the
    camera's height makes of it: a flight across the view is too slow or fast by h / (H - h), and
    along the view its rise and fall come in. NaN where the ball is not seen, seen against
    nothing of the court and its surroundings, or alone.
    """
    places = plane.ground(track.xy)
    limits = np.array([plane.court.width, plane.court.length]) / 2 + AROUND * plane.court.length
    with np.errstate(invalid="ignore"):
        known = (np.abs(places) <= limits).all(axis=1) & track.visible
    source: npt.NDArray[np.int8] = np.where(known, track.source, Source.NONE).astype(np.int8)
    centimetres = np.where(known[:, None], places * 100, np.nan)
    score = np.where(known, track.score, 0).astype(np.float32)
    flat = replace(track, xy=centimetres, source=source, score=score)
    return np.asarray(velocity(flat, events).speed / 100 * KMH)


def write_bounces(bounces: Iterable[Bounce], path: Path) -> None:
    """Write one row a bounce, whole or not at all; what is unknown stays empty.

    Raises:
        OutputError: it cannot be written.
    """
    with whole_text(path) as file:
        file.write(",".join(COLUMNS) + "\n")
        for each in bounces:
            numbers = (
                _text(each.time_s, 3),
                _text(each.x, 2),
                _text(each.y, 2),
                _text(each.court_x, 3),
                _text(each.court_y, 3),
                str(int(each.inside)),
                _text(each.metres_a_pixel, 4),
                _text(each.speed_kmh, 1),
            )
            file.write(",".join((str(each.frame_index), *numbers)) + "\n")


def _text(value: float, digits: int) -> str:
    return "" if np.isnan(value) else f"{value:.{digits}f}"
