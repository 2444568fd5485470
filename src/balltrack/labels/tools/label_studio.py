"""Label Studio's JSON with a tracked box in a video (https://labelstud.io/tags/videorectangle).

Frames count from 1. Boxes are shares of the picture in percent, 0, 0 its top-left corner. A box
stays until the next key frame, on a straight way, unless its key frame is not ``enabled``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO

from balltrack.errors import LabelError
from balltrack.labels.rows import Place
from balltrack.labels.sheet import Facet, Row, Setting, Sheet, sheet_from_rows
from balltrack.labels.tools.documents import BALL, box_centre, corner_box, expecting, read_json

LONGEST_GAP = 10_000_000
"""Frames between two key frames."""

SUFFIXES = (".json",)
HOLDS = frozenset({Facet.POSITIONS, Facet.FRACTIONS, Facet.TIMES, Facet.GAPS})
FORM = (
    'Label Studio\'s [{"annotations": [{"result": [{"type": "videorectangle", '
    '"value": {"sequence": [...]}}]}]}]'
)


def recognises(head: str) -> bool:
    """Whether a file that begins so is Label Studio's."""
    return head.lstrip().startswith(("[", "{")) and (
        '"sequence"' in head or '"result"' in head or '"to_name"' in head
    )


def write(sheet: Sheet, file: TextIO, setting: Setting) -> None:
    """One task with one region; needs the video's size."""
    size = setting.size("label-studio")
    video = setting.video
    rate = float(video.frame_rate) if video else math.nan
    count = (video.frame_count if video else None) or int(
        sheet.track.frame_index.max(initial=-1)
    ) + 1
    value = {
        "framesCount": count,
        "duration": count / rate,
        "sequence": list(_sequence(sheet, setting, size, rate)),
        "labels": [BALL],
    }
    region = {
        "id": BALL,
        "type": "videorectangle",
        "from_name": "box",
        "to_name": "video",
        "original_width": size[0],
        "original_height": size[1],
        "value": value,
    }
    name = Path(video.path).name if video else ""
    json.dump([{"data": {"video": name}, "annotations": [{"result": [region]}]}], file, indent=1)
    file.write("\n")


def read(path: Path, size: tuple[int, int] | None = None) -> Sheet:
    """Read the middles of the boxes, also those between key frames.

    Args:
        path: the file.
        size: of the video, where the file does not say it.

    Raises:
        LabelError: not Label Studio's JSON, not one task, nobody knows the size, or two boxes on
            a frame.
    """
    document = read_json(path)
    with expecting(path, FORM):
        tasks = document if isinstance(document, list) else [document]
        if len(tasks) != 1:
            raise LabelError(f"{path}: holds {len(tasks)} tasks, expected one: export one video")
        given = [*tasks[0].get("annotations", ()), *tasks[0].get("predictions", ())]
        results = given[0]["result"] if given else tasks[0]["result"]
        regions = [one for one in results if one["type"] == "videorectangle"]
        if not regions:
            raise LabelError(f"{path}: holds no tracked box, expected {FORM}")
        return sheet_from_rows(row for one in regions for row in _rows(path, one, size))


def _sequence(
    sheet: Sheet, setting: Setting, size: tuple[int, int], rate: float
) -> Iterator[dict[str, Any]]:
    track = sheet.track
    rows = [i for i in range(len(track)) if sheet.visibility[i]]
    for i, following in pairwise([*rows, -1]):
        frame, time_s = int(track.frame_index[i]), float(track.time_s[i])
        goes_on = following >= 0 and int(track.frame_index[following]) == frame + 1
        left, top = corner_box(track.xy[i], setting.box)
        yield {
            "frame": frame + 1,
            "enabled": goes_on,
            "rotation": 0,
            "x": left / size[0] * 100,
            "y": top / size[1] * 100,
            "width": setting.box / size[0] * 100,
            "height": setting.box / size[1] * 100,
            "time": frame / rate if math.isnan(time_s) else time_s,
        }


def _rows(
    path: Path, region: dict[str, Any], size: tuple[int, int] | None
) -> Iterator[tuple[Place, Row]]:
    if "original_width" in region and "original_height" in region:
        size = (int(region["original_width"]), int(region["original_height"]))
    if size is None:
        raise LabelError(f"{path}: does not say the size of the video; convert it with --video")
    place = Place(path, "sequence")
    keys = []
    for number, key in enumerate(region["value"]["sequence"]):
        place = Place(path, f"sequence[{number}]")
        share = [place.number(side, key[side]) / 100 for side in ("x", "y", "width", "height")]
        x, y = box_centre(*(part * size[axis % 2] for axis, part in enumerate(share)))
        frame = place.integer("frame", key["frame"]) - 1
        if frame < 0:
            raise place.error("frame must be at least 1")
        time_s = math.nan if key.get("time") is None else place.number("time", key["time"])
        keys.append((place, Row(frame, x, y, time_s=time_s), bool(key.get("enabled", True))))
    keys.sort(key=lambda one: one[1].frame)
    for (place, row, enabled), (_, following, _) in pairwise(keys):
        yield place, row
        if enabled:
            yield from ((place, one) for one in _between(place, row, following))
    yield from ((place, row) for place, row, _ in keys[-1:])


def _between(place: Place, row: Row, following: Row) -> Iterator[Row]:
    """The frames on the straight way from one key frame to the next."""
    span = following.frame - row.frame
    if span > LONGEST_GAP:
        raise place.error(f"frames {row.frame} and {following.frame} lie too far apart")
    for frame in range(row.frame + 1, following.frame):
        share = (frame - row.frame) / span
        x, y, time_s = (
            start + share * (stop - start)
            for start, stop in (
                (row.x, following.x),
                (row.y, following.y),
                (row.time_s, following.time_s),
            )
        )
        yield Row(frame, x, y, time_s=time_s)
