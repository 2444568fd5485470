"""What a person wrote about a clip, as a comma-separated table.

Two spellings: TrackNetV2/V3's ``Frame,Visibility,X,Y`` (here also with ``Status``),
and TrackNet's ``Label.csv``: ``file name,visibility,x-coordinate,y-coordinate,status``
with image names such as ``0012.jpg`` for frames.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from balltrack.labels.rows import in_order
from balltrack.labels.sheet import UNKNOWN_STATUS
from balltrack.labels.table import ball_number, frame_number, read_table
from balltrack.structures import Labels


def read_labels(path: Path) -> Labels:
    """Read an annotation; the position of a row with visibility 0 is not looked at.

    Of a table with several balls that is the one in play, ``Ball`` 1.

    Raises:
        LabelError: not readable, or a bad row; says ``file:line``.
    """
    table = read_table(path, needed=("frame", "visibility", "x", "y"))
    in_play = ((place, row) for place, row in table if ball_number(place, row) == 1)
    placed = in_order((place, frame_number(place, row["frame"]), row) for place, row in in_play)
    frames, rows = [], []
    for place, row in placed:
        seen = place.integer("visibility", row["visibility"], high=3)
        xy = [place.number(axis, row[axis]) if seen else math.nan for axis in "xy"]
        text = row.get("status", "")
        status = place.integer("status", text, high=2) if text else UNKNOWN_STATUS
        frames.append(frame_number(place, row["frame"]))
        rows.append((seen, status, *xy))
    values = np.array(rows, dtype=np.float64).reshape(-1, 4)
    return Labels(
        frame_index=np.array(frames, dtype=np.int64),
        visibility=values[:, 0].astype(np.int8),
        xy=values[:, 2:],
        status=values[:, 1].astype(np.int8),
    )
