"""DeepLabCut's CSV (Mathis et al. 2018; https://deeplabcut.github.io, "Output").

Three lines of header, scorer, bodyparts, coords, then one a frame: its number from 0, or the
image that it is (``labeled-data/clip/img0012.png``), and x, y, likelihood of each body part.
Labels of people have no likelihood, or empty ones. Pixels are as ours: its viewers put a pixel's
centre at whole numbers.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from balltrack.labels.rows import Place, open_labels
from balltrack.labels.sheet import Facet, Row, Setting, Sheet, sheet_from_rows
from balltrack.labels.table import NOTHING, first_cells
from balltrack.labels.tools.documents import BALL, frame_of

SUFFIXES = (".csv",)
HOLDS = frozenset({Facet.POSITIONS, Facet.FRACTIONS, Facet.SCORES, Facet.UNSEEN, Facet.GAPS})
FORM = "DeepLabCut's lines of scorer, bodyparts and coords"


def recognises(head: str) -> bool:
    """Whether a file that begins so is DeepLabCut's."""
    return first_cells(head)[:1] == ["scorer"]


def write(sheet: Sheet, file: TextIO, _: Setting) -> None:
    """A line a row, empty cells where there is no ball."""
    table = csv.writer(file, lineterminator="\n")
    table.writerow(("scorer", *["balltrack"] * 3))
    table.writerow(("bodyparts", *[BALL] * 3))
    table.writerow(("coords", "x", "y", "likelihood"))
    track = sheet.track
    for i, frame in enumerate(track.frame_index.tolist()):
        seen = sheet.visibility[i] > 0
        place = track.xy[i].tolist() if seen else ("", "")
        table.writerow((frame, *place, float(track.score[i])))


def read(path: Path, _: tuple[int, int] | None = None) -> Sheet:
    """Read the body part called ball, or the only one.

    Raises:
        LabelError: not DeepLabCut's table, several body parts of which none is a ball, or a bad
            row.
    """
    return sheet_from_rows(_rows(path))


def _rows(path: Path) -> Iterator[tuple[Place, Row]]:
    with open_labels(path) as file:
        rows = csv.reader(file)
        header = [next(rows, []) for _ in range(3)]
        place = Place(path, 3)
        if [cells[:1] for cells in header] != [["scorer"], ["bodyparts"], ["coords"]]:
            raise place.error(f"expected {FORM}")
        parts = sorted({name for name in header[1][1:] if name})
        part = BALL if BALL in parts else parts[0] if len(parts) == 1 else None
        if part is None:
            raise place.error(f"holds {', '.join(parts) or 'nothing'}, expected {BALL}, or one")
        columns = {
            axis: i
            for i, (name, axis) in enumerate(zip(header[1], header[2], strict=False))
            if name == part
        }
        if not {"x", "y"} <= columns.keys():
            raise place.error(f"has no x and y of {part}, expected {FORM}")
        index = columns["x"] if len(parts) == 1 else _index_columns(header[1])
        for cells in rows:
            if any(cell.strip() for cell in cells):
                yield _row(Place(path, rows.line_num), cells, columns, index)


def _index_columns(names: list[str]) -> int:
    """How many columns come before the first body part's."""
    return next((i for i, name in enumerate(names[1:], start=1) if name), 1)


def _row(place: Place, cells: list[str], columns: dict[str, int], index: int) -> tuple[Place, Row]:
    if len(cells) <= max(columns.values()):
        raise place.error(f"has {len(cells)} columns, expected {max(columns.values()) + 1}")
    name = cells[index - 1]
    frame = place.integer("frame", name) if name.strip().isdigit() else frame_of(place, name)
    x, y = (cells[columns[axis]].strip() for axis in "xy")
    if x.lower() in NOTHING:
        return place, Row(frame, math.nan, math.nan, visibility=0)
    at = place.number("x", x), place.number("y", y)
    told = cells[columns["likelihood"]].strip() if "likelihood" in columns else ""
    return place, Row(frame, *at, 1.0 if told.lower() in NOTHING else place.score(told))
