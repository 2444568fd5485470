"""SLEAP's analysis CSV (Pereira et al. 2022; https://sleap.ai, "Export analysis").

``track,frame_idx,instance.score,ball.x,ball.y,ball.score``, a line an instance. Frames count
from 0, and the centre of the top-left pixel is 0, 0 (its file format since 1.1).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from balltrack.labels.rows import Place
from balltrack.labels.sheet import Facet, Row, Setting, Sheet, sheet_from_rows
from balltrack.labels.table import NOTHING, first_cells, read_table
from balltrack.labels.tools.documents import BALL

SUFFIXES = (".csv",)
HOLDS = frozenset({Facet.POSITIONS, Facet.FRACTIONS, Facet.SCORES, Facet.GAPS})
COLUMNS = ("track", "frame_idx", "instance.score", f"{BALL}.x", f"{BALL}.y", f"{BALL}.score")


def recognises(head: str) -> bool:
    """Whether a file that begins so is SLEAP's."""
    return "frame_idx" in first_cells(head)


def write(sheet: Sheet, file: TextIO, _: Setting) -> None:
    """A line where there is a ball."""
    table = csv.writer(file, lineterminator="\n")
    table.writerow(COLUMNS)
    track = sheet.track
    for i, frame in enumerate(track.frame_index.tolist()):
        if sheet.visibility[i]:
            score = float(track.score[i])
            table.writerow(("", frame, score, *track.xy[i].tolist(), score))


def read(path: Path, _: tuple[int, int] | None = None) -> Sheet:
    """Read the node called ball, or the only one.

    Raises:
        LabelError: not SLEAP's table, several nodes of which none is a ball, two instances on a
            frame, or a bad row.
    """
    return sheet_from_rows(_rows(path))


def _rows(path: Path) -> Iterator[tuple[Place, Row]]:
    for place, row in read_table(path, ("frame_idx",), ",".join(COLUMNS)):
        nodes = sorted({name[:-2] for name in row if name.endswith(".x")})
        node = BALL if BALL in nodes else nodes[0] if len(nodes) == 1 else None
        if node is None or f"{node}.y" not in row:
            raise place.error(f"holds {', '.join(nodes) or 'no node'}, expected {BALL}, or one")
        if row[f"{node}.x"].lower() in NOTHING:
            continue
        x, y = (place.number(axis, row[f"{node}.{axis}"]) for axis in "xy")
        told = row.get(f"{node}.score", "")
        score = 1.0 if told.lower() in NOTHING else place.score(told)
        yield place, Row(place.integer("frame_idx", row["frame_idx"]), x, y, score)
