"""The tables of a model card, in Markdown: scores of sets and venues, and what they hide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from balltrack.evaluation.breakdowns import (
    VISIBILITY,
    by_confidence,
    by_name,
    by_visibility,
    spread,
)
from balltrack.evaluation.comparison import Comparison
from balltrack.evaluation.metrics import count, localisation, mean_confidence
from balltrack.evaluation.report import cell

RATIOS = ("P", "R", "F1", "strict R", "strict F1")
SUMS = ("TP", "TN", "FP1", "FP2", "FN", "FP2 in gaps")
"""The last are those FP2 that lie on the flight, in short gaps of the labels."""
DISTANCE = "px at 1080p"


def card(
    clips: Mapping[str, Comparison], sets: Mapping[str, str], venues: Mapping[str, str]
) -> str:
    """Scores of sets and venues, right answers by how well the ball is seen, and calibration.

    Args:
        clips: name → comparison.
        sets: name of every clip → the test set that it belongs to.
        venues: name of every clip → where it was filmed.

    Returns:
        Tables with an empty line between them, one a kind; under that of the venues a line with the
        mean and the worst of their strict F1, where there are two.
    """
    tested, places = by_name(clips, sets), by_name(clips, venues)
    apart = spread(places)
    parts = (
        _scores("set", tested),
        _scores("venue", places),
        f"Strict F1 of venues: {apart}." if apart else "",
        _visibility(tested),
        _calibration(tested),
    )
    return "\n\n".join(filter(None, parts)) + "\n"


def _scores(kind: str, groups: Mapping[str, Comparison]) -> str:
    rows = []
    for name, group in groups.items():
        c = count(group)
        ratios = (c.precision, c.recall, c.f1, c.strict_recall, c.strict_f1)
        sums = (c.tp, c.tn, c.fp1, c.fp2, c.fn, int(group.in_label_gap.sum()))
        distance = cell(localisation(group).full_hd, 1)
        rows.append((name, c.frames, *(cell(ratio, 3) for ratio in ratios), *sums, distance))
    return _table((kind, "frames", *RATIOS, *SUMS, DISTANCE), rows)


def _visibility(groups: Mapping[str, Comparison]) -> str:
    """Right answers of frames, a row for each class that there is anywhere."""
    shares = {name: by_visibility(group) for name, group in groups.items()}
    rows = [
        (kind, *(_share(classes.get(kind)) for classes in shares.values()))
        for kind in [*list(VISIBILITY.values())[1:], VISIBILITY[0]]
        if any(kind in classes for classes in shares.values())
    ]
    return _table(("ball", *groups), rows)


def _share(group: Comparison | None) -> str:
    return "–" if group is None else f"{int(group.right.sum())} of {len(group)}"


def _calibration(groups: Mapping[str, Comparison]) -> str:
    """What confidence says and what is true, by its tenths; nothing where no labels state any."""
    tenths = {name: by_confidence(group) for name, group in groups.items()}
    named = sorted({tenth for parts in tenths.values() for tenth in parts})
    if not named:
        return ""
    rows = [(tenth, *(_stated(parts.get(tenth)) for parts in tenths.values())) for tenth in named]
    return _table(("confidence", *(f"{name}: rows, stated, true" for name in groups)), rows)


def _stated(group: Comparison | None) -> str:
    if group is None:
        return "–"
    true = cell(count(group).precision, 2)
    return f"{len(group)}, {cell(mean_confidence(group), 2)}, {true}"


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    return "\n".join(_lines(columns, rows))


def _lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    for row in (columns, ["---"] * len(columns), *rows):
        yield f"| {' | '.join(str(value).replace('|', chr(92) + '|') for value in row)} |"
