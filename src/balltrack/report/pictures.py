"""Figures in the picture's pixels: the ball's way over its shot, and where it mostly is."""

from __future__ import annotations

import cv2
import numpy as np
from markupsafe import Markup

from balltrack.events.stretches import stretches
from balltrack.labels.events import HIT
from balltrack.report import svg
from balltrack.report.findings import Findings, clock
from balltrack.report.footage import ShotPicture
from balltrack.structures import FloatArray, Image, Source, Track
from balltrack.tracks import take_rows

COLOURS = 12
"""Steps from a shot's beginning to its end."""

HEAT_COLUMNS = 128
"""Cells across the picture."""

HEAT_SPREAD = 1.5
"""Standard deviation of the smoothing, in cells."""


def trajectory(findings: Findings, shot: ShotPicture) -> Markup:
    """The ball's way through a shot, from yellow to magenta, over the shot's background."""
    info = findings.footage.info
    unit = min(info.width, info.height) / 720
    track = rows_of(findings.track, shot)
    parts = [svg.image(shot.jpeg, info.width, info.height)]
    if len(track):
        pieces = _pieces(track)
        for css in ("shade", "way"):
            for points, share in pieces:
                colour = f"stroke:{_colour(share)}" if css == "way" else ""
                parts.append(svg.polyline(points + 0.5, css, colour))
    for event in findings.events:
        if shot.first_frame <= event.frame_index <= shot.last_frame and np.isfinite(event.x):
            draw = svg.triangle if event.kind == HIT else svg.circle
            time = clock(float(findings.footage.times_s[event.frame_index]))
            tip = f"{event.kind} at {time}, frame {event.frame_index}"
            place = (event.x + 0.5, event.y + 0.5)
            parts.append(draw(place, 9 * unit, f"mark {event.kind}", tip))
    return svg.figure(info.width, info.height, parts, "trajectory")


def heat_map(findings: Findings) -> Markup:
    """Where the ball was seen on all frames, over the shot with the most positions."""
    info, track = findings.footage.info, findings.track
    seen = track.visible & (track.source != Source.INPAINTED)
    shot = shots_by_positions(findings)[0]
    heat = _heat(track.xy[seen], (info.width, info.height))
    _, data = cv2.imencode(".png", heat)
    parts = [
        svg.image(shot.jpeg, info.width, info.height),
        svg.rectangle(0, 0, info.width, info.height, "dim"),
        svg.image(data.tobytes(), info.width, info.height, "png"),
    ]
    return svg.figure(info.width, info.height, parts, "heat map")


def thumbnail(findings: Findings, first_frame: int, last_frame: int) -> Markup:
    """A frame near the middle of a rally, one with a ball if there is one, and a ring round it."""
    info, track, thumbs = findings.footage.info, findings.track, findings.footage.thumbs
    known = set(track.frame_index[track.visible].tolist())
    middle = (first_frame + last_frame) / 2

    def worth(frame: int) -> tuple[bool, bool, float]:
        return first_frame <= frame <= last_frame, frame in known, -abs(frame - middle)

    frame = max(thumbs, key=worth)
    parts = [svg.image(thumbs[frame], info.width, info.height)]
    if frame in known:
        place = track.xy[int(np.searchsorted(track.frame_index, frame))] + 0.5
        parts.append(svg.circle(place, min(info.width, info.height) / 24, "ring"))
    return svg.figure(info.width, info.height, parts, "thumbnail")


def shots_by_positions(findings: Findings) -> list[ShotPicture]:
    """The shots in which the ball is seen most, first."""
    seen = findings.track.visible
    counts = np.bincount(findings.track.shot[seen], minlength=len(findings.footage.shots))
    order = np.argsort(-counts, kind="stable")
    return [findings.footage.shots[number] for number in order.tolist()]


def rows_of(track: Track, shot: ShotPicture) -> Track:
    """The rows of one shot."""
    first, stop = np.searchsorted(track.frame_index, [shot.first_frame, shot.last_frame + 1])
    return take_rows(track, slice(int(first), int(stop)))


def _pieces(track: Track) -> list[tuple[FloatArray, float]]:
    """(N, 2) positions one after another, cut into steps of colour, and how late each step is."""
    stretch = stretches(track)
    bins = (np.arange(len(track)) * COLOURS // max(len(track), 1)).clip(0, COLOURS - 1)
    pieces = []
    for number in np.unique(stretch[stretch >= 0]):
        rows = np.flatnonzero(stretch == number)
        for colour in np.unique(bins[rows]):
            mine = rows[bins[rows] == colour]
            first = max(int(mine[0]) - 1, int(rows[0]))  # joined to the step before
            pieces.append((track.xy[first : int(mine[-1]) + 1], float(colour / (COLOURS - 1))))
    return pieces


def _colour(share: float) -> str:
    """Yellow, orange, magenta: seen on green, blue, clay and grey alike."""
    return f"hsl({55 - 115 * share:.0f} 100% {60 + 4 * share:.0f}%)"


def _heat(xy: FloatArray, size: tuple[int, int]) -> Image:
    """(H, W, 4) uint8 BGRA: colour and cover go with the share of positions."""
    columns = HEAT_COLUMNS
    rows = max(1, round(columns * size[1] / size[0]))
    counts, _, _ = np.histogram2d(
        xy[:, 1], xy[:, 0], (rows, columns), ((-0.5, size[1] - 0.5), (-0.5, size[0] - 0.5))
    )
    smooth = cv2.GaussianBlur(counts, (0, 0), HEAT_SPREAD)
    share = np.sqrt(smooth / (smooth.max() or 1.0))  # the square root: rare places show too
    share = np.asarray(cv2.resize(share, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC))
    level = np.rint(share.clip(0, 1) * 255).astype(np.uint8)
    colour = cv2.applyColorMap(level, cv2.COLORMAP_INFERNO)
    cover = np.minimum(level.astype(np.int32) * 2, 230).astype(np.uint8)
    return np.dstack([colour, cover])
