"""``balltrack evaluate``: files or weights → figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from balltrack.cli import asked, event_options, options
from balltrack.errors import counted
from balltrack.options import Breakdown, ReadOptions, TrackOptions

if TYPE_CHECKING:
    from balltrack.evaluation.comparison import Criterion
    from balltrack.evaluation.details import Details
    from balltrack.evaluation.pairing import ClipFile
    from balltrack.evaluation.report import Report

KINDS = get_args(Breakdown)
WITH_PICTURES = "--details, --json or --page"


class Kinds(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    """Kinds of groups with commas between, ``surface,venue``."""

    name = "kinds"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        kinds = tuple(str(value).split(","))
        for kind in kinds:
            if kind not in KINDS:
                self.fail(f"{kind!r} is none of {', '.join(KINDS)}", param, ctx)
        return kinds


@click.command()
@click.argument("predictions", metavar="[PRED]...", nargs=-1, type=options.PATH)
@click.option(
    "--truth",
    "truths",
    metavar="PATH",
    multiple=True,
    required=True,
    type=options.PATH,
    help="Annotation, or a folder searched for *_ball.csv and Label.csv.  [repeatable]",
)
@click.option(
    "--weights",
    multiple=True,
    metavar="NAME|PATH",
    help="Track the videos beside the truth with these first.  [repeatable]",
)
@click.option(
    "--size",
    metavar="WxH",
    type=event_options.Size(),
    help="Of videos that are not beside their truth.",
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
@click.option(
    "--details",
    is_flag=True,
    help="Also average precision, intervals, and figures by visibility, speed, shot, gap length "
    "and repeated frames; --json always has them.",
)
@click.option(
    "--by",
    type=Kinds(),
    multiple=True,
    metavar="|".join(KINDS),
    help="Also figures of groups, one or more with commas between: by the ground of a venue, its "
    "folder (and the mean and the worst of them), how well the ball is seen, its speed, the "
    "confidence stated.  [repeatable]",
)
@click.option(
    "--markdown",
    is_flag=True,
    help="Print the tables of a model card instead: scores of every --truth and every venue, the "
    "worst venue, right answers by how well the ball is seen, and calibration.",
)
@click.option(
    "--venues",
    "venue_table",
    metavar="FILE",
    type=options.PATH,
    show_default="the nearest venues.csv beside the truth or above it",
    help="For --by surface: a table with the columns venue,surface.",
)
@click.option(
    "--page",
    metavar="FILE",
    type=options.PATH,
    help="Write the worst misses as pictures into an HTML file.",
)
@click.option(
    "--page-misses",
    type=click.IntRange(1, 1000),
    default=40,
    show_default=True,
    help="At most so many on the page.",
)
@options.overwrite
@options.as_json
@options.quality
@options.of(TrackOptions, without={"weights", "start_s", "end_s", "balls"})
@options.quiet
@options.verbose
def evaluate(
    predictions: tuple[Path, ...],
    truths: tuple[Path, ...],
    weights: tuple[str, ...],
    size: tuple[int, int] | None,
    tolerance: float,
    grid: str,
    details: bool,
    by: tuple[tuple[str, ...], ...],
    markdown: bool,
    venue_table: Path | None,
    page: Path | None,
    page_misses: int,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **tracking: Any,
) -> None:
    """Score predictions, or weights, against what people labelled.

    PRED are label files, or folders of them; X.csv or X.jsonl goes with the truth
    X_ball.csv, X.csv or X/Label.csv, and one file with one truth whatever their names.
    Without PRED, --weights tracks the videos beside the truth with the options below and
    scores the tracks.
    """
    if "quality" in asked.given() and not (predictions or weights):
        weights = (TrackOptions.weights,)
    if bool(predictions) == bool(weights):
        raise click.UsageError("give either PRED or --weights")
    if page is not None and len(weights) > 1:
        raise click.UsageError("--page shows one tracker; give --weights once")
    _refuse_idle_options(click.get_current_context())
    from balltrack.cli.console import listen  # noqa: PLC0415  # rich, after --help
    from balltrack.cli.outputs import check_suffix, claim_outputs  # noqa: PLC0415
    from balltrack.evaluation.breakdowns import break_down  # noqa: PLC0415
    from balltrack.evaluation.comparison import CRITERIA  # noqa: PLC0415
    from balltrack.evaluation.pairing import find_truths  # noqa: PLC0415

    listen(quiet=quiet, verbose=verbose)
    criterion = replace(CRITERIA[grid], tolerance=tolerance)
    annotations = find_truths(truths)
    kinds = list(dict.fromkeys(kind for group in by for kind in group))
    places = _places(kinds, annotations, venue_table)
    if page is not None:
        inputs = [*predictions, *(truth.path for truth in annotations)]
        claim_outputs([page], overwrite=overwrite, inputs=inputs)
        check_suffix(page, "the page is an .html", ".html", ".htm")
    reading = ReadOptions(reader=tracking["reader"], video_stream=tracking["video_stream"])
    if predictions:
        reports = iter([_from_files(predictions, annotations, criterion, size, reading)])
    else:
        runs = [TrackOptions(weights=name, **tracking) for name in weights]
        asked.refuse_idle_tracking(runs)
        reports = _from_weights(runs, annotations, criterion, quiet=quiet)
    documents = []
    show = _printer(truths, markdown=markdown)
    for report in reports:
        found = _examine(report, reading, quiet=quiet) if details or as_json else None
        if page is not None:
            _write_page(report, page, page_misses, reading, quiet=quiet)
        groups = break_down(report.clips, kinds, places)
        if as_json and found:
            documents.append({**report.to_json(groups), "details": found.to_json()})
        else:
            show(report, found, groups)
    if as_json:
        click.echo(json.dumps({"runs": documents}, allow_nan=False))


def _printer(truths: Sequence[Path], *, markdown: bool) -> Callable[..., None]:
    """What prints a report, its details and its groups."""
    from balltrack.cli.evaluation_tables import print_card, print_evaluation  # noqa: PLC0415

    return partial(print_card, truths) if markdown else print_evaluation


def _refuse_idle_options(context: click.Context) -> None:
    """Raise `click.UsageError` for options on the command line that would change nothing."""
    given = asked.given()
    pictured = ["reader", "video_stream"]
    tracking = {field.name for field in fields(TrackOptions)} - {"weights", *pictured}
    tracking |= {"quality"}
    tracked = not context.params["predictions"]
    pictures = {"details", "as_json", "page"} & {*given}
    asked.refuse_idle(
        {
            "with PRED; it belongs to --weights": [] if tracked else tracking,
            f"with PRED alone; add {WITH_PICTURES}": [] if tracked or pictures else pictured,
            "with --weights, whose videos say it": ["size"] if tracked else [],
            "with --markdown, which has tables of its own": ["as_json", "details", "by"]
            if "markdown" in given
            else [],
            "without --by surface": [] if _by_surface(context) else ["venue_table"],
            "without --page": [] if "page" in given else ["page_misses", "overwrite"],
        }
    )


def _by_surface(context: click.Context) -> bool:
    return any("surface" in kinds for kinds in context.params["by"])


def _places(
    kinds: Sequence[str], truths: Sequence[ClipFile], table: Path | None
) -> dict[str, dict[str, str]]:
    """For the kinds that go by clip: name of every clip → what it belongs to."""
    from balltrack.evaluation.venues import surfaces, venues  # noqa: PLC0415

    finders = {"surface": lambda: surfaces(truths, table), "venue": lambda: venues(truths)}
    return {kind: finders[kind]() for kind in kinds if kind in finders}


def _from_files(
    paths: Sequence[Path],
    truths: Sequence[ClipFile],
    criterion: Criterion,
    size: tuple[int, int] | None,
    reading: ReadOptions,
) -> Report:
    from balltrack.evaluation.clips import read_clips  # noqa: PLC0415
    from balltrack.evaluation.pairing import find_predictions  # noqa: PLC0415
    from balltrack.evaluation.report import evaluate_clips  # noqa: PLC0415

    clips = read_clips(find_predictions(paths), truths, criterion, size, reading)
    return evaluate_clips(clips, criterion)


def _from_weights(
    runs: Sequence[TrackOptions], truths: Sequence[ClipFile], criterion: Criterion, *, quiet: bool
) -> Iterator[Report]:
    from balltrack.cli.console import progress  # noqa: PLC0415
    from balltrack.evaluation.weights import evaluate_weights  # noqa: PLC0415  # loads torch

    for run in runs:
        with progress(f"tracking with {run.networks}", quiet=quiet) as report:
            result = evaluate_weights(truths, run, criterion, progress=report)
        yield result


def _examine(report: Report, reading: ReadOptions, *, quiet: bool) -> Details:
    from balltrack.cli.console import progress  # noqa: PLC0415
    from balltrack.evaluation.details import examine  # noqa: PLC0415  # loads OpenCV

    with progress("looking for repeated frames", quiet=quiet) as watch:
        return examine(report, reading=reading, progress=watch)


def _write_page(
    report: Report, page: Path, limit: int, reading: ReadOptions, *, quiet: bool
) -> None:
    from balltrack.cli.console import say  # noqa: PLC0415
    from balltrack.evaluation.page.page import write_page  # noqa: PLC0415  # loads OpenCV

    shown, total = write_page(report, page, limit=limit, reading=reading)
    if not quiet:
        say(f"{shown} of {counted(total, 'miss')} → {page}")
