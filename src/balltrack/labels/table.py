"""Comma-separated tables read by column name, each row with its place in the file."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

from balltrack.errors import counted
from balltrack.labels.rows import Place, open_labels

# TrackNet's Label.csv (Huang et al. 2019, data set) spells the same columns at length; others'
# tables call them FrameName, Visibility Class, Ball, frame_num, visible.
LONG_NAMES = {
    "filename": "frame",
    "framename": "frame",
    "framenum": "frame",
    "xcoordinate": "x",
    "ycoordinate": "y",
    "ball": "visibility",
    "visibilityclass": "visibility",
    "visible": "visibility",
}
"""As they are written, in lower case and without what parts words, and as we call them."""

NOTHING = frozenset({"", "nan", "na"})
"""What stands, in lower case, where a table has no number: "NA" is R's."""


def read_table(
    path: Path, needed: Sequence[str], form: str = "Frame,Visibility,X,Y"
) -> Iterator[tuple[Place, dict[str, str]]]:
    """Yield each row as {column: text}, column names in lower case.

    Names are matched whatever their case and order, long names under their short ones;
    columns nobody asked for stay in the row, blank lines are passed over.

    Args:
        path: the file.
        needed: columns that must be there, in lower case.
        form: the header that was expected, for messages.

    Raises:
        LabelError: not readable, no header, a column missing, or a row too short.
    """
    with open_labels(path) as file:
        rows = csv.reader(file)
        try:
            header = _header(path, next(rows, []), needed, form)
            for cells in rows:
                if any(cell.strip() for cell in cells):
                    place = Place(path, rows.line_num)
                    if len(cells) < len(header) or any(cells[len(header) :]):
                        raise place.error(
                            f"the row has {counted(len(cells), 'column')}, expected {len(header)}"
                        )
                    row = zip(header, cells, strict=False)  # trailing commas do no harm
                    yield place, {name: cell.strip() for name, cell in row}
        except csv.Error as error:
            raise Place(path, rows.line_num).error(
                f"is not comma-separated text ({error}), expected a label file"
            ) from None


def first_cells(head: str) -> list[str]:
    """The cells of the first line of a file that begins so, in lower case; none of what is no
    table."""
    try:
        cells = next(csv.reader(StringIO(head, newline="")), [])
    except csv.Error:
        return []
    return [cell.strip().lower() for cell in cells]


def columns_of(path: Path) -> frozenset[str]:
    """The columns of a table with rows, as `read_table` calls them; none where it has no row.

    Raises:
        LabelError: as `read_table`.
    """
    return frozenset(next((row for _, row in read_table(path, needed=())), {}))


def ball_number(place: Place, row: dict[str, str]) -> int:
    """Which ball a row is of; 1 is the one in play, and that of a table that knows but one."""
    return place.ball(row.get("ball", "1"))


def frame_number(place: Place, text: str) -> int:
    """The frame number, of an image name its stem: ``0012.jpg`` is frame 12."""
    name = Path(text)
    is_image = name.suffix.lower() in {".jpg", ".jpeg", ".png"}
    return place.integer("frame", name.stem if is_image else text)


def short_names(names: Sequence[str]) -> list[str]:
    """Names of columns in lower case → those that we call them, unless another is called so."""
    known = {*names}
    short = [LONG_NAMES.get(re.sub("[ _-]", "", name), name) for name in names]
    return [name if one in known else one for name, one in zip(names, short, strict=True)]


def _header(path: Path, cells: Sequence[str], needed: Sequence[str], form: str) -> list[str]:
    names = short_names([cell.strip().lower() for cell in cells])
    missing = [name for name in needed if name not in names]
    if missing:
        if not cells:
            raise Place(path, 1).error(f"there is no header, expected {form}")
        found = ",".join(cells)[:80]
        advice = "; separate the columns by commas" if len(cells) == 1 else ""
        raise Place(path, 1).error(
            f"the header lacks {', '.join(missing)}, expected {form}; got {found!r}{advice}"
        )
    return names
