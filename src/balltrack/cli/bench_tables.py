"""What ``balltrack bench`` prints for people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from balltrack.benchmark.measurement import ORIGINAL_REPORTS, STAGES
from balltrack.options import TrackOptions

if TYPE_CHECKING:
    from balltrack.benchmark.against import Against
    from balltrack.benchmark.lengths import Length
    from balltrack.benchmark.measurement import Measurement


def print_report(report: Measurement) -> None:
    """One job, stage by stage."""
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
    rows = (f"{run.first_row_s:.3f}" for run in runs)
    table.add_row("first row", *rows, "until the first frame is through the network")
    table.add_section()
    for name, seconds in ORIGINAL_REPORTS.items():
        table.add_row(name, f"{seconds:.1f}", "", "as users reported: a clip of 13 s, on a GPU")
    console = Console(width=1000, highlight=False)  # figures are whole, however narrow the window
    console.print(table)
    cuda = "" if report.peak_cuda_mb is None else f", {report.peak_cuda_mb:.0f} MB on the GPU"
    console.print(f"the reader alone: {report.decode_only_frames_per_s:.0f} frames/s")
    console.print(f"peak memory: {report.peak_memory_mb:.0f} MB{cuda}")
    _print_overlay(console, report)
    console.print(f"an hour of video at 30 frames/s: {report.seconds_a_match_hour:.0f} s")


def print_comparison(reports: list[Measurement]) -> None:
    """Several jobs, one a row."""
    machine = reports[0].machine
    title = f"{Path(reports[0].video).name}: {reports[0].frames} frames, {machine['device_name']}"
    table = Table(title=title, title_justify="left", box=None, header_style="bold")
    table.add_column("weights", no_wrap=True)
    table.add_column("windows", no_wrap=True)
    table.add_column("runtime", no_wrap=True)
    for name in _COMPARED:
        table.add_column(name, justify="right", no_wrap=True)
    for report in reports:
        machine = report.machine
        version = machine["versions"].get(report.runtime, "")
        job = TrackOptions(**report.options)
        table.add_row(
            job.networks,
            job.ensemble,
            f"{report.runtime} {version} {report.precision}, {machine['threads']} threads",
            *(figure(report) for figure in _COMPARED.values()),
        )
    console = Console(width=1000, highlight=False)
    console.print(table)
    for report in reports[:1]:  # drawing is the same, whatever tracked
        _print_overlay(console, report)
    limit = max(report.decode_only_frames_per_s for report in reports)
    console.print(f"the reader alone: {limit:.0f} frames/s")


_COMPARED: dict[str, Callable[[Measurement], str]] = {
    "first run s": lambda report: f"{report.first.seconds:.2f}",
    "second run s": lambda report: f"{report.second.seconds:.2f}",
    "first row s": lambda report: f"{report.first.first_row_s:.2f}",
    "CPU s": lambda report: f"{report.second.cpu_seconds:.2f}",
    "network s": lambda report: f"{report.second.stages['network']:.2f}",
    "frames/s": lambda report: f"{report.second.frames_per_s:.1f}",
    "of the reader": lambda report: (
        f"{100 * report.second.frames_per_s / report.decode_only_frames_per_s:.0f} %"
    ),
    "peak MB": lambda report: f"{report.peak_memory_mb:.0f}",
    "s a match hour": lambda report: f"{report.seconds_a_match_hour:.0f}",
}


def print_lengths(video: Path, lengths: list[Length]) -> None:
    """One video at several lengths."""
    table = Table(title=f"{video.name}, repeated", title_justify="left", box=None)
    for name in ("length s", "frames", "s", "ms a frame", "CPU ms a frame", "peak MB"):
        table.add_column(name, justify="right", no_wrap=True)
    for length in lengths:
        run = length.run
        table.add_row(
            f"{length.length_s:g}",
            str(length.frames),
            f"{run.seconds:.1f}",
            f"{length.ms_a_frame:.2f}",
            f"{1000 * run.cpu_seconds / length.frames:.2f}",
            f"{length.peak_memory_mb:.0f}",
        )
    console = Console(width=1000, highlight=False)
    console.print(table)
    console.print("ms a frame: without imports and weights; CPU ms a frame: of all there is")


def print_against(found: Against) -> None:
    """Ours and another tool's, medians and all there was."""
    rounds = len(found.ours.seconds)
    title = f"{Path(found.video).name}: whole processes in turn, {rounds} of each"
    table = Table(title=title, title_justify="left", box=None)
    for name in ("tool", "median s", "CPU s", "of"):
        table.add_column(name, justify="right" if name.endswith(" s") else "left", no_wrap=True)
    for name, times in (("balltrack", found.ours), (found.command, found.theirs)):
        table.add_row(
            name,
            f"{median(times.seconds):.2f}",
            f"{median(times.cpu_seconds):.2f}",
            ", ".join(f"{seconds:.2f}" for seconds in times.seconds),
        )
    console = Console(width=1000, highlight=False)
    console.print(table)
    console.print(f"theirs takes {found.ratio:.2f} times as long as ours")


def _print_overlay(console: Console, report: Measurement) -> None:
    if (cost := report.overlay) is None:
        return
    alone = report.second.seconds
    console.print(
        f"tracking {alone:.2f} s, with an overlay {alone + cost.seconds:.2f} s: drawing takes "
        f"{cost.seconds:.2f} s ({cost.cpu_seconds:.2f} CPU s), encoding alone "
        f"{cost.encode_seconds:.2f} s ({cost.encode_cpu_seconds:.2f} CPU s)"
    )


def _title(report: Measurement) -> str:
    machine, networks = report.machine, TrackOptions(**report.options).networks
    return (
        f"{Path(report.video).name}: {report.frames} frames, {networks}, "
        f"{machine['device']}, {report.runtime} {machine['versions'][report.runtime]} "
        f"{report.precision}, {machine['threads']} threads, {machine['device_name']}"
    )
