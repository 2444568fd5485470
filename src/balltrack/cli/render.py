"""``balltrack render``: labels → drawn over their video."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from balltrack.cli import options
from balltrack.errors import counted
from balltrack.options import RenderOptions

if TYPE_CHECKING:
    from balltrack.structures import Event, Track, VideoInfo

FOUND = "found in the labels"


@click.command()
@click.argument("video", type=options.PATH)
@click.argument("labels", type=options.PATH)
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
@options.of(RenderOptions)
@options.overwrite
@options.quiet
@options.verbose
def render(
    video: Path,
    labels: Path,
    output: Path | None,
    events: str | None,
    overwrite: bool,
    quiet: bool,
    verbose: bool,
    **drawing: Any,
) -> None:
    """Draw LABELS over VIDEO: H.264, with the source's times and sound.

    A solid ring is a detection, a thin one a weaker answer that lies on the path, a dashed
    one a position that was filled in. Frames without a label stay as they are; --start and
    --end leave out what lies before and after.
    """
    chosen = RenderOptions(**drawing)
    place = output or Path(f"{video.stem}_overlay.mp4")

    from balltrack.cli.console import listen, progress, say  # noqa: PLC0415  # after --help
    from balltrack.cli.outputs import claim_outputs  # noqa: PLC0415
    from balltrack.labels import read_track  # noqa: PLC0415
    from balltrack.pipeline.rendering import render_overlay  # noqa: PLC0415
    from balltrack.video.probe import check_start, probe  # noqa: PLC0415

    info = probe(video)
    check_start(info, chosen.start_s)
    claim_outputs([place], overwrite=overwrite, inputs=[video, labels])
    listen(quiet=quiet, verbose=verbose)
    track = read_track(labels)
    marked = _events(events, track, info)
    with progress("drawing", quiet=quiet) as report:
        render_overlay(video, track, place, chosen, events=marked, progress=report)
    if not quiet:
        seen = int(track.visible.sum())
        say(f"{video}: {counted(len(track), 'label')}, {seen} with a position → {place}")


def _events(asked: str | None, track: Track, info: VideoInfo) -> tuple[Event, ...]:
    """Those of the file that is asked for, or those found in the track."""
    if asked is None:
        return ()
    if asked != FOUND:
        from balltrack.labels.events import read_events  # noqa: PLC0415

        return read_events(Path(asked), Path(info.path).stem).events
    from balltrack.events import load_finder, timed  # noqa: PLC0415

    clocked = timed(track, float(info.frame_rate))
    return load_finder().find(clocked, (info.width, info.height))
