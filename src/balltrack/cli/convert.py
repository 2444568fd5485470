"""``balltrack convert``: labels in one format → labels in another."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from balltrack.cli import asked, options
from balltrack.errors import OptionError, counted
from balltrack.labels.formats import BOXED, FORMATS, MEANT, find_format, recognise
from balltrack.labels.rows import open_labels
from balltrack.labels.sheet import BOX_PX
from balltrack.options import Columns, SourceOptions

if TYPE_CHECKING:
    from balltrack.labels.sheet import Sheet
    from balltrack.structures import VideoInfo

_log = logging.getLogger("balltrack")


@click.command()
@click.argument("source", metavar="IN", type=options.PATH)
@click.argument("output", metavar="OUT", type=options.PATH)
@click.option(
    "--to",
    "name",
    type=click.Choice(list(FORMATS)),
    show_default="by OUT's suffix: " + ", ".join(MEANT),
    help="Format of OUT; docs/formats.md says what each holds.",
)
@click.option(
    "--video",
    type=options.PATH,
    metavar="FILE",
    help="The video of the labels, for formats that need its size, rate or times.",
)
@click.option(
    "--box",
    type=click.FloatRange(min=0, min_open=True),
    default=BOX_PX,
    show_default=True,
    metavar="PX",
    help="Side of the box around the ball, in formats of boxes.",
)
@options.of(SourceOptions)
@options.columns
@options.overwrite
@options.quiet
@options.verbose
def convert(
    source: Path,
    output: Path,
    name: str | None,
    video: Path | None,
    box: float,
    columns: Columns,
    overwrite: bool,
    quiet: bool,
    verbose: bool,
    **which: Any,
) -> None:
    """Write the labels in IN as OUT, in another program's format.

    What IN is shows in its name and its beginning. What OUT's format cannot hold is said on
    stderr. YOLO's labels are a folder.
    """
    from balltrack.cli.console import listen, say  # noqa: PLC0415  # after --help
    from balltrack.cli.outputs import claim_outputs  # noqa: PLC0415
    from balltrack.labels.files import write_sheet  # noqa: PLC0415
    from balltrack.labels.sheet import Setting  # noqa: PLC0415

    listen(quiet=quiet, verbose=verbose)
    target = name or MEANT.get(output.suffix.lower())
    if target is None:
        raise OptionError(f"{output}: its name does not say a format; give --to")
    asked.refuse_columns([target])
    asked.refuse_idle(
        {
            "without --video": [] if video else ["video_stream", "fps"],
            f"on {target}, which has no boxes": [] if target in BOXED else ["box"],
        }
    )
    if find_format(output, target).write_folder is None:
        claim_outputs([output], overwrite=overwrite, inputs=[source, *([video] if video else [])])
    known = recognise(source)
    info = _probe(video, SourceOptions(**which))
    sheet = _read(source, known, target, info)
    if info is not None:
        sheet = _timed(sheet, source, info)
    if not FORMATS[target].events:
        _warn_of_worked_out(source, known)
    write_sheet(sheet, output, target, Setting(info, columns, box))
    if not quiet:
        seen = int(sheet.track.visible.sum())
        rows = f"{counted(len(sheet), 'row')}, {seen} with a position"
        if FORMATS[target].events:
            rows = counted(int((sheet.status > 0).sum()), "event")
        say(f"{source} ({known}): {rows} → {output} ({target})")


def _probe(video: Path | None, which: SourceOptions) -> VideoInfo | None:
    if video is None:
        return None
    from balltrack.video.probe import probe  # noqa: PLC0415  # loads PyAV

    return probe(video, which)


def _read(source: Path, known: str, target: str, info: VideoInfo | None) -> Sheet:
    """The rows, or for events their list.

    Raises:
        OptionError: positions cannot be made of events.
    """
    if FORMATS[known].events and not FORMATS[target].events:
        raise OptionError(f"{source}: lists events, which {target} cannot be made of")
    sheet = FORMATS[known].read(source, (info.width, info.height) if info else None)
    listed = FORMATS[known].events
    if listed or not FORMATS[target].events or (sheet.status > 0).any():
        return sheet
    if known != "csv":
        raise OptionError(f"{source}: says no hits or bounces; `balltrack events` finds them")
    return FORMATS[target].read(source, None)  # those of a column Mode


def _warn_of_worked_out(source: Path, known: str) -> None:
    """What `track` works out of rows as they leave is in none of the formats that are read."""
    if known not in {"csv", "jsonl"}:
        return
    with open_labels(source) as file:
        told = "speed" in next(file, "").lower()
    if told:
        _log.warning("Speed, Direction, Mode, Gap and Doubt are not taken over; track writes them")


def _timed(sheet: Sheet, source: Path, info: VideoInfo) -> Sheet:
    """The same with the video's times."""
    from balltrack.clips.packets import read_frame_table  # noqa: PLC0415  # loads PyAV
    from balltrack.clips.rallies import with_times  # noqa: PLC0415

    times = read_frame_table(info.path, info.stream).times_s
    return replace(sheet, track=with_times(source, sheet.track, times))
