"""TrackNet's ``Label.csv`` (Huang et al. 2019): one folder of images, one table.

``file name,visibility,x-coordinate,y-coordinate,status``; ``0012.jpg`` is frame 12, counted from
0. Visibility is a class from 0 to 3; a frame without a ball has empty cells.
"""

from __future__ import annotations

import csv
import math
from typing import TextIO

from balltrack.labels.sheet import UNKNOWN_STATUS, Facet, Setting, Sheet
from balltrack.labels.table import first_cells

SUFFIXES = (".csv",)
HOLDS = frozenset(
    {
        Facet.POSITIONS,
        Facet.HARD,
        Facet.OCCLUSION,
        Facet.STATUS,
        Facet.UNSEEN,
        Facet.GAPS,
    }
)
COLUMNS = ("file name", "visibility", "x-coordinate", "y-coordinate", "status")


def recognises(head: str) -> bool:
    """Whether a file that begins so is TrackNet's."""
    return first_cells(head)[:1] == [COLUMNS[0]]


def write(sheet: Sheet, file: TextIO, _: Setting) -> None:
    """A line a row; the status is empty where there is no ball, 0 where nothing is said."""
    table = csv.writer(file, lineterminator="\n")
    table.writerow(COLUMNS)
    for i, frame in enumerate(sheet.track.frame_index.tolist()):
        name, visibility = f"{frame:04d}.jpg", int(sheet.visibility[i])
        status = int(sheet.status[i])
        if not visibility:
            table.writerow((name, 0, "", "", "" if status == UNKNOWN_STATUS else status))
            continue
        x, y = (math.floor(value + 0.5) for value in sheet.track.xy[i].tolist())
        table.writerow((name, visibility, x, y, max(status, 0)))
