"""``balltrack suggest``: videos → the frames that are most worth labelling."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from balltrack.archive.labelling import STDOUT
from balltrack.cli import asked, event_options, options
from balltrack.errors import OutputError, counted
from balltrack.options import TrackOptions


@click.command()
@click.argument("videos", nargs=-1, required=True, type=options.PATH)
@click.option(
    "--output",
    "-o",
    cls=options.SharedOption,
    type=options.PATH,
    default=STDOUT,
    metavar="FILE",
    show_default="stdout",
    help="A .csv with columns Video,Frame,Time,Doubt,Why, for `balltrack review --frames`.",
)
@click.option(
    "--count",
    type=click.IntRange(1),
    default=50,
    show_default=True,
    metavar="FRAMES",
    help="At most so many, of all videos together.",
)
@event_options.detector
@options.of(TrackOptions, only={"device", "threads", "video_stream"})
@options.overwrite
@options.quiet
@options.verbose
def suggest(
    videos: tuple[Path, ...],
    output: Path,
    count: int,
    detector: str,
    overwrite: bool,
    quiet: bool,
    verbose: bool,
    **tracking: Any,
) -> None:
    """Pick the frames of VIDEOS that are most worth labelling: doubtful, and not all alike.

    After them come some where no ball was found for long. What was corrected already is left out.
    Labels beside a video are taken, X.csv of X.mp4; else it is tracked. docs/review.md has the
    whole way.
    """
    from balltrack.cli.console import listen, say  # noqa: PLC0415  # after --help
    from balltrack.cli.outputs import check_suffix, claim_outputs  # noqa: PLC0415
    from balltrack.labels import read_track  # noqa: PLC0415
    from balltrack.outputs import whole_text  # noqa: PLC0415
    from balltrack.review.queue import labels_of, said_of  # noqa: PLC0415
    from balltrack.review.suggestion import choose, look_at, write_suggestions  # noqa: PLC0415
    from balltrack.video.probe import probe  # noqa: PLC0415

    listen(quiet=quiet, verbose=verbose)
    if output == STDOUT and sys.stdout is None:
        raise OutputError("stdout is closed; give -o a file")
    if output != STDOUT:
        check_suffix(output, "suggestions are a .csv", ".csv")
        claim_outputs([output], overwrite=overwrite, inputs=videos)
    beside = [labels_of(video) for video in videos]
    idle = ("detector", "device", "threads") if all(beside) else ()
    asked.refuse_idle({"where labels lie beside all VIDEOS": idle})
    chosen = TrackOptions(detector, **tracking)
    found = []
    for video, labels in zip(videos, beside, strict=True):
        info = probe(video, chosen)
        said = said_of(video, labels)
        if labels:
            track = read_track(labels, (info.width, info.height))
        else:
            track = event_options.track_first(video, chosen, quiet=quiet)
        found += look_at(video, track, chosen, unseen=count, said=said)
    picked = choose(found, count)
    if output == STDOUT:
        write_suggestions(picked, sys.stdout)
    else:
        with whole_text(output) as file:
            write_suggestions(picked, file)
    if not quiet:
        where = "stdout" if output == STDOUT else output
        say(f"{len(picked)} of {counted(len(found), 'frame')} worth labelling → {where}")
