"""Many videos by one tracker: ``balltrack track`` with more than a file."""

from __future__ import annotations

import glob
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from balltrack.errors import BalltrackError, OptionError, VideoError, counted
from balltrack.outputs import make_folder

if TYPE_CHECKING:
    from balltrack.archive.plan import Job

COUNTS = ("frames", "detected", "linked", "inpainted", "shots", "seconds")
"""Facts of a video that the summary shows."""

TrackOne = Callable[[Path, Path, str], dict[str, Any]]
"""A video, its labels and what to call it meanwhile → the facts of its summary."""


def stands_for_many(source: Path) -> bool:
    """Whether it is a folder or a pattern."""
    return source.is_dir() or (not source.exists() and glob.has_magic(str(source)))


def plan(
    sources: Sequence[Path], batch_file: Path | None, folder: Path, suffix: str, part: str | None
) -> list[Job]:
    """The jobs of this process; arguments as those of `balltrack.archive.plan`.

    Raises:
        BalltrackError: as the functions there, or a file where the folder should be.
    """
    from balltrack.archive.plan import plan_jobs, read_list, shard  # noqa: PLC0415  # not for one

    if folder.exists() and not folder.is_dir():
        raise OptionError(f"{folder}: is a file; the labels of many videos need a folder")
    listed = read_list(batch_file) if batch_file else []
    jobs = plan_jobs([*sources, *listed], folder, suffix)
    return shard(jobs, part) if part else jobs


def settle_existing(jobs: list[Job], *, skip: bool, overwrite: bool) -> list[Job]:
    """The jobs that are left to do.

    Raises:
        OptionError: labels are there, and nothing says what is to become of them.
    """
    from balltrack.archive.plan import existing  # noqa: PLC0415

    there = existing(jobs)
    if skip:
        return [job for job in jobs if job not in there]
    if there and not overwrite:
        raise OptionError(
            f"{there[0].output}: exists, {len(there)} of {len(jobs)} do; "
            "-y replaces them, --skip-existing leaves them"
        )
    return jobs


def track_many(jobs: Sequence[Job], track_one: TrackOne, *, as_json: bool, quiet: bool) -> None:
    """Track one video after the other, whatever becomes of each, and say so at the end.

    Raises:
        VideoError: some failed; the others' labels are written.
    """
    results: list[dict[str, Any]] = []
    for number, job in enumerate(jobs, start=1):
        title = f"{number}/{len(jobs)} {job.video.name}"
        try:
            make_folder(job.output.parent)
            facts = track_one(job.video, job.output, title)
        except BalltrackError as error:
            facts = {"video": str(job.video), "error": str(error)}
        results.append(facts)
        if as_json:
            click.echo(json.dumps(facts))
    failed = sum("error" in facts for facts in results)
    if not quiet and not as_json:
        _print_summary(results)
    if failed:
        first = next(facts["error"] for facts in results if "error" in facts)
        raise VideoError(f"{failed} of {counted(len(jobs), 'video')} failed, the first: {first}")


def _print_summary(results: Sequence[dict[str, Any]]) -> None:
    """A table on a terminal, a line a video elsewhere."""
    from rich.table import Table  # noqa: PLC0415

    from balltrack.cli.console import say, stderr  # noqa: PLC0415

    rows = [_row(facts) for facts in results]
    if not stderr.is_terminal:
        for row, facts in zip(rows, results, strict=True):
            say(f"failed: {facts['error']}" if "error" in facts else f"{row[0]} → {row[-1]}")
        return
    table = Table(box=None, header_style="bold")
    table.add_column("video", overflow="fold")
    for name in COUNTS:
        table.add_column(name, justify="right")
    table.add_column("labels", overflow="fold")
    for row, facts in zip(rows, results, strict=True):
        table.add_row(*row, style="red" if "error" in facts else None)
    stderr.print(table)


def _row(facts: dict[str, Any]) -> list[str]:
    if "error" in facts:
        return [facts["video"], *[""] * len(COUNTS), "failed"]
    return [facts["video"], *(str(facts[name]) for name in COUNTS), " ".join(facts["outputs"])]
