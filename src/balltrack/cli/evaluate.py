"""``balltrack evaluate``: files or weights → figures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from balltrack.cli import options
from balltrack.options import TrackOptions

if TYPE_CHECKING:
    from balltrack.evaluation.comparison import Criterion
    from balltrack.evaluation.pairing import ClipFile
    from balltrack.evaluation.report import Report

VISIBILITY = {0: "no ball", 1: "easy", 2: "hard", 3: "occluded"}


class Size(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    """A size in pixels, ``1280x720``, as (width, height)."""

    name = "size"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        match = re.fullmatch(r"([1-9]\d*)[x×]([1-9]\d*)", str(value).strip().lower())
        if match is None:
            self.fail(f"{value!r} is not a size; write 1280x720", param, ctx)
        return int(match[1]), int(match[2])


@click.command()
@click.argument("predictions", metavar="[PRED]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--truth",
    "truths",
    metavar="PATH",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="Annotation, or a folder searched for *_ball.csv and Label.csv.  [repeatable]",
)
@click.option(
    "--weights",
    multiple=True,
    metavar="NAME|PATH",
    help="Track the videos beside the truth with these first.  [repeatable]",
)
@click.option(
    "--size", metavar="WxH", type=Size(), help="Of videos that are not beside their truth."
)
@click.option(
    "--tolerance", type=float, default=4.0, show_default=True, help="In pixels of the grid."
)
@click.option(
    "--grid",
    type=click.Choice(["512x288", "source"]),
    default="512x288",
    show_default=True,
    help="Where distances are measured: TrackNetV3's grid, or the video's pixels (WASB).",
)
@options.as_json
@options.device
@options.precision
@options.batch_size
@options.ensemble
@options.threshold
@options.locate
@options.link
@options.rectify
@options.max_gap
@options.reader
@options.quiet
@options.verbose
def evaluate(
    predictions: tuple[Path, ...],
    truths: tuple[Path, ...],
    weights: tuple[str, ...],
    size: tuple[int, int] | None,
    tolerance: float,
    grid: str,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **tracking: Any,
) -> None:
    """Score predictions, or weights, against what people labelled.

    PRED are label files, or folders of them; X.csv or X.jsonl goes with the truth
    X_ball.csv, X.csv or X/Label.csv. Without PRED, --weights tracks the videos beside
    the truth with the options below and scores the tracks.
    """
    if bool(predictions) == bool(weights):
        raise click.UsageError("give either PRED or --weights")
    from balltrack.cli.console import listen  # noqa: PLC0415  # rich, after --help
    from balltrack.evaluation.comparison import CRITERIA  # noqa: PLC0415
    from balltrack.evaluation.pairing import find_truths  # noqa: PLC0415

    listen(quiet=quiet, verbose=verbose)
    criterion = replace(CRITERIA[grid], tolerance=tolerance)
    annotations = find_truths(truths)
    if predictions:
        reports = iter([_from_files(predictions, annotations, criterion, size)])
    else:
        runs = [TrackOptions(weights=name, **tracking) for name in weights]
        reports = _from_weights(runs, annotations, criterion, quiet=quiet)
    if as_json:
        runs_json = [report.to_json() for report in reports]
        click.echo(json.dumps({"runs": runs_json}, allow_nan=False))
    else:
        for report in reports:
            _print(report)


def _from_files(
    paths: Sequence[Path],
    truths: Sequence[ClipFile],
    criterion: Criterion,
    size: tuple[int, int] | None,
) -> Report:
    from balltrack.evaluation.clips import read_clips  # noqa: PLC0415
    from balltrack.evaluation.pairing import find_predictions  # noqa: PLC0415
    from balltrack.evaluation.report import evaluate_clips  # noqa: PLC0415

    clips = read_clips(find_predictions(paths), truths, criterion, size)
    return evaluate_clips(clips, criterion)


def _from_weights(
    runs: Sequence[TrackOptions], truths: Sequence[ClipFile], criterion: Criterion, *, quiet: bool
) -> Iterator[Report]:
    from balltrack.cli.console import progress  # noqa: PLC0415
    from balltrack.evaluation.weights import evaluate_weights  # noqa: PLC0415  # loads torch

    for run in runs:
        with progress(f"tracking with {run.weights}", quiet=quiet) as report:
            result = evaluate_weights(truths, run, criterion, progress=report)
        yield result


def _print(report: Report) -> None:
    """The table on stdout, and under it who was right how often."""
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from balltrack.evaluation.metrics import by_source, by_visibility, count  # noqa: PLC0415
    from balltrack.evaluation.report import COLUMNS  # noqa: PLC0415

    table = Table(title=_title(report), title_justify="left", box=None, header_style="bold")
    for name in COLUMNS:
        table.add_column(name, justify="left" if name == COLUMNS[0] else "right", no_wrap=True)
    for row in report.rows():
        table.add_row(*row)
    console = Console(width=1000, highlight=False)  # figures are whole, however narrow the window
    console.print(table)
    total = report.total
    kinds = {VISIBILITY[kind]: share for kind, share in by_visibility(total).items()}
    sources = {source.label: share for source, share in by_source(total).items()}
    for title, shares in (("right by visibility", kinds), ("right by source", sources)):
        cells = [f"{name} {share.right}/{share.total}" for name, share in shares.items()]
        console.print(f"{title}: {', '.join(cells) or '-'}")
    if missing := count(total).missing_rows:
        console.print(f"labelled frames without a row in the prediction: {missing}")


def _title(report: Report) -> str:
    criterion = report.criterion
    where = "{}x{} grid".format(*criterion.grid) if criterion.grid else "source pixels"
    sign = "<=" if criterion.inclusive else "<"
    who = report.options.weights if report.options else "predictions"
    return f"{who}: right at {sign} {criterion.tolerance:g} px, {where}"
