"""``balltrack bench``: the whole job, timed."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from balltrack.cli import options
from balltrack.errors import OptionError
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
@click.option(
    "--weights",
    cls=options.SharedOption,
    multiple=True,
    type=click.Path(),
    default=[TrackOptions.weights],
    show_default=True,
    metavar="NAME|PATH",
    help="Shipped weights by name, or a file; several to compare.",
)
@click.option(
    "--compare",
    "comparing",
    is_flag=True,
    help="Measure every runtime that is installed, with all --weights.",
)
@click.option(
    "--rounds",
    cls=options.SharedOption,
    type=int,
    default=3,
    show_default=True,
    help="Of a comparison; the best of each counts.",
)
@options.how
@options.as_json
@options.quiet
def bench(
    video: Path | None,
    weights: tuple[str, ...],
    comparing: bool,
    rounds: int,
    as_json: bool,
    quiet: bool,
    **how: Any,
) -> None:
    """Time the whole way from a video to labels, twice, stage by stage.

    The first run is that of a fresh process: interpreter, imports and weights count. The
    second follows in the same process. The last line of stdout is everything as JSON; with
    --json it is the only one.
    """
    from balltrack.benchmark import compare, measure  # noqa: PLC0415
    from balltrack.video.probe import probe  # noqa: PLC0415  # loads av, after --help

    if len(weights) > 1 and not comparing:
        raise OptionError("several --weights are for --compare; give one")
    chosen = TrackOptions(weights[0], **how)

    def announce(job: TrackOptions) -> None:
        if not quiet:
            click.echo(f"tracking {name} twice: {job.weights}, {job.runtime} …", err=True)

    with tempfile.TemporaryDirectory(prefix="balltrack-") as folder:
        if video is None:
            video = _render(Path(folder) / "rendered-13s.mp4", quiet=quiet)
        probe(video)
        name = video.name
        if comparing:
            reports = compare(video, weights, chosen, rounds=rounds, watch=announce)
        else:
            announce(chosen)
            reports = [measure(video, chosen)]
    if not as_json:
        _print_comparison(reports) if comparing else _print(reports[0])
    facts = [report.to_json() for report in reports]
    click.echo(json.dumps({"rounds": rounds, "reports": facts} if comparing else facts[0]))


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
    table.add_row("CPU", *(f"{run.cpu_seconds:.3f}" for run in runs), "of all threads")
    table.add_row("frames/s", *(f"{run.frames_per_s:.1f}" for run in runs))
    table.add_section()
    for name, seconds in ORIGINAL_REPORTS.items():
        table.add_row(name, f"{seconds:.1f}", "", "original report, a clip of 13 s, on a GPU")
    console = Console(width=1000, highlight=False)  # figures are whole, however narrow the window
    console.print(table)
    cuda = "" if report.peak_cuda_mb is None else f", {report.peak_cuda_mb:.0f} MB on the GPU"
    console.print(f"the reader alone: {report.decode_only_frames_per_s:.0f} frames/s")
    console.print(f"peak memory: {report.peak_memory_mb:.0f} MB{cuda}")
    console.print(f"an hour of video at 30 frames/s: {report.seconds_a_match_hour:.0f} s")


def _print_comparison(reports: list[Report]) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    machine = reports[0].machine
    title = f"{Path(reports[0].video).name}: {reports[0].frames} frames, {machine['device_name']}"
    table = Table(title=title, title_justify="left", box=None, header_style="bold")
    table.add_column("weights", no_wrap=True)
    table.add_column("runtime", no_wrap=True)
    for name in _COMPARED:
        table.add_column(name, justify="right", no_wrap=True)
    for report in reports:
        machine = report.machine
        version = machine["versions"].get(report.runtime, "")
        table.add_row(
            Path(report.options["weights"]).name,
            f"{report.runtime} {version} {report.precision}, {machine['threads']} threads",
            *(figure(report) for figure in _COMPARED.values()),
        )
    console = Console(width=1000, highlight=False)
    console.print(table)
    limit = max(report.decode_only_frames_per_s for report in reports)
    console.print(f"the reader alone: {limit:.0f} frames/s")


_COMPARED: dict[str, Callable[[Report], str]] = {
    "first run s": lambda report: f"{report.first.seconds:.2f}",
    "second run s": lambda report: f"{report.second.seconds:.2f}",
    "CPU s": lambda report: f"{report.second.cpu_seconds:.2f}",
    "network s": lambda report: f"{report.second.stages['network']:.2f}",
    "frames/s": lambda report: f"{report.second.frames_per_s:.1f}",
    "of the reader": lambda report: (
        f"{100 * report.second.frames_per_s / report.decode_only_frames_per_s:.0f} %"
    ),
    "peak MB": lambda report: f"{report.peak_memory_mb:.0f}",
    "s a match hour": lambda report: f"{report.seconds_a_match_hour:.0f}",
}


def _title(report: Report) -> str:
    machine = report.machine
    return (
        f"{Path(report.video).name}: {report.frames} frames, {report.options['weights']}, "
        f"{machine['device']}, {report.runtime} {machine['versions'][report.runtime]} "
        f"{report.precision}, {machine['threads']} threads, {machine['device_name']}"
    )
