"""What the ball does on the court, in metres and km/h, and how far that can be believed.

Only a ball on the ground is where the plane says it is. Its place at a bounce is right to the
error of the positions in the picture (`Bounce.metres_a_pixel` tells what a pixel is worth there).
Everything else takes the ball to be on the ground although it flies, and so misplaces it away
from the camera, and takes a part of its rise and fall for a way along the ground.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from balltrack.court.meeting import Meeting, find_meeting
from balltrack.court.plane import CourtPlane
from balltrack.events.times import event_times
from balltrack.events.velocity import velocity
from balltrack.labels.events import BOUNCE
from balltrack.outputs import whole_text
from balltrack.structures import Event, FloatArray, Source, Track

KMH = 3.6
"""Kilometres an hour in a metre a second."""

AROUND = 0.5
"""Of the court's length: what seems to be further outside flies high, and is left out."""

COLUMNS = ("Frame", "Time", "X", "Y", "CourtX", "CourtY", "Inside", "MetresPerPixel", "SpeedKmh")


@dataclass(frozen=True)
class Bounce:
    """A bounce on the court.

    Attributes:
        frame_index: of the event, the nearest.
        time_s: of that frame.
        x, y: in the picture, source pixels; the frame may show the ball a little away from there.
        court_x, court_y: metres from the court's middle, to the right and away.
        inside: whether its place lies within the border; a ball on the line may seem outside.
        metres_a_pixel: what an error of a pixel does there at most.
        speed_kmh: along the ground, NaN where too little is seen; see `bounce_speed`.
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

    A bounce lies between two frames: it is where the flights before and after it meet (`meeting`),
    or else where the ball is seen on the frame of the event.

    Args:
        track: with times.
        events: hits and bounces, in order.
        plane: of the court, right for every shot of the track.
    """
    found = []
    for event, time_s in zip(events, event_times(track, events).tolist(), strict=True):
        if event.kind != BOUNCE:
            continue
        at = np.array([[event.x, event.y]])
        meeting = find_meeting(track, events, event, plane)
        if meeting is not None:
            at = plane.picture(meeting.place)
        place = plane.ground(at)[0]
        if not np.isfinite(place).all():
            continue
        found.append(
            Bounce(
                event.frame_index,
                time_s,
                float(at[0, 0]),
                float(at[0, 1]),
                float(place[0]),
                float(place[1]),
                plane.court.holds(place),
                float(plane.metres_a_pixel(at)[0]),
                float("nan") if meeting is None else bounce_speed(meeting),
            )
        )
    return found


def bounce_speed(meeting: Meeting) -> float:
    """Speed along the ground at a bounce in km/h.

    The mean of the velocities just before and just after. The ball's fall before adds d/H of the
    falling speed towards the camera (at height H, at distance d), its rise after it as much of the
    rising speed away from it. So half of what the bounce took off that speed, times d/H, is left
    as an error along the view; across the view there is none.
    """
    return float(np.hypot(*(meeting.before + meeting.after)) / 2 * KMH)


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
