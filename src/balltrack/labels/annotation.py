"""What a person wrote about a clip, as a comma-separated table.

Two spellings: TrackNetV2/V3's ``Frame,Visibility,X,Y`` (here also with ``Status``),
and TrackNet's ``Label.csv``: ``file name,visibility,x-coordinate,y-coordinate,status``
with image names such as ``0012.jpg`` for frames.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from balltrack.labels.rows import Place
from balltrack.labels.table import read_table
from balltrack.structures import Labels

UNKNOWN_STATUS = -1


def read_labels(path: Path) -> Labels:
    """Read an annotation; the position of a row with visibility 0 is not looked at.

    Raises:
        LabelError: not readable, or a bad row; says ``file:line``.
    """
    frames: list[int] = []
    visibility: list[int] = []
    positions: list[tuple[float, float]] = []
    status: list[int] = []
    for place, row in read_table(path, needed=("frame", "visibility", "x", "y")):
        frame = _frame(place, row["frame"])
        frames.append(place.after("frame", frame, frames[-1]) if frames else frame)
        visibility.append(place.integer("visibility", row["visibility"], high=3))
        if visibility[-1]:
            positions.append((place.number("x", row["x"]), place.number("y", row["y"])))
        else:
            positions.append((math.nan, math.nan))
        text = row.get("status", "")
        status.append(place.integer("status", text, high=2) if text else UNKNOWN_STATUS)
    return Labels(
        frame_index=np.array(frames, dtype=np.int64),
        visibility=np.array(visibility, dtype=np.int8),
        xy=np.array(positions, dtype=np.float64).reshape(-1, 2),
        status=np.array(status, dtype=np.int8),
    )


def _frame(place: Place, text: str) -> int:
    """The frame number, of an image name its stem: ``0012.jpg`` is frame 12."""
    name = Path(text)
    is_image = name.suffix.lower() in {".jpg", ".jpeg", ".png"}
    return place.integer("frame", name.stem if is_image else text)
