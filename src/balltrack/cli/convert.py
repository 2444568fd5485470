"""``balltrack convert``: labels in one format → labels in another."""

from __future__ import annotations

import logging
from dataclasses import replace
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from balltrack.cli import asked, options
from balltrack.errors import OptionError, counted
from balltrack.labels.event_rows import lost_between, read_list, with_status, write_list
from balltrack.labels.files import read_sheet, write_sheet
from balltrack.labels.formats import BOXED, FORMATS, MEANT, find_format, recognise
from balltrack.labels.rows import open_labels
from balltrack.labels.sheet import BOX_PX, Facet, Setting
from balltrack.options import Columns, SourceOptions

if TYPE_CHECKING:
    from balltrack.labels.events import EventList
    from balltrack.labels.sheet import Sheet
    from balltrack.structures import FloatArray, VideoInfo

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
    stderr. YOLO's labels are a folder. Labels that say no times have those of --video, or of its
    rate alone, --fps.
    """
    from balltrack.cli.console import listen, say  # noqa: PLC0415  # after --help
    from balltrack.cli.outputs import claim_folder, claim_outputs  # noqa: PLC0415

    listen(quiet=quiet, verbose=verbose)
    target = name or MEANT.get(output.suffix.lower())
    if target is None:
        raise OptionError(f"{output}: its name does not say a format; give --to")
    timed = Facet.TIMES in FORMATS[target].holds
    asked.refuse_columns([target])
    asked.refuse_idle(
        {
            "without --video": [] if video else ["video_stream"],
            f"without --video on {target}, which has no times": [] if video or timed else ["fps"],
            f"on {target}, which has no boxes": [] if target in BOXED else ["box"],
        }
    )
    inputs = [source, *([video] if video else [])]
    if is_ours := find_format(output, target).is_own_folder:
        claim_folder(output, is_ours, overwrite=overwrite, inputs=inputs)
    else:
        claim_outputs([output], overwrite=overwrite, inputs=inputs)
    known = recognise(source)
    info = _probe(video, SourceOptions(**which), target) if video else None
    if FORMATS[known].events:
        idle = [] if video else ["fps"]
        asked.refuse_idle({"without --video on a list of events": idle})
        told = _convert_list(source, output, known, target, info)
    else:
        fps = None if video else which["fps"]
        told = _convert_rows(source, output, known, target, Setting(info, columns, box), fps)
    if not quiet:
        say(f"{source} ({known}): {told} → {output} ({target})")


def _probe(video: Path, which: SourceOptions, target: str) -> VideoInfo:
    """What the video says; that it says no rate is told where OUT holds times."""
    from balltrack.video.pictures.reader import tell_no_rate  # noqa: PLC0415  # loads PyAV
    from balltrack.video.probe import probe  # noqa: PLC0415

    info = probe(video, which)
    if Setting(info).fps is None and Facet.TIMES in FORMATS[target].holds:
        tell_no_rate(info.path)
    return info


def _convert_list(
    source: Path, output: Path, known: str, target: str, info: VideoInfo | None
) -> str:
    """A list of events as another such list; says how many they are.

    Raises:
        OptionError: positions cannot be made of events.
    """
    if not FORMATS[target].events:
        raise OptionError(f"{source}: lists events, which {target} cannot be made of")
    listed, times = read_list(source, Path(info.path).stem if info else None)
    if info is not None:
        listed, times = _placed(listed, times, source, known, info)
    if lost := lost_between(known, target, listed, times):
        _log.warning("%s does not hold %s; left out", target, ", ".join(lost))
    write_list(listed, times, output, target)
    return counted(len(listed.events), "event")


def _placed(
    listed: EventList, times: list[float], source: Path, known: str, info: VideoInfo
) -> tuple[EventList, list[float]]:
    """A list and the times of its events, with what the video says and the list does not."""
    from balltrack.clips.rallies import check_frames  # noqa: PLC0415  # loads PyAV

    frames, shown = [event.frame_index for event in listed.events], _times_of(info)
    check_frames(source, frames, len(shown))
    if not isnan(shown.sum()):
        times = shown[frames].tolist()
    listed = replace(
        listed,
        video=listed.video if known == "spot" else Path(info.path).stem,
        frame_count=listed.frame_count or info.frame_count,
        fps=listed.fps or Setting(info).fps,
    )
    return listed, times


def _convert_rows(
    source: Path, output: Path, known: str, target: str, setting: Setting, fps: float | None
) -> str:
    """Rows in another format; says how many they are, or how many events.

    Without a video ``fps`` gives them times.
    """
    info = setting.video
    sheet = read_sheet(source, (info.width, info.height) if info else None, balls=True)
    if FORMATS[target].events:
        sheet = _with_events(sheet, source, known)
    else:
        _warn_of_worked_out(source, known)
    if info is not None:
        sheet = _timed(sheet, source, info)
    elif fps is not None:
        sheet = _at_rate(sheet, source, fps)
    write_sheet(sheet, output, target, setting)
    if FORMATS[target].events:
        return counted(int((sheet.status > 0).sum()), "event")
    return f"{counted(len(sheet), 'row')}, {int(sheet.track.visible.sum())} with a position"


def _with_events(sheet: Sheet, source: Path, known: str) -> Sheet:
    """The rows with hits and bounces: a person's, or else those that a tracker found.

    Raises:
        OptionError: they say none.
    """
    if (sheet.status > 0).any():
        return sheet
    if known != "csv":
        raise OptionError(f"{source}: says no hits or bounces; `balltrack events` finds them")
    return with_status(sheet, source)


def _warn_of_worked_out(source: Path, known: str) -> None:
    """What `track` works out of rows as they leave is in none of the formats that are read."""
    if known not in {"csv", "jsonl"}:
        return
    with open_labels(source) as file:
        told = "speed" in next(file, "").lower()
    if told:
        _log.warning("Speed, Direction, Mode, Gap and Doubt are not taken over; track writes them")


def _timed(sheet: Sheet, source: Path, info: VideoInfo) -> Sheet:
    """The same with the video's times; with its own where pictures have none."""
    from balltrack.clips.rallies import with_times  # noqa: PLC0415  # loads PyAV

    times = _times_of(info)
    timed = with_times(source, sheet.track, times)
    return sheet if isnan(times.sum()) else replace(sheet, track=timed)


def _at_rate(sheet: Sheet, source: Path, fps: float) -> Sheet:
    """The same with times; `click.UsageError` where it has its own."""
    from balltrack.events import timed  # noqa: PLC0415  # loads the events network

    known = len(sheet) > 0 and not isnan(sheet.track.time_s.sum())
    asked.refuse_idle({f"on {source}, which says its own times": ["fps"] if known else []})
    return replace(sheet, track=timed(sheet.track, fps))


def _times_of(info: VideoInfo) -> FloatArray:
    """(N,) seconds of the video's frames; NaN of pictures whose rate nobody gave."""
    from balltrack.clips.packets import read_frame_table  # noqa: PLC0415  # loads PyAV
    from balltrack.video.pictures.reader import picture_times  # noqa: PLC0415

    if info.stream is None:
        return picture_times(info)
    return read_frame_table(info.path, info.stream).times_s
