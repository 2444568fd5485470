"""``balltrack track``: a video → labels, and an overlay."""

from __future__ import annotations

import json
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from balltrack.cli import options
from balltrack.cli.outputs import claim_outputs, refuse_folder
from balltrack.errors import OptionError, OutputError, counted
from balltrack.labels.formats import FORMATS, find_format
from balltrack.options import Columns, RenderOptions, TrackOptions
from balltrack.structures import Source, Track, join_tracks

if TYPE_CHECKING:
    from balltrack.detection.detector import Description
    from balltrack.pipeline import Tracking

STDOUT = Path("-")


@click.command()
@click.argument("video", type=options.PATH)
@click.option(
    "--output",
    "-o",
    cls=options.SharedOption,
    type=options.PATH,
    metavar="FILE",
    show_default="the video's name with .csv, in the current folder",
    help="Labels; - is stdout.",
)
@click.option(
    "--format",
    "formats",
    cls=options.SharedOption,
    multiple=True,
    type=click.Choice(list(FORMATS)),
    show_default="by the output's name",
    help="Of the labels.  [repeatable]",
)
@options.columns
@click.option(
    "--overlay",
    cls=options.SharedOption,
    type=options.PATH,
    metavar="FILE",
    help="Also draw the track over the video, or over the part that is tracked.",
)
@options.of(TrackOptions)
@options.overwrite
@options.as_json
@options.quiet
@options.verbose
def track(
    video: Path,
    output: Path | None,
    formats: tuple[str, ...],
    columns: Columns,
    overlay: Path | None,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **tracking_options: Any,
) -> None:
    """Find the ball on every frame of VIDEO.

    Writes one row a frame. The labels say where a position comes from when --columns all is
    given: detected, linked (weaker, but on the path), inpainted (filled in) or none.
    """
    chosen = TrackOptions(**tracking_options)
    places = label_places(video, output, formats)
    if STDOUT in places.values() and as_json:
        raise OptionError("labels and --json cannot both go to stdout; give -o a file")
    _settle(video, chosen, [*places.values()], overlay, overwrite=overwrite)

    from balltrack.cli.console import listen, progress, say  # noqa: PLC0415  # after --help
    from balltrack.pipeline import Tracker  # noqa: PLC0415
    from balltrack.pipeline.rendering import render_overlay  # noqa: PLC0415

    listen(quiet=quiet, verbose=verbose)
    started = time.monotonic()
    with progress("tracking", quiet=quiet) as report:
        tracker = Tracker(chosen)
        with tracker.tracking(video, progress=report) as tracking:
            found = write_pieces(tracking, places, columns)
    seconds = time.monotonic() - started
    if overlay is not None:
        with progress("drawing", quiet=quiet) as report:
            drawing = RenderOptions(
                start_s=chosen.start_s, end_s=chosen.end_s, reader=chosen.reader
            )
            render_overlay(video, found, overlay, drawing, progress=report)
    outputs = [*places.values(), *([overlay] if overlay else [])]
    written = [str(path) for path in outputs]
    facts = summary(video, found, tracker.detector.description, chosen, seconds, written)
    if as_json:
        click.echo(json.dumps(facts))
    elif not quiet:
        say(sentence(facts))


def label_places(video: Path, output: Path | None, formats: tuple[str, ...]) -> dict[str, Path]:
    """Format → file: what is asked for once keeps its name, other formats get their suffix.

    Raises:
        OptionError: several formats for stdout.
        OutputError: the output is a folder.
        UnknownNameError: an output whose suffix says no format, and no format given.
    """
    names = list(dict.fromkeys(formats))
    if output is None:
        return {name: Path(video.stem + FORMATS[name].suffixes[0]) for name in names or ["csv"]}
    if output == STDOUT:
        if len(names) > 1:
            raise OptionError("only one --format can go to stdout; give -o a file")
        return dict.fromkeys(names or ["csv"], STDOUT)
    refuse_folder(output, video.stem + FORMATS[names[0] if names else "csv"].suffixes[0])
    if not names:
        meant = find_format(output)
        return {name: output for name, known in FORMATS.items() if known is meant}
    return {name: _place(output, name, alone=len(names) == 1) for name in names}


def _place(output: Path, name: str, *, alone: bool) -> Path:
    suffixes = FORMATS[name].suffixes
    if output.suffix.lower() in suffixes:
        return output
    if any(output.suffix.lower() in known.suffixes for known in FORMATS.values()):
        return output.with_suffix(suffixes[0])
    return output if alone else output.with_name(output.name + suffixes[0])


def _settle(
    video: Path, chosen: TrackOptions, labels: list[Path], overlay: Path | None, *, overwrite: bool
) -> None:
    """Everything that can be known to fail before hours of work."""
    from balltrack.overlay.writer import FORMATS as VIDEO_SUFFIXES  # noqa: PLC0415
    from balltrack.video.probe import check_start, probe  # noqa: PLC0415  # loads av

    if STDOUT in labels and sys.stdout is None:
        raise OutputError("stdout is closed; give -o a file")
    check_start(probe(video), chosen.start_s)
    if overlay is not None:
        refuse_folder(overlay, f"{video.stem}_overlay.mp4")
        if overlay.suffix.lower() not in VIDEO_SUFFIXES:
            raise OptionError(f"{overlay}: an overlay's name ends in {', '.join(VIDEO_SUFFIXES)}")
    files = [place for place in labels if place != STDOUT]
    claim_outputs([*files, *([overlay] if overlay else [])], overwrite=overwrite, inputs=[video])


def write_pieces(tracking: Tracking, places: dict[str, Path], columns: Columns) -> Track:
    """Write rows where they belong as they become final, and give them all back.

    Args:
        tracking: gives the rows.
        places: format → file, or `STDOUT`.
        columns: of the CSV.
    """
    from balltrack.labels.formats import open_writer, write_rows  # noqa: PLC0415  # loads numpy

    pieces = []
    with ExitStack() as stack:
        writers = [
            write_rows(sys.stdout, name, columns, tracking.info)
            if place == STDOUT
            else stack.enter_context(
                open_writer(place, format=name, columns=columns, info=tracking.info)
            )
            for name, place in places.items()
        ]
        for piece in tracking.pieces:
            pieces.append(piece)
            for writer in writers:
                writer.append(piece)
            if STDOUT in places.values():
                sys.stdout.flush()
    return join_tracks(pieces)


def summary(
    video: Path,
    found: Track,
    detector: Description,
    chosen: TrackOptions,
    seconds: float,
    outputs: list[str],
) -> dict[str, Any]:
    """What there is to say of a run; ``seconds`` are those of tracking, without an overlay."""
    counts = {source.label: int((found.source == source).sum()) for source in Source}
    return {
        "video": str(video),
        "frames": len(found),
        "detected": counts["detected"],
        "linked": counts["linked"],
        "inpainted": counts["inpainted"],
        "shots": len(set(found.shot.tolist())),
        "seconds": round(seconds, 3),
        "frames_per_s": round(len(found) / seconds, 2),
        "device": detector.device,
        "precision": detector.precision,
        "runtime": detector.runtime,
        "weights": chosen.weights,
        "also": chosen.also,
        "outputs": outputs,
    }


def sentence(facts: dict[str, Any]) -> str:
    """The summary for people."""
    outputs = ("stdout" if output == "-" else output for output in facts["outputs"])
    frames, shots = counted(facts["frames"], "frame"), counted(facts["shots"], "shot")
    return (
        f"{facts['video']}: {frames}, {shots}: "
        f"{facts['detected']} detected, {facts['linked']} linked, {facts['inpainted']} inpainted; "
        f"{facts['seconds']:.1f} s ({facts['frames_per_s']:.1f} frames/s, {facts['device']}, "
        f"{facts['runtime']} {facts['precision']}) → {', '.join(outputs)}"
    )
