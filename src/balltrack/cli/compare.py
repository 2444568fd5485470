"""``balltrack compare``: several systems on one video."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from balltrack.cli import asked, options
from balltrack.cli.outputs import claim_outputs
from balltrack.options import Columns, ReadOptions, RenderOptions, TrackOptions

if TYPE_CHECKING:
    from balltrack.evaluation.systems.figures import Systems
    from balltrack.evaluation.systems.runs import Run
    from balltrack.structures import Labels, VideoInfo

DRAWING = ("trail", "frame_number", "confidence", "crf")


@click.command()
@click.argument("video", type=options.PATH)
@click.option(
    "--weights",
    cls=options.SharedOption,
    multiple=True,
    required=True,
    metavar="NAME|PATH",
    help="Of one of the systems; give it twice or more.  [repeatable]",
)
@click.option(
    "--truth",
    metavar="CSV",
    type=options.PATH,
    help="What a person labelled, for scores within 4 px on the 512x288 grid.",
)
@click.option(
    "--output",
    "-o",
    cls=options.SharedOption,
    type=options.PATH,
    metavar="FILE",
    help="Draw all of them side by side, a pane each: an .mp4, .m4v or .mov.",
)
@click.option(
    "--labels",
    "folder",
    cls=options.SharedOption,
    type=options.PATH,
    metavar="DIR",
    help="Keep the labels of each as DIR/NAME.csv, as `balltrack track` writes them.",
)
@options.columns
@options.of(RenderOptions, only=DRAWING)
@options.of(TrackOptions, without={"weights", "also", "balls"})
@options.overwrite
@options.as_json
@options.quiet
@options.verbose
def compare(
    video: Path,
    weights: tuple[str, ...],
    truth: Path | None,
    output: Path | None,
    folder: Path | None,
    columns: Columns,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **more: Any,
) -> None:
    """Track VIDEO with several systems and hold them against each other.

    Two systems agree on a frame where neither has a ball, or both have it within 4 px on the
    512x288 grid. Each system has the video to itself, as in `balltrack track`: its labels and
    its seconds are those of `track`.
    """
    _check_asked(weights, output, folder)
    asked.refuse_reader([video])
    drawing = {name: more.pop(name) for name in DRAWING}
    part = ReadOptions(**{each.name: more[each.name] for each in fields(ReadOptions)})
    from balltrack.cli.console import listen, progress, say  # noqa: PLC0415  # rich, after --help
    from balltrack.evaluation.systems.figures import Systems, within  # noqa: PLC0415
    from balltrack.evaluation.systems.runs import run_system, system_names  # noqa: PLC0415
    from balltrack.outputs import made_folder  # noqa: PLC0415
    from balltrack.overlay.writer import check_name  # noqa: PLC0415

    listen(quiet=quiet, verbose=verbose)
    names = system_names(weights)
    systems = {name: TrackOptions(one, **more) for name, one in zip(names, weights, strict=True)}
    asked.refuse_idle_tracking([*systems.values()])
    info, labels = _inputs(video, truth, weights, part)
    files = {name: folder / f"{name}.csv" for name in names} if folder else {}
    if output is not None:
        check_name(output)
    if folder is not None:
        click.get_current_context().with_resource(made_folder(folder))
    outputs = [*files.values(), *([output] if output else [])]
    inputs = [video, *([truth] if truth else [])]
    claim_outputs(outputs, overwrite=overwrite, inputs=inputs)
    runs = []
    for name, chosen in systems.items():
        with progress(f"tracking with {name}", quiet=quiet) as step:
            runs.append(run_system(video, name, chosen, step))
    if labels is not None and (more["start_s"], more["end_s"]) != (None, None):
        labels = within(labels, runs[0].track)
    _write(runs, info, files, columns)
    if output is not None:
        from balltrack.pipeline.rendering import render_panes  # noqa: PLC0415

        tracks = {run.name: run.track for run in runs}
        with progress("drawing", quiet=quiet) as step:
            render_panes(
                video, tracks, output, RenderOptions(**drawing, **part.read), progress=step
            )
    found = Systems(runs, (info.width, info.height), labels)
    if as_json:
        written = [str(path) for path in outputs]
        facts = {"video": str(video), "systems": found.to_json(), "outputs": written}
        click.echo(json.dumps(facts, allow_nan=False))
    else:
        _print(found)
        if outputs and not quiet:
            say(f"{video} → {', '.join(map(str, outputs))}")


def _check_asked(weights: tuple[str, ...], output: Path | None, folder: Path | None) -> None:
    """Raise `click.UsageError` for what makes no comparison, or changes nothing."""
    if len(weights) < 2:
        raise click.UsageError("give --weights twice or more; `balltrack track` is for one")
    if len(set(weights)) < len(weights):
        raise click.UsageError("two of the --weights are the same; leave one out")
    asked.refuse_idle(
        {
            "without -o": [] if output else DRAWING,
            "without --labels": [] if folder else ["columns"],
        }
    )


def _inputs(
    video: Path, truth: Path | None, weights: tuple[str, ...], part: ReadOptions
) -> tuple[VideoInfo, Labels | None]:
    """The video's header and the labels, and everything that can be known to fail early."""
    from balltrack.clips.rallies import check_early  # noqa: PLC0415
    from balltrack.detection.registry import DETECTORS, check_known  # noqa: PLC0415
    from balltrack.labels import read_corrections  # noqa: PLC0415
    from balltrack.video.probe import check_start, probe  # noqa: PLC0415
    from balltrack.weights.handle import open_weights  # noqa: PLC0415

    for one in weights:
        check_known(one)
        if one not in DETECTORS:
            open_weights(one).require("tracknet")
    info = probe(video, part)
    check_start(info, part.start_s)
    if truth is None:
        return info, None
    labels = read_corrections(truth, (info.width, info.height))
    check_early(truth, labels.frame_index.tolist(), info)
    return info, labels


def _write(runs: list[Run], info: VideoInfo, files: dict[str, Path], columns: Columns) -> None:
    """The labels of each."""
    from balltrack.events import load_finder, play_of  # noqa: PLC0415
    from balltrack.labels import write_track  # noqa: PLC0415

    finder = load_finder() if columns == "all" else None
    size, rate = (info.width, info.height), float(info.frame_rate)
    for run in runs:
        if run.name in files:
            play = play_of(run.track, size, rate, finder) if finder else None
            write_track(run.track, files[run.name], columns=columns, info=info, play=play)


def _print(found: Systems) -> None:
    """Two tables on stdout: what each system did, and how far each agrees with each."""
    from rich.console import Console  # noqa: PLC0415

    from balltrack.cli.evaluation_tables import table  # noqa: PLC0415

    console = Console(width=1000, highlight=False)  # figures are whole, however narrow the window
    console.print(table("", found.columns(), found.rows()))
    names = [run.name for run in found.runs]
    console.print("agreement: share of frames with a ball in neither, or within 4 px in both")
    console.print(table("", ("", *names), found.agreement_rows()))
