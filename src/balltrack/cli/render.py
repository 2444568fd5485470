"""``balltrack render``: labels → drawn over their video."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from balltrack.cli import asked, options
from balltrack.declaring import options_of
from balltrack.errors import counted
from balltrack.options import DetectOptions, RenderOptions, TrackOptions

if TYPE_CHECKING:
    from balltrack.detection.ensemble import Heatmap
    from balltrack.structures import Event, Track, VideoInfo

_log = logging.getLogger("balltrack")

DETECTION = tuple(option for option in options_of(DetectOptions) if option.name != "locate")
"""What ``--heatmap`` takes: all that changes a heatmap."""

FOUND = "found in the labels"


@click.command()
@click.argument("video", type=options.PATH)
@click.argument("labels", metavar="[LABELS]", required=False, type=options.PATH)
@click.option(
    "--output",
    "-o",
    cls=options.SharedOption,
    type=options.PATH,
    metavar="FILE",
    show_default="the video's name with _overlay.mp4, in the current folder",
    help="An .mp4, .m4v or .mov.",
)
@click.option(
    "--events",
    cls=options.SharedOption,
    is_flag=False,
    flag_value=FOUND,
    metavar="[FILE]",
    help="Mark hits and bounces: those in FILE, as `balltrack events` writes it, or those found "
    "in the labels.",
)
@click.option(
    "--heatmap",
    cls=options.SharedOption,
    is_flag=True,
    help="Lay what the network sees over the video, from blue (hardly) to red (for certain); a "
    "detector without heatmaps shows its candidates. The options of --weights are for it.",
)
@options.of(RenderOptions)
@options.of(DetectOptions, without={"locate"})
@options.overwrite
@options.quiet
@options.verbose
def render(
    video: Path,
    labels: Path | None,
    output: Path | None,
    events: str | None,
    heatmap: bool,
    overwrite: bool,
    quiet: bool,
    verbose: bool,
    **more: Any,
) -> None:
    """Draw LABELS over VIDEO, or what a network sees: H.264, with the source's times and sound.

    A solid ring is a detection, a thin one a weaker answer that lies on the path, a dashed
    one a position that was filled in. Frames without a label stay as they are; --start and
    --end leave out what lies before and after.
    """
    detecting = {option.name: more.pop(option.name) for option in DETECTION}
    chosen = RenderOptions(**more)
    _check_asked(labels, heatmap=heatmap)
    asked.refuse_reader([video])

    from balltrack.cli.console import listen, progress, say  # noqa: PLC0415  # after --help
    from balltrack.cli.outputs import claim_outputs  # noqa: PLC0415
    from balltrack.clips.rallies import warn_of_end  # noqa: PLC0415
    from balltrack.labels import read_track  # noqa: PLC0415
    from balltrack.pipeline.rendering import render_overlay  # noqa: PLC0415
    from balltrack.tracks import join_tracks, says_how_found  # noqa: PLC0415
    from balltrack.video.pictures.names import source_name  # noqa: PLC0415
    from balltrack.video.probe import check_start, probe  # noqa: PLC0415

    place = output or Path(f"{source_name(video)}_overlay.mp4")
    info = probe(video, chosen)
    check_start(info, chosen.start_s)
    inputs = [video, *([labels] if labels else [])]
    claim_outputs([place], overwrite=overwrite, inputs=inputs)
    listen(quiet=quiet, verbose=verbose)
    size = (info.width, info.height)
    track = read_track(labels, size, balls=True) if labels else join_tracks([])
    if chosen.confidence and track.visible.any() and not says_how_found(track):
        _log.warning("%s: says no confidence; none is drawn", labels)
        chosen = replace(chosen, confidence=False)
    marked = _events(events, track, labels or video, info)
    with ExitStack() as stack:
        heatmaps = stack.enter_context(_heatmaps(video, detecting, chosen)) if heatmap else None
        report = stack.enter_context(progress("drawing", quiet=quiet))
        frames = render_overlay(
            video, track, place, chosen, events=marked, heatmaps=heatmaps, progress=report
        )
    if labels:
        warn_of_end(labels, track, frames.stop)
    if not quiet:
        drawn = [_drawn(track, frames)] if labels else []
        drawn += [f"heatmaps of {detecting['weights']}"] if heatmap else []
        say(f"{video}: {', '.join(drawn)} → {place}")


def _drawn(track: Track, frames: range) -> str:
    """How many labels there are of the frames that were drawn."""
    shown = (track.frame_index >= frames.start) & (track.frame_index < frames.stop)
    seen = int((shown & track.visible).sum())
    return f"{counted(int(shown.sum()), 'label')}, {seen} with a position"


def _check_asked(labels: Path | None, *, heatmap: bool) -> None:
    """Raise `click.UsageError` where there is nothing to draw, or an option would draw nothing."""
    if labels is None and not heatmap:
        raise click.UsageError("give LABELS, --heatmap, or both")
    asked.refuse_idle(
        {
            "without --heatmap": [] if heatmap else [option.name for option in DETECTION],
            "without LABELS": [] if labels else ["trail", "confidence", "events"],
        }
    )


def _heatmaps(
    video: Path, detecting: dict[str, Any], drawing: RenderOptions
) -> AbstractContextManager[Iterator[tuple[int, Heatmap]]]:
    """Of the part that is drawn."""
    from balltrack.pipeline import Tracker  # noqa: PLC0415  # loads the network's library

    chosen = TrackOptions(**detecting, **drawing.read, verify="none", inpaint="none")
    return Tracker(chosen).heatmaps(video)


def _events(given: str | None, track: Track, labels: Path, info: VideoInfo) -> tuple[Event, ...]:
    """Those of the file that is asked for, or those found in the track, by the video's times."""
    if given is None:
        return ()
    if given != FOUND:
        from balltrack.clips.rallies import check_early, events_of  # noqa: PLC0415

        events = events_of(Path(given), Path(info.path))
        check_early(Path(given), (event.frame_index for event in events), info)
        return events
    from balltrack.clips.packets import read_frame_table  # noqa: PLC0415
    from balltrack.clips.rallies import warn_of_cuts, with_times  # noqa: PLC0415
    from balltrack.events import heeding, load_finder, timed  # noqa: PLC0415

    warn_of_cuts(labels, track)
    if info.variable_frame_rate and isnan(track.time_s.sum()):  # the labels say no times
        table = read_frame_table(info.path, info.stream)
        track = with_times(labels, track, table.times_s)
    clocked = timed(track, float(info.frame_rate))
    return heeding(load_finder(), labels).find(clocked, (info.width, info.height))
