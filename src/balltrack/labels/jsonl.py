"""Predictions as JSON lines: one object a frame, at full precision.

``{"frame": 7, "time_s": 0.28, "x": 640.25, "y": 101.5, "confidence": 0.93,
"source": "detected", "shot": 0, "speed": 812.5, "direction": 351.2, "mode": "flying",
"gap": null, "doubt": null, "blur_length": 14.2, "blur_angle": 8.4, "play": true}``; ``x`` and
``y`` are source pixels, null where unseen; ``time_s``, ``speed`` (pixels a second), ``direction``
(degrees), ``mode``, ``gap`` (why it was not seen), ``doubt`` (pixels) and the streak that the ball
draws (pixels, degrees, see `Streak`) are null where unknown. From ``speed`` to ``doubt`` nothing is
read back. ``play`` is false where the shot shows no play. A track with other balls has an object of
each a frame, and one more key, ``ball``: 1 is the ball in play.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from balltrack.labels.rows import Place, TrackRow, check_rows, open_labels, track_from_rows
from balltrack.labels.sheet import EVERYTHING, Facet, Setting, Sheet, sheet_of
from balltrack.options import Columns
from balltrack.structures import Gap, Mode, Play, Source, Track, VideoInfo

HOLDS = EVERYTHING - {Facet.HARD, Facet.OCCLUSION, Facet.STATUS}
KEYS = ("frame", "time_s", "x", "y", "confidence", "source", "shot")
BLUR = ("blur_length", "blur_angle")


class Writer:
    """Writes rows as JSON lines, as they come; every key is there whatever the columns.

    Args:
        file: open for text.
    """

    def __init__(self, file: TextIO, _: Columns, __: VideoInfo | None = None) -> None:
        self._file = file

    def append(self, rows: Track, play: Play | None = None) -> None:
        """See `balltrack.labels.formats.RowWriter`."""
        check_rows(rows)
        for i in range(len(rows)):
            for ball, one in enumerate((rows, *rows.others), start=1):
                row = _written(one, i, play if ball == 1 else None)
                if rows.others:
                    row["ball"] = ball
                self._file.write(json.dumps(row, allow_nan=False) + "\n")

    def close(self) -> None:
        """See `balltrack.labels.formats.RowWriter`."""


def _written(rows: Track, i: int, play: Play | None) -> dict[str, object]:
    x, y = rows.xy[i].tolist()
    values = (
        int(rows.frame_index[i]),
        _or_null(float(rows.time_s[i])),
        _or_null(x),
        _or_null(y),
        float(rows.score[i]),
        Source(rows.source[i]).label,
        int(rows.shot[i]),
    )
    blur = zip(BLUR, map(_or_null, rows.blur[i].tolist()), strict=True)
    row = dict(zip(KEYS, values, strict=True)) | _played(play, i) | dict(blur)
    return row | {"play": bool(rows.play[i])}


def read_track(path: Path) -> Track:
    """Read a track back exactly as it was written."""
    return track_from_rows(_rows(path))


def write(sheet: Sheet, file: TextIO, setting: Setting) -> None:
    """The track of a sheet; classes and status have no key."""
    Writer(file, setting.columns).append(sheet.track)


def read(path: Path, _: tuple[int, int] | None = None) -> Sheet:
    """See `read_track`."""
    return sheet_of(read_track(path))


def _rows(path: Path) -> Iterator[tuple[Place, TrackRow]]:
    with open_labels(path) as file:
        for line, text in enumerate(file, start=1):
            if text.strip():
                place = Place(path, line)
                yield place, _row(place, _object(place, text))


def _object(place: Place, text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise place.error(f"must be one JSON object, got {text.strip()[:40]!r}")
    missing = [key for key in KEYS if key not in value]
    if missing:
        raise place.error(f"lacks {', '.join(missing)}, expected {', '.join(KEYS)}")
    return value


def _row(place: Place, row: dict[str, object]) -> TrackRow:
    source = place.source(row["source"])
    seen = [row[axis] is not None for axis in "xy"]
    if seen != [source != Source.NONE] * 2:
        raise place.error(f"x and y must be numbers, or null with source none; got {source.label}")
    play = row.get("play", True)
    if not isinstance(play, bool):
        raise place.error(f"play must be true or false, got {play!r}")
    x, y = (place.number(axis, row[axis]) if any(seen) else math.nan for axis in "xy")
    return TrackRow(
        frame=place.integer("frame", row["frame"]),
        time_s=math.nan if row["time_s"] is None else place.number("time_s", row["time_s"]),
        x=x,
        y=y,
        score=place.score(row["confidence"]),
        source=source,
        shot=place.shot(row["shot"]),
        **{key: place.number(key, row[key]) for key in BLUR if row.get(key) is not None},
        play=play,
        ball=place.ball(row.get("ball", 1)),
    )


def _played(play: Play | None, i: int) -> dict[str, object]:
    if play is None:
        return dict.fromkeys(("speed", "direction", "mode", "gap", "doubt"))
    gap = Gap(play.gap[i])
    return {
        "speed": _or_null(float(play.speed[i])),
        "direction": _or_null(float(play.direction[i])),
        "mode": Mode(play.mode[i]).label,
        "gap": gap.label if gap else None,
        "doubt": _or_null(float(play.doubt[i])),
    }


def _or_null(value: float) -> float | None:
    return None if math.isnan(value) else value
