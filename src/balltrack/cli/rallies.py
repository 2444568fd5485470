"""``balltrack rallies``: labels → when play was on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from balltrack.cli import asked, event_options, options
from balltrack.options import TrackOptions

if TYPE_CHECKING:
    from balltrack.events import Finder


@click.command()
@click.argument("labels", type=options.PATH)
@click.option(
    "--output",
    "-o",
    cls=options.SharedOption,
    type=options.PATH,
    metavar="FILE",
    help="A table.  [default: the labels' name with _rallies.csv, in the current folder]",
)
@click.option(
    "--events",
    "events_file",
    cls=options.SharedOption,
    type=options.PATH,
    metavar="FILE",
    help="Events that are known already: what `balltrack events` wrote, or a person.",
)
@event_options.fps
@event_options.size
@event_options.weights
@event_options.no_bounce
@event_options.detector
@event_options.tracking
@options.overwrite
@options.as_json
@options.quiet
@options.verbose
def rallies(
    labels: Path,
    output: Path | None,
    events_file: Path | None,
    fps: float | None,
    size: tuple[int, int] | None,
    weights: str,
    no_bounce: bool,
    detector: str,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **tracking: Any,
) -> None:
    """Find the rallies in LABELS: from the serve to the last event before play stops.

    LABELS may also be a video, which is tracked first.

    Writes Rally,Start,End,Length,FirstFrame,LastFrame,Strokes,Bounces,Shot, times in seconds.
    """
    from balltrack.cli.console import listen, say  # noqa: PLC0415  # after --help
    from balltrack.cli.outputs import check_suffix, claim_outputs  # noqa: PLC0415
    from balltrack.clips.rallies import check_frames, events_of  # noqa: PLC0415
    from balltrack.events import VolleyFinder, find_rallies, heeding, load_finder  # noqa: PLC0415
    from balltrack.events.listing import write_rallies  # noqa: PLC0415

    asked.refuse_idle({"with --events": ["weights", "no_bounce"] if events_file else []})
    listen(quiet=quiet, verbose=verbose)
    video = labels.stem.removesuffix("_ball")
    place = output or Path(f"{video}_rallies.csv")
    inputs = [labels] if events_file is None else [labels, events_file]
    claim_outputs([place], overwrite=overwrite, inputs=inputs)
    check_suffix(place, "rallies are a .csv; `balltrack clips` writes timelines", ".csv")
    chosen = TrackOptions(detector, **tracking)
    track, shown = event_options.read_timed(labels, fps, size, chosen, quiet=quiet)
    if events_file is not None:
        events = events_of(events_file, labels)
        rows = int(track.frame_index[-1]) + 1 if len(track) else 0
        check_frames(events_file, (event.frame_index for event in events), rows, str(labels))
    else:
        finder: Finder = load_finder(weights)
        finder = heeding(VolleyFinder(finder) if no_bounce else finder, labels)
        events = finder.find(track, shown)
    found = find_rallies(track, events)
    write_rallies(found, place)
    seconds = sum(rally.length_s for rally in found)
    if as_json:
        facts = {"labels": str(labels), "rallies": len(found), "seconds": round(seconds, 3)}
        click.echo(json.dumps({**facts, "output": str(place)}))
    elif not quiet:
        many = f"{len(found)} rallies" if len(found) != 1 else "1 rally"
        say(f"{labels}: {many}, {seconds:.1f} s of play → {place}")
