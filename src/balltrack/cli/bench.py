"""``balltrack bench``: the whole job, timed."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from balltrack.cli import options
from balltrack.options import TrackOptions

if TYPE_CHECKING:
    from balltrack.benchmark import Report

RENDERED_FRAMES = 390  # 13 s at 30 frames/s, the length of the original reports


@click.command()
@click.option(
    "--video",
    cls=options.SharedOption,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Track this one.  [default: 13 s of 1280x720 at 30 frames/s, rendered first]",
)
@options.tracking
@options.as_json
@options.quiet
def bench(video: Path | None, as_json: bool, quiet: bool, **tracking: Any) -> None:
    """Time the whole way from a video to labels, twice, stage by stage.

    The first run is that of a fresh process: interpreter, imports and weights count. The
    second follows in the same process. The last line of stdout is everything as JSON; with
    --json it is the only one.
    """
    from balltrack.benchmark import measure  # noqa: PLC0415
    from balltrack.video.probe import probe  # noqa: PLC0415  # loads av, after --help

    chosen = TrackOptions(**tracking)
    with tempfile.TemporaryDirectory(prefix="balltrack-") as folder:
        if video is None:
            video = _render(Path(folder) / "rendered-13s.mp4", quiet=quiet)
        probe(video)
        if not quiet:
            click.echo(f"tracking {video.name} twice …", err=True)
        report = measure(video, chosen)
    if not as_json:
        _print(report)
    click.echo(json.dumps(report.to_json()))


def _render(path: Path, *, quiet: bool) -> Path:
    from balltrack.cli.demo import write_clip  # noqa: PLC0415
    from balltrack.synthetic import render_clip  # noqa: PLC0415

    if not quiet:
        click.echo("rendering a clip of 13 s (not counted) …", err=True)
    write_clip(render_clip(frame_count=RENDERED_FRAMES), path)
    return path


def _print(report: Report) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from balltrack.benchmark import ORIGINAL_REPORTS, STAGES  # noqa: PLC0415

    table = Table(title=_title(report), title_justify="left", box=None, header_style="bold")
    for name in ("stage", "first run s", "second run s", ""):
        table.add_column(name, justify="right" if name.endswith(" s") else "left", no_wrap=True)
    runs = (report.first, report.second)
    for name, meaning in STAGES.items():
        cells = [f"{run.stages[name]:.3f}" if name in run.stages else "" for run in runs]
        table.add_row(name, *cells, meaning, style="dim" if name == "decode" else None)
    table.add_row(
        "all",
        *(f"{run.seconds:.3f}" for run in runs),
        "on the wall clock; decode goes on beside it",
    )
    table.add_row("frames/s", *(f"{run.frames_per_s:.1f}" for run in runs))
    table.add_section()
    for name, seconds in ORIGINAL_REPORTS.items():
        table.add_row(name, f"{seconds:.1f}", "", "original report, a clip of 13 s, on a GPU")
    console = Console(width=1000, highlight=False)  # figures are whole, however narrow the window
    console.print(table)
    cuda = "" if report.peak_cuda_mb is None else f", {report.peak_cuda_mb:.0f} MB on the GPU"
    console.print(f"the reader alone: {report.decode_only_frames_per_s:.0f} frames/s")
    console.print(f"peak memory: {report.peak_memory_mb:.0f} MB{cuda}")


def _title(report: Report) -> str:
    machine = report.machine
    return (
        f"{Path(report.video).name}: {report.frames} frames, {report.options['weights']}, "
        f"{machine['device']} {report.precision}, {machine['threads']} threads, "
        f"{machine['device_name']}, torch {machine['torch']}"
    )
