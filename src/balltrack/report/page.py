"""The page itself: one HTML file, its pictures inside, that fetches nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from balltrack.clips.rallies import check_early, events_of, warn_of_end
from balltrack.court.plane import CourtPlane
from balltrack.labels import read_track
from balltrack.outputs import whole_text
from balltrack.pipeline.progress import OnProgress
from balltrack.report.charts import court_map, histogram, over_time
from balltrack.report.findings import Findings, clock, find_all, headline
from balltrack.report.footage import look
from balltrack.report.options import ReportOptions
from balltrack.report.pictures import heat_map, shots_by_positions, thumbnail, trajectory
from balltrack.structures import FloatArray, Track
from balltrack.video.probe import probe


def write_report(
    video: str | os.PathLike[str],
    labels: Path | Track,
    output: Path,
    options: ReportOptions = ReportOptions(),  # noqa: B008  # frozen
    *,
    events: Path | None = None,
    plane: CourtPlane | None = None,
    notes: Sequence[str] = (),
    progress: OnProgress | None = None,
) -> Findings:
    """Read a video once and write what is known of its ball; the file appears whole or not at all.

    Args:
        video: path of it.
        labels: the ball in it, one row a frame: a file, or what a `Tracker` found.
        output: of the HTML file; replaced if it exists.
        options: how much is drawn.
        events: hits and bounces; None finds them in the labels.
        plane: of the court, right for every shot that is played.
        notes: further facts for the page, "name: value".
        progress: called after every frame.

    Returns:
        What the page says.

    Raises:
        VideoError: the video cannot be read.
        LabelError: labels or events cannot be read, or are another video's.
        WeightsError: the events network cannot be loaded.
        OutputError: the page cannot be written.
    """
    info = probe(video, options)
    size = (info.width, info.height)
    track = labels if isinstance(labels, Track) else read_track(labels, size)
    origin = None if isinstance(labels, Track) else labels
    if origin is not None:
        check_early(origin, track.frame_index.tolist(), info)
    if events is not None:
        known = events_of(events, origin or Path(video))
        check_early(events, (event.frame_index for event in known), info)
    footage = look(video, options, progress)
    findings = find_all(footage, origin, track, events, plane, notes)
    if origin is not None:
        warn_of_end(origin, track, len(footage.times_s))
    text = render_page(findings, options.shots)
    with whole_text(output) as file:
        file.write(text)
    return findings


def render_page(findings: Findings, most_shots: int) -> str:
    """The page's text, with the ``most_shots`` shots that have the most positions."""
    environment = Environment(
        loader=PackageLoader("balltrack.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    times, shots = findings.footage.times_s, shots_by_positions(findings)
    seen = set(np.unique(findings.track.shot[findings.track.visible]).tolist())
    shown = [shot for shot in shots if shot.number in seen][:most_shots]
    shown.sort(key=lambda shot: shot.number)
    court = findings.plane.court if findings.plane is not None else None
    return environment.get_template("report.html").render(
        title=Path(findings.footage.info.path).name,
        figures=headline(findings),
        shots=[
            {
                "number": shot.number,
                "when": _when(times, shot.first_frame, shot.last_frame),
                "trajectory": trajectory(findings, shot),
                "over_time": over_time(findings, shot),
            }
            for shot in shown
        ],
        shot_count=len(shots),
        heat_map=heat_map(findings) if findings.track.visible.any() else "",
        speeds=histogram(findings.speed, "px/s"),
        ground_speeds=histogram(findings.ground_kmh, "km/h") if court else "",
        court=court,
        court_map=court_map(court, findings.bounces) if court else "",
        bounces=findings.bounces,
        rallies=[
            {
                "number": number,
                "thumbnail": thumbnail(findings, rally.first_frame, rally.last_frame),
                "start": clock(rally.start_s),
                "length": f"{rally.length_s:.1f} s",
                "strokes": rally.strokes,
                "bounces": rally.bounces,
            }
            for number, rally in enumerate(findings.rallies, start=1)
        ],
        facts=findings.facts,
    )


def _when(times: FloatArray, first: int, last: int) -> str:
    return f"{clock(float(times[first]))} to {clock(float(times[last]))}, frames {first} to {last}"
