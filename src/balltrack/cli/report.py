"""``balltrack report``: a video and its labels → a page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from balltrack.cli import asked, event_options, options
from balltrack.cli.court_options import Point
from balltrack.errors import counted
from balltrack.report.options import ReportOptions


@click.command()
@click.argument("video", type=options.PATH)
@click.argument("labels", required=False, type=options.PATH)
@click.option(
    "--output",
    "-o",
    cls=options.SharedOption,
    type=options.PATH,
    metavar="FILE",
    show_default="the video's name with _report.html, in the current folder",
    help="An HTML file.",
)
@click.option(
    "--events",
    type=options.PATH,
    metavar="FILE",
    help="Hits and bounces.  [default: found in the labels]",
)
@click.option(
    "--court",
    metavar="NAME",
    help="tennis, badminton, padel, table-tennis or volleyball: measure on it; needs --corners, or "
    "those that review kept beside LABELS.",
)
@click.option(
    "--corners",
    nargs=4,
    type=Point(),
    metavar="X,Y X,Y X,Y X,Y",
    help="Of the court's outer lines in the picture, in pixels: near-left, near-right, far-right, "
    "far-left.",
)
@click.option(
    "--bounces",
    type=options.PATH,
    metavar="FILE",
    help="Write the bounces on the court too, in metres: a .csv.",
)
@click.option(
    "--note",
    "notes",
    multiple=True,
    metavar="NAME:VALUE",
    help='A fact for the page, such as "weights: tracknet-v3".',
)
@options.of(ReportOptions, without={"video_stream"})
@event_options.detector
@event_options.tracking
@options.overwrite
@options.quiet
@options.verbose
def report(
    video: Path,
    labels: Path | None,
    output: Path | None,
    events: Path | None,
    court: str | None,
    corners: tuple[tuple[float, float], ...] | None,
    bounces: Path | None,
    notes: tuple[str, ...],
    detector: str,
    overwrite: bool,
    quiet: bool,
    verbose: bool,
    **settings: Any,
) -> None:
    """Show what is known of the ball in VIDEO on one HTML page that needs nothing else.

    The ball's way over every shot, positions over time with hits, bounces and gaps, where it is
    mostly, rallies, speeds, and with --court and --corners where it bounced. Without LABELS the
    video is tracked first.
    """
    tracking = event_options.take_tracking(detector, settings)
    chosen = ReportOptions(**settings, video_stream=tracking.video_stream)
    tracking = replace(tracking, fps=chosen.fps, reader=chosen.reader)
    if labels is not None:
        event_options.refuse_tracking(of_video=True)
    asked.refuse_reader([video])
    if court is None and corners is not None:
        raise click.UsageError("--corners go with --court: give both, or neither")
    if bounces is not None and court is None:
        raise click.UsageError("--bounces are measured on a court: give --court and --corners")
    place = output or Path(f"{video.stem}_report.html")

    from balltrack.cli.console import listen, progress, say  # noqa: PLC0415  # after --help
    from balltrack.cli.outputs import check_suffix, claim_outputs  # noqa: PLC0415
    from balltrack.court.courts import find_court  # noqa: PLC0415
    from balltrack.court.measures import write_bounces  # noqa: PLC0415
    from balltrack.court.plane import check_near, see_court  # noqa: PLC0415
    from balltrack.report.page import write_report  # noqa: PLC0415
    from balltrack.video.probe import probe  # noqa: PLC0415

    plane = None
    if court is not None:
        corners = corners or _kept_corners(labels)
        plane = see_court(find_court(court), corners)
    info = probe(video, chosen)
    if corners is not None:
        check_near(corners, (info.width, info.height))
    inputs = [path for path in (video, labels, events) if path is not None]
    outputs = [path for path in (place, bounces) if path is not None]
    claim_outputs(outputs, overwrite=overwrite, inputs=inputs)
    check_suffix(place, "the page is an .html", ".html", ".htm")
    if bounces is not None:
        check_suffix(bounces, "bounces are a .csv", ".csv")
    listen(quiet=quiet, verbose=verbose)
    ball = labels or event_options.track_first(video, tracking, events, quiet=quiet)
    notes = notes if labels else (f"Detector: {tracking.weights}", *notes)
    with progress("looking", quiet=quiet) as step:
        found = write_report(
            video, ball, place, chosen, events=events, plane=plane, notes=notes, progress=step
        )
    if bounces is not None:
        write_bounces(found.bounces, bounces)
    if not quiet:
        rallies = "1 rally" if len(found.rallies) == 1 else f"{len(found.rallies)} rallies"
        kinds = ", ".join(counted(found.count(kind), kind) for kind in ("hit", "bounce"))
        say(f"{video}: {rallies}, {kinds} → {place}")


def _kept_corners(labels: Path | None) -> tuple[tuple[float, float], ...]:
    """What a person clicked in the review of these labels.

    Raises:
        click.UsageError: there is nothing.
        LabelError: it cannot be read.
    """
    from balltrack.court.corners import corners_beside, read_corners  # noqa: PLC0415  # loads OpenCV

    place = corners_beside(labels) if labels else None
    if place is None or not place.is_file():
        raise click.UsageError(
            "--court needs the court's corners: give --corners, or labels beside which "
            "`balltrack review` kept them (key c)"
        )
    return read_corners(place)
