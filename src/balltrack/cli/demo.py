"""``balltrack demo``: render a clip, track it, and say how much of the truth was found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from balltrack.cli import options
from balltrack.options import TrackOptions

if TYPE_CHECKING:
    from balltrack.synthetic import SyntheticClip

FRAMES = 150  # 5 s at 30 frames/s


@click.command()
@click.option(
    "--output",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default="demo",
    show_default=True,
    metavar="DIR",
    help="Folder for clip.mp4, out.csv and overlay.mp4; made if missing.",
)
@options.of(TrackOptions, only={"weights", "device"})
@options.overwrite
@options.quiet
@options.verbose
def demo(
    folder: Path, weights: str, device: str, overwrite: bool, quiet: bool, verbose: bool
) -> None:
    """Render a 5 s clip with a known ball, track it and compare."""
    from balltrack.cli.console import listen, progress, say  # noqa: PLC0415
    from balltrack.cli.outputs import claim_outputs  # noqa: PLC0415
    from balltrack.evaluation.comparison import ON_PAPER_GRID, compare  # noqa: PLC0415
    from balltrack.evaluation.metrics import count  # noqa: PLC0415
    from balltrack.events import load_finder, play_of  # noqa: PLC0415
    from balltrack.labels import write_track  # noqa: PLC0415
    from balltrack.outputs import made_folder  # noqa: PLC0415
    from balltrack.pipeline import Tracker  # noqa: PLC0415
    from balltrack.pipeline.rendering import render_overlay  # noqa: PLC0415
    from balltrack.synthetic import render_clip  # noqa: PLC0415

    listen(quiet=quiet, verbose=verbose)
    # First: what fails here must leave nothing behind.
    tracker = Tracker(TrackOptions(weights=weights, device=device))
    click.get_current_context().with_resource(made_folder(folder))
    video, labels, overlay = (folder / name for name in ("clip.mp4", "out.csv", "overlay.mp4"))
    claim_outputs([video, labels, overlay], overwrite=overwrite)
    clip = render_clip(frame_count=FRAMES)
    write_clip(clip, video)
    with progress("tracking", quiet=quiet) as report:
        track = tracker.track(video, progress=report)
    play = play_of(track, clip.size, float(clip.frame_rate), load_finder())
    write_track(track, labels, columns="all", play=play)
    with progress("drawing", quiet=quiet) as report:
        render_overlay(video, track, overlay, progress=report)
    counts = count(compare(clip.truth, track, clip.size, ON_PAPER_GRID))
    shown = int((clip.truth.visibility > 0).sum())
    if not quiet:
        say(f"clip {video}, labels {labels}, overlay {overlay}")
    click.echo(
        f"found {counts.tp} of {shown} balls within 4 px on the 512x288 grid; "
        f"{counts.fp1} elsewhere, {counts.fp2} where none was shown"
    )


def write_clip(clip: SyntheticClip, path: Path) -> None:
    """Encode a rendered clip."""
    from balltrack.overlay.writer import VideoWriter  # noqa: PLC0415

    with VideoWriter(path, clip.size, clip.frame_rate) as writer:
        for frame in clip.frames():
            writer.write(frame.image, frame.time_s)
