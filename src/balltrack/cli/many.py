"""Many videos by one tracker: ``balltrack track`` with more than a file."""

from __future__ import annotations

import glob
import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from balltrack.cli.labelling import Labeller
from balltrack.errors import BalltrackError, OptionError, VideoError, counted
from balltrack.labels.formats import READ
from balltrack.outputs import made_folder

if TYPE_CHECKING:
    from balltrack.archive.plan import Job
    from balltrack.archive.run import Run
    from balltrack.options import TrackOptions

COUNTS = ("frames", "detected", "linked", "inpainted", "shots", "seconds")
"""Facts of a video that the summary shows."""


def stands_for_many(source: Path) -> bool:
    """Whether it is a folder or a pattern of videos."""
    from balltrack.video.pictures.names import are_pictures  # noqa: PLC0415  # loads av

    if are_pictures(source):
        return False
    return source.is_dir() or (not source.exists() and glob.has_magic(str(source)))


def plan(
    sources: Sequence[Path],
    batch_file: Path | None,
    folder: Path,
    formats: Sequence[str],
    part: str | None,
) -> list[Job]:
    """The jobs of this process; arguments as those of the command.

    Raises:
        BalltrackError: as the functions there, or a file where the folder should be.
    """
    from balltrack.archive.plan import plan_jobs, read_list, shard  # noqa: PLC0415  # not for one

    taken = shard(part) if part else slice(None)  # what is wrong with it is said first
    if folder.exists() and not folder.is_dir():
        raise OptionError(f"{folder}: is a file; the labels of many videos need a folder")
    if folder.suffix.lower() in READ and not folder.is_dir():
        raise OptionError(
            f"{folder}: is a file's name; the labels of many videos need a folder, "
            f"such as {folder.with_suffix('')}"
        )
    listed = read_list(batch_file) if batch_file else []
    return plan_jobs([*sources, *listed], folder, formats)[taken]


def open_run(
    folder: Path,
    jobs: Sequence[Job],
    options: TrackOptions,
    formats: Sequence[str],
    columns: str,
) -> Run:
    """What this command has done of its jobs, should it have been killed; errors as `Run`."""
    from balltrack.archive.run import Run  # noqa: PLC0415  # not for one

    outputs = {"formats": list(formats), "columns": columns}
    return Run(folder, jobs, asdict(options) | outputs | {"balltrack": version("balltrack")})


def settle_existing(
    jobs: list[Job], options: TrackOptions, *, skip: bool, overwrite: bool
) -> list[Job]:
    """The jobs that are left to do.

    Args:
        jobs: those that this run has not done yet.
        options: of the run.
        skip: leave out the labels that are there.
        overwrite: replace them.

    Raises:
        OptionError: labels are there, and nothing says what is to become of them.
    """
    from balltrack.archive.plan import existing, without_existing  # noqa: PLC0415

    if skip:
        return without_existing(jobs, options)
    there = [] if overwrite else [found for job in jobs if (found := existing(job, options))]
    if there:
        raise OptionError(
            f"{next(iter(there[0].values()))}: exists, {len(there)} of {len(jobs)} do; "
            "-y replaces them, --skip-existing leaves them"
        )
    return jobs


def track_many(
    jobs: Sequence[Job],
    labeller: Labeller,
    run: Run | None,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Track one video after the other, whatever becomes of each, and say so at the end.

    Args:
        jobs: those that are left to do.
        labeller: tracks one.
        run: is told of those that are done; none where nobody goes on with them.
        as_json, quiet: as those of the command.

    Raises:
        VideoError: some failed; the others' labels are written.
    """
    results: list[dict[str, Any]] = []
    with nullcontext() if run is None else run:
        for number, job in enumerate(jobs, start=1):
            title = f"{number}/{len(jobs)} {job.video.name}"
            try:
                results.append(_track_one(job, labeller, title, run))
            except BalltrackError as error:
                results.append({"video": str(job.video), "error": str(error)})
            if as_json:
                click.echo(json.dumps(results[-1]))
        if run is not None:
            run.end()
    failed = sum("error" in facts for facts in results)
    if not quiet and not as_json:
        print_summary(results)
    if failed:
        first = next(facts["error"] for facts in results if "error" in facts)
        raise VideoError(f"{failed} of {counted(len(jobs), 'video')} failed, the first: {first}")


def _track_one(job: Job, labeller: Labeller, title: str, run: Run | None) -> dict[str, Any]:
    with (
        made_folder(job.output.parent),
        labeller.tracked(job.video, job.places, title) as (_, facts),
    ):
        if run is not None:
            run.add(job)
    return facts


def print_summary(results: Sequence[dict[str, Any]]) -> None:
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
