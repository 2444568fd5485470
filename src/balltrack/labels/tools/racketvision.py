"""RacketVision's tables of the ball (Dong et al., "RacketVision", 2025; OrcustD/RacketVision).

``Frame,X,Y,Visibility,Confidence``, whole pixels, frames from 0; labels of people have no
``Confidence``.
"""

from __future__ import annotations

import csv
import math
from typing import TextIO

from balltrack.labels.sheet import Facet, Setting, Sheet
from balltrack.labels.table import first_cells

SUFFIXES = (".csv",)
HOLDS = frozenset({Facet.POSITIONS, Facet.SCORES, Facet.UNSEEN, Facet.GAPS})
COLUMNS = ("Frame", "X", "Y", "Visibility", "Confidence")


def recognises(head: str) -> bool:
    """Whether a file that begins so is RacketVision's."""
    return {*first_cells(head)} == {name.lower() for name in COLUMNS}


def write(sheet: Sheet, file: TextIO, _: Setting) -> None:
    """A line a row, zeros where there is no ball."""
    table = csv.writer(file, lineterminator="\n")
    table.writerow(COLUMNS)
    track = sheet.track
    for i, frame in enumerate(track.frame_index.tolist()):
        seen = int(sheet.visibility[i] > 0)
        x, y = (math.floor(v + 0.5) for v in track.xy[i].tolist()) if seen else (0, 0)
        table.writerow((frame, x, y, seen, f"{track.score[i]:.4f}" if seen else 0))
