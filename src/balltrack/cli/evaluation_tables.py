"""What is said on stdout of an evaluation; rich and numpy load with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from balltrack.evaluation.breakdowns import VISIBILITY, spread
from balltrack.evaluation.comparison import LABEL_GAP, Comparison
from balltrack.evaluation.metrics import by_source, by_visibility, count, mean_confidence
from balltrack.evaluation.page.card import card
from balltrack.evaluation.pairing import find_truths
from balltrack.evaluation.report import COLUMNS, Report, cell, figure_cells
from balltrack.evaluation.venues import test_sets, venues

if TYPE_CHECKING:
    from balltrack.evaluation.details import Details


def print_evaluation(
    report: Report, details: Details | None, groups: dict[str, dict[str, Comparison]]
) -> None:
    """The table on stdout, and under it who was right how often, also by group."""
    console = Console(width=1000, highlight=False)  # figures are whole, however narrow the window
    console.print(table(report.title, COLUMNS, report.rows()))
    total = report.total
    kinds = {VISIBILITY[kind]: share for kind, share in by_visibility(total).items()}
    sources = {source.label: share for source, share in by_source(total).items()}
    for title, shares in (("right by visibility", kinds), ("right by source", sources)):
        cells = [f"{name} {share.right}/{share.total}" for name, share in shares.items()]
        console.print(f"{title}: {', '.join(cells) or '-'}")
    if in_gaps := int(total.in_label_gap.sum()):
        where = f"gaps of the labels of at most {LABEL_GAP} frames, on the flight"
        console.print(f"FP2 in {where}: {in_gaps} of {count(total).fp2}")
    if missing := count(total).missing_rows:
        console.print(f"labelled frames without a row in the prediction: {missing}")
    for kind, members in groups.items():
        columns = [kind, *COLUMNS[1:]]
        rows = [[*figure_cells(*member)] for member in members.items()]
        if kind == "confidence":
            columns.append("mean confidence")
            for row, group in zip(rows, members.values(), strict=True):
                row.append(cell(mean_confidence(group), 4))
        console.print(table("", columns, rows))
        if kind == "venue" and (venues := spread(members)):
            console.print(f"strict F1 of venues: {venues}")
    if details is not None:
        console.print(table("", ("group", *COLUMNS[1:]), details.group_rows()))
        for sentence in details.sentences():
            console.print(sentence)


def print_card(truths: Sequence[Path], report: Report, *_: object) -> None:
    """The tables of a model card on stdout.

    Args:
        truths: paths that were given, each a test set.
        report: of their clips.
    """
    files = find_truths(truths)
    click.echo(card(report.clips, test_sets(truths), venues(files)), nl=False)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Names to the left, figures to the right, under a title."""
    made = Table(title=title, title_justify="left", box=None, header_style="bold")
    for name in columns:
        made.add_column(name, justify="left" if name == columns[0] else "right", no_wrap=True)
    for row in rows:
        made.add_row(*row)
    return made
