"""MOTChallenge text (https://motchallenge.net/instructions).

``frame,id,left,top,width,height,conf,x,y,z``, no header. Frames count from 1, and so do pixels:
the corner of the top-left one is at 1, 1. Ground truth has nine columns, the seventh a flag.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from balltrack.labels.rows import Place, open_labels
from balltrack.labels.sheet import Facet, Row, Setting, Sheet, sheet_from_rows
from balltrack.labels.table import first_cells
from balltrack.labels.tools.documents import box_centre, corner_box

SUFFIXES = (".txt", ".csv")
HOLDS = frozenset({Facet.POSITIONS, Facet.FRACTIONS, Facet.SCORES, Facet.GAPS})
FIRST = 1
UNKNOWN = -1.0


def recognises(head: str) -> bool:
    """Whether a file that begins so is one: numbers from the first line on."""
    cells = first_cells(head.lstrip())
    return len(cells) >= 6 and all(_is_number(cell) for cell in cells)


def write(sheet: Sheet, file: TextIO, setting: Setting) -> None:
    """A line where there is a ball, all of one identity."""
    track = sheet.track
    for i, frame in enumerate(track.frame_index.tolist()):
        if not sheet.visibility[i]:
            continue
        left, top = (side + FIRST for side in corner_box(track.xy[i], setting.box))
        box = f"{left:.2f},{top:.2f},{setting.box:.2f},{setting.box:.2f}"
        file.write(f"{frame + FIRST},1,{box},{track.score[i]:.4f},-1,-1,-1\n")


def read(path: Path, _: tuple[int, int] | None = None) -> Sheet:
    """Read the middles of the boxes; there is one object.

    Raises:
        LabelError: a line is not one of MOT's, or a frame has two boxes.
    """
    return sheet_from_rows(_rows(path))


def _rows(path: Path) -> Iterator[tuple[Place, Row]]:
    with open_labels(path) as file:
        for line, cells in enumerate(csv.reader(file), start=1):
            if not any(cell.strip() for cell in cells):
                continue
            place = Place(path, line)
            if len(cells) < 6:
                raise place.error(
                    f"has {len(cells)} columns, expected frame,id,left,top,width,height,conf"
                )
            frame = place.integer("frame", cells[0]) - FIRST
            if frame < 0:
                raise place.error("frame must be at least 1")
            left, top, width, height = (place.number("box", cell) for cell in cells[2:6])
            x, y = box_centre(left - FIRST, top - FIRST, width, height)
            # Of ground truth the seventh column is a flag, and -1 stands for nothing known.
            told = place.number("conf", cells[6]) if len(cells) not in (6, 9) else UNKNOWN
            yield place, Row(frame, x, y, 1.0 if told == UNKNOWN else place.score(told))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
