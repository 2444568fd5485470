"""YOLO's folder of texts, one a frame (https://docs.ultralytics.com/datasets/detect).

``class x y width height``, the middle of the box in shares of the picture, 0, 0 its top-left
corner. An empty text is a frame without a ball. ``clip_12.txt`` is the frame that Ultralytics'
``predict`` calls so, counted from 1; ``frame_000012.txt`` is CVAT's, counted from 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from balltrack.errors import LabelError, OptionError
from balltrack.labels.rows import Place, open_labels
from balltrack.labels.sheet import Facet, Row, Setting, Sheet, sheet_from_rows
from balltrack.labels.tools.documents import CORNER, frame_of

HOLDS = frozenset({Facet.POSITIONS, Facet.FRACTIONS, Facet.UNSEEN, Facet.GAPS})
FROM_0 = "frame_"
"""How the names begin that count from 0."""


def write(sheet: Sheet, folder: Path, setting: Setting) -> None:
    """A text a row into an empty folder; needs a row, and the video's size."""
    size = setting.size("yolo")
    if not len(sheet):
        raise OptionError("yolo has a file a row, and there is no row to write")
    stem = Path(setting.video.path).stem if setting.video else "clip"
    stem = f"_{stem}" if stem.startswith(FROM_0.rstrip("_")) else stem
    for i, frame in enumerate(sheet.track.frame_index.tolist()):
        line = ""
        if sheet.visibility[i]:
            x, y = (
                (value + CORNER) / side
                for value, side in zip(sheet.track.xy[i].tolist(), size, strict=True)
            )
            line = f"0 {x:.8f} {y:.8f} {setting.box / size[0]:.8f} {setting.box / size[1]:.8f}\n"
        (folder / f"{stem}_{frame + 1}.txt").write_text(line, encoding="utf-8")


def is_own_folder(folder: Path) -> bool:
    """Whether nothing but YOLO's texts is in a folder."""
    try:
        return all(path.match("*[0-9].txt") and [*_rows(path, (1, 1))] for path in folder.iterdir())
    except LabelError:
        return False


def read(path: Path, size: tuple[int, int] | None = None) -> Sheet:
    """Read a folder of texts.

    Raises:
        LabelError: nobody knows the video's size, a line is not one of YOLO's, or two balls are
            on a frame.
    """
    if size is None:
        raise LabelError(f"{path}: YOLO's shares need the size of the video; convert with --video")
    texts = sorted(path.glob("*[0-9].txt"))
    if not texts:
        raise LabelError(f"{path}: holds no such file as clip_12.txt, expected YOLO's labels")
    return sheet_from_rows(row for text in texts for row in _rows(text, size))


def _rows(path: Path, size: tuple[int, int]) -> Iterator[tuple[Place, Row]]:
    frame = frame_of(Place(path, 1), path.name) - (not path.name.startswith(FROM_0))
    if frame < 0:
        raise Place(path, 1).error("is frame 0, but frames count from 1, or are called frame_…")
    with open_labels(path) as file:
        lines = [(number, line.split()) for number, line in enumerate(file, 1) if line.strip()]
    for number, cells in lines:
        place = Place(path, number)
        if len(cells) not in (5, 6):
            raise place.error(f"has {len(cells)} values, expected class x y width height")
        x, y = (
            place.number(axis, cell) * side - CORNER
            for axis, cell, side in zip("xy", cells[1:3], size, strict=True)
        )
        yield place, Row(frame, x, y, place.score(cells[5]) if len(cells) == 6 else 1.0)
    if not lines:
        yield Place(path, 1), Row(frame, math.nan, math.nan, visibility=0)
