"""DLTdv's xypts.csv (Hedrick 2008; https://biomech.web.unc.edu/dltdv), of one camera and point.

``pt1_cam1_X,pt1_cam1_Y``, a line a frame from the first on, NaN where there is no ball. As in
MATLAB the centre of the top-left pixel is 1, 1 in DLTdv8; DLTdv5 and older count y from below,
which a file does not say: turn such y round first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from balltrack.errors import OptionError
from balltrack.labels.rows import Place
from balltrack.labels.sheet import Facet, Row, Setting, Sheet, sheet_from_rows
from balltrack.labels.table import NOTHING, first_cells, read_table

SUFFIXES = (".csv",)
HOLDS = frozenset({Facet.POSITIONS, Facet.FRACTIONS, Facet.UNSEEN})
COLUMNS = ("pt1_cam1_X", "pt1_cam1_Y")
FIRST = 1.0
MOST_LINES = 10_000_000
"""Of a file: 46 hours at 60 frames a second."""


def recognises(head: str) -> bool:
    """Whether a file that begins so is DLTdv's."""
    return COLUMNS[0].lower() in first_cells(head)


def write(sheet: Sheet, file: TextIO, _: Setting) -> None:
    """A line a frame up to the last row's; those without a row are without a ball."""
    file.write(",".join(COLUMNS) + "\n")
    following = 0
    if len(sheet) and sheet.track.frame_index[-1] >= MOST_LINES:
        raise OptionError(
            f"dltdv has a line a frame; frame {sheet.track.frame_index[-1]} is too far for it"
        )
    for frame, xy in zip(sheet.track.frame_index.tolist(), sheet.track.xy.tolist(), strict=True):
        file.write("NaN,NaN\n" * (frame - following))
        x, y = ("NaN" if math.isnan(value) else f"{value + FIRST:.4f}" for value in xy)
        file.write(f"{x},{y}\n")
        following = frame + 1


def read(path: Path, _: tuple[int, int] | None = None) -> Sheet:
    """Read the first point of the first camera.

    Raises:
        LabelError: not DLTdv's table, further points or cameras in it, or a bad row.
    """
    return sheet_from_rows(_rows(path))


def _rows(path: Path) -> Iterator[tuple[Place, Row]]:
    names = tuple(name.lower() for name in COLUMNS)
    for frame, (place, row) in enumerate(read_table(path, names, ",".join(COLUMNS))):
        if any(name not in names and text.lower() not in NOTHING for name, text in row.items()):
            raise place.error("holds further points or cameras, expected one: export it alone")
        told = [row[name] for name in names]
        if any(text.lower() in NOTHING for text in told):
            yield place, Row(frame, math.nan, math.nan, visibility=0)
        else:
            x, y = (place.number(axis, text) for axis, text in zip("xy", told, strict=True))
            yield place, Row(frame, x - FIRST, y - FIRST)
