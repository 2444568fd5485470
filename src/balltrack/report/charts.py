"""Figures with axes: positions against time, speeds, bounces on the court."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from balltrack.court.courts import Court
from balltrack.court.measures import Bounce
from balltrack.errors import counted
from balltrack.events.stretches import stretches
from balltrack.labels.events import HIT
from balltrack.report import svg
from balltrack.report.findings import Findings, clock
from balltrack.report.footage import ShotPicture
from balltrack.report.pictures import rows_of
from balltrack.structures import FloatArray

WIDTH, PANEL, GAP, LEFT, RIGHT, TOP, BOTTOM = 960.0, 150.0, 16.0, 64.0, 8.0, 22.0, 26.0
BARS = 30
METRE = 26.0
"""Pixels of the bounce map a metre, for a court 20 m long."""

MARK = 6.0
"""Radius of a bounce on it; what lies beyond the map stands whole at its edge."""

FASTEST = 0.995
"""Quantile of the speeds that a histogram ends with: a few wrong ones would stretch it."""


def over_time(findings: Findings, shot: ShotPicture) -> Markup:
    """x and y of a shot against time; gaps grey, hits and bounces as marks and lines."""
    info, times = findings.footage.info, findings.footage.times_s
    track = rows_of(findings.track, shot)
    along = svg.Scale(
        float(times[shot.first_frame]), float(times[shot.last_frame]), LEFT, WIDTH - RIGHT
    )
    bottom = TOP + 2 * PANEL + GAP
    parts = _gaps(findings, shot, along, bottom)
    for tick in along.ticks(10):
        parts.append(svg.line((along(tick), TOP), (along(tick), bottom), "grid"))
        parts.append(svg.text((along(tick), bottom + 17), f"{tick:g} s", "tick middle"))
    for axis, (name, most) in enumerate((("x", info.width), ("y", info.height))):
        top = TOP + axis * (PANEL + GAP)
        up = (top, top + PANEL) if axis else (top + PANEL, top)  # y goes down, as in the picture
        scale = svg.Scale(0, most, *up)
        parts.append(svg.rectangle(LEFT, top, WIDTH - LEFT - RIGHT, PANEL, "frame"))
        parts.append(svg.text((6, top + PANEL / 2), name, "axis"))
        for tick in scale.ticks(3):
            parts.append(svg.line((LEFT, scale(tick)), (WIDTH - RIGHT, scale(tick)), "grid"))
            parts.append(svg.text((LEFT - 6, scale(tick) + 4), f"{tick:g}", "tick end"))
        stretch = stretches(track)
        for number in np.unique(stretch[stretch >= 0]):
            rows = np.flatnonzero(stretch == number)
            places = [(along(track.time_s[r]), scale(track.xy[r, axis])) for r in rows.tolist()]
            if len(places) == 1:
                parts.append(svg.circle(places[0], 1.5, f"dot {name}"))
            parts.append(svg.polyline(np.array(places), f"curve {name}"))
    for event in findings.events:
        if shot.first_frame <= event.frame_index <= shot.last_frame:
            at = along(float(times[event.frame_index]))
            tip = f"{event.kind}, frame {event.frame_index}, score {event.score:.2f}"
            draw = svg.triangle if event.kind == HIT else svg.circle
            parts.append(svg.line((at, TOP), (at, bottom), f"when {event.kind}"))
            parts.append(draw((at, TOP - 9), 5, f"mark {event.kind}", tip))
    return svg.figure(WIDTH, bottom + BOTTOM, parts, "positions over time")


def _gaps(findings: Findings, shot: ShotPicture, along: svg.Scale, bottom: float) -> list[str]:
    """Grey where frames have no position."""
    times, track = findings.footage.times_s, findings.track
    frames = np.arange(shot.first_frame, shot.last_frame + 1)
    known = np.isin(frames, track.frame_index[track.visible])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], ~known, [False]])))
    parts = []
    for start, stop in edges.reshape(-1, 2).tolist():
        first, last = frames[start], frames[min(stop, len(frames) - 1)]
        left, right = along(float(times[first])), along(float(times[last]))
        tip = f"no position on {counted(stop - start, 'frame')} from {first} on"
        parts.append(svg.rectangle(left, TOP, max(right - left, 1), bottom - TOP, "gap", tip))
    return parts


def histogram(values: FloatArray, unit: str) -> Markup:
    """How often which speed; NaN is left out, and the fastest few stand at the end."""
    known = values[np.isfinite(values)]
    width, height, base = 460.0, 190.0, 160.0
    if not len(known):
        words = svg.text((width / 2, height / 2), "no speed is known", "tick middle")
        return svg.figure(width, height, [words], f"speeds, {unit}")
    top = float(np.quantile(known, FASTEST)) or 1.0
    counts, edges = np.histogram(known.clip(max=top), BARS, (0.0, top))
    along = svg.Scale(0.0, top, 8.0, width - 8)
    up = svg.Scale(0.0, float(counts.max()), base, 20.0)
    parts = [svg.line((8, base), (width - 8, base), "frame")]
    for count, left, right in zip(counts.tolist(), edges[:-1], edges[1:], strict=True):
        tip = f"{left:.0f} to {right:.0f} {unit}: {counted(count, 'frame')}"
        tall = base - up(count)
        wide = along(right) - along(left) - 1
        parts.append(svg.rectangle(along(left), base - tall, wide, tall, "bar", tip))
    for tick in along.ticks(5):
        parts.append(svg.text((along(tick), base + 16), f"{tick:g}", "tick middle"))
    middle = float(np.median(known))
    parts.append(svg.line((along(middle), 14), (along(middle), base), "median"))
    side = "end" if along(middle) > width / 2 else "start"
    parts.append(
        svg.text(
            (along(middle) + (-5 if side == "end" else 5), 18),
            f"median {middle:.0f} {unit}",
            f"tick {side}",
        )
    )
    return svg.figure(width, height, parts, f"speeds, {unit}")


def court_map(court: Court, bounces: tuple[Bounce, ...]) -> Markup:
    """The court from above, near side below, with a mark where each bounce was."""
    metre = METRE * 20 / court.length
    margin = 0.18 * court.length
    width, height = court.width + 2 * margin, court.length + 2 * margin
    right, far = width / 2 - 1.5 * MARK / metre, height / 2 - 1.5 * MARK / metre

    def at(place: tuple[float, float] | npt.NDArray[np.float64]) -> tuple[float, float]:
        x, y = np.clip(place[0], -right, right), np.clip(place[1], -far, far)
        return float(x + width / 2) * metre, float(height / 2 - y) * metre

    left, top = at((-court.width / 2, court.length / 2))
    border = svg.rectangle(left, top, court.width * metre, court.length * metre, "court")
    parts = [border, *(svg.line(at(a), at(b), "court") for a, b in court.lines)]
    net = ((-court.width / 2 - 0.3, 0.0), (court.width / 2 + 0.3, 0.0))
    parts.append(svg.line(at(net[0]), at(net[1]), "net"))
    for each in bounces:
        tip = f"{clock(each.time_s)}, frame {each.frame_index}: "
        tip += f"{each.court_x:.2f} m right, {each.court_y:.2f} m away of the middle"
        tip += f", {each.speed_kmh:.0f} km/h" if np.isfinite(each.speed_kmh) else ""
        css = "bounced in" if each.inside else "bounced out"
        parts.append(svg.circle(at((each.court_x, each.court_y)), MARK, css, tip))
    return svg.figure(width * metre, height * metre, parts, "bounce map")
