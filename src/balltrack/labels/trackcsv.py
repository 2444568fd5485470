"""Predictions as comma-separated tables.

``trackcsv`` columns are upstream's format (qaz812345/TrackNetV3 ``predict.py``):
``Frame,Visibility,X,Y`` with whole source pixels and ``0,0`` where unseen. ``all``
adds ``Time,Confidence,Source,Shot`` (seconds, empty where unknown),
``Speed,Direction,Mode,Gap,Doubt`` (pixels a second, degrees, pixels; empty where unknown),
``BlurLength,BlurAngle`` of the streak that the ball draws (pixels, degrees, see `Streak`; empty
where unknown) and ``Play`` (0 where the shot shows no play), and writes positions to a hundredth of
a pixel. From ``Speed`` to ``Doubt`` nothing is read back.

A track with other balls has a row of each a frame, and one more column, ``Ball``: 1 is the ball in
play. A `Sheet` goes beyond that where it says more: ``Visibility`` is then a class from 0 to 3, and
``Status`` (0 flying, 1 hit, 2 bounce) is the last column.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from balltrack.labels import annotation
from balltrack.labels.rows import Place, TrackRow, check_rows, track_from_rows
from balltrack.labels.sheet import EVERYTHING, UNKNOWN_STATUS, Facet, Setting, Sheet
from balltrack.labels.table import ball_number, frame_number, read_table
from balltrack.options import Columns
from balltrack.structures import Gap, Mode, Play, Source, Track, VideoInfo

TRACKCSV = ("Frame", "Visibility", "X", "Y")
NEEDED = (*TRACKCSV, "Time", "Confidence", "Source", "Shot")
PLAYED = ("Speed", "Direction", "Mode", "Gap", "Doubt")
BLUR = ("BlurLength", "BlurAngle")
ALL = (*NEEDED, *PLAYED, *BLUR, "Play")
SUFFIXES = (".csv",)
HOLDS = EVERYTHING
HOLDS_OF_FOUR = EVERYTHING - {
    Facet.TIMES,
    Facet.SCORES,
    Facet.SOURCES,
    Facet.SHOTS,
    Facet.PLAY,
    Facet.BLUR,
    Facet.FRACTIONS,
    Facet.NO_BALL,
}
"""What TrackNet's four columns hold, with classes and status."""


def recognises(_: str) -> bool:
    """Every table may be one; the columns tell."""
    return True


class Writer:
    """Writes rows as a table, as they come.

    Args:
        file: open for text.
        columns: the set asked for.
    """

    def __init__(self, file: TextIO, columns: Columns, _: VideoInfo | None = None) -> None:
        self._full = columns == "all"
        self._table = csv.writer(file, lineterminator="\n")
        self._begun = False

    def append(self, rows: Track, play: Play | None = None) -> None:
        """See `balltrack.labels.formats.RowWriter`."""
        check_rows(rows)
        self._begin(bool(rows.others))
        balls = (rows, *rows.others)
        for i in range(len(rows)):
            for ball, one in enumerate(balls, start=1):
                cells = _cells(one, i, int(one.visible[i]), self._full, play if ball == 1 else None)
                self._table.writerow((*cells, *((ball,) if rows.others else ())))

    def close(self) -> None:
        """See `balltrack.labels.formats.RowWriter`."""
        self._begin(False)

    def _begin(self, several: bool) -> None:
        """Write the names of the columns, once it is known whether there are several balls."""
        if not self._begun:
            self._begun = True
            self._table.writerow((*(ALL if self._full else TRACKCSV), *(("Ball",) * several)))


def write(sheet: Sheet, file: TextIO, setting: Setting) -> None:
    """A sheet as a table, with ``Status`` where it has any."""
    full, told = setting.columns == "all", bool((sheet.status != UNKNOWN_STATUS).any())
    others = sheet.track.others
    table = csv.writer(file, lineterminator="\n")
    names = (*(("Ball",) if others else ()), *(("Status",) if told else ()))
    table.writerow((*(ALL if full else TRACKCSV), *names))
    for i, (visibility, status) in enumerate(
        zip(sheet.visibility.tolist(), sheet.status.tolist(), strict=True)
    ):
        said = ("" if status == UNKNOWN_STATUS else status,) if told else ()
        number = (1,) if others else ()
        table.writerow((*_cells(sheet.track, i, visibility, full, None), *number, *said))
        for ball, other in enumerate(others, start=2):
            cells = _cells(other, i, int(other.visible[i]), full, None)
            table.writerow((*cells, ball, *(("",) if told else ())))


def read(path: Path, _: tuple[int, int] | None = None) -> Sheet:
    """Read any table of ours or TrackNet's, with classes and status."""
    labels = annotation.read_labels(path)
    return Sheet(read_track(path), labels.visibility, labels.status)


def _cells(
    rows: Track, i: int, visibility: int, full: bool, play: Play | None
) -> tuple[object, ...]:
    frame, seen = int(rows.frame_index[i]), bool(rows.visible[i])
    x, y = rows.xy[i].tolist() if seen else (0.0, 0.0)
    if not full:
        return frame, visibility, _half_up(x), _half_up(y)
    time_s = float(rows.time_s[i])
    return (
        frame,
        visibility,
        f"{x:.2f}",
        f"{y:.2f}",
        "" if math.isnan(time_s) else f"{time_s:.6f}",
        f"{rows.score[i]:.4f}",
        Source(rows.source[i]).label,
        int(rows.shot[i]),
        *_played(play, i),
        *_blurred(*rows.blur[i].tolist()),
        int(rows.play[i]),
    )


def _played(play: Play | None, i: int) -> tuple[str, ...]:
    if play is None:
        return ("",) * len(PLAYED)
    direction = round(float(play.direction[i]), 1) % 360
    speed, direction_, doubt = map(_tenths, (float(play.speed[i]), direction, float(play.doubt[i])))
    gap = Gap(play.gap[i])
    return speed, direction_, Mode(play.mode[i]).label, gap.label if gap else "", doubt


def _blurred(length: float, angle: float) -> tuple[str, str]:
    return _tenths(length), _tenths(round(angle, 1) % 180)


def _tenths(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.1f}"


def read_track(path: Path) -> Track:
    """Read either set of columns; a class 1, 2 or 3 of annotations counts as seen."""
    return track_from_rows(_rows(path))


def _rows(path: Path) -> Iterator[tuple[Place, TrackRow]]:
    extra = [name.lower() for name in NEEDED[len(TRACKCSV) :]]
    drawn = [name.lower() for name in BLUR]
    for place, row in read_table(path, needed=[name.lower() for name in TRACKCSV]):
        frame, ball = frame_number(place, row["frame"]), ball_number(place, row)
        seen = place.integer("visibility", row["visibility"], high=3) > 0
        x, y = (place.number(axis, row[axis]) if seen else math.nan for axis in "xy")
        time_s, score, source, shot, play = math.nan, float(seen), Source(int(seen)), 0, True
        if "confidence" in row and "time" not in row:  # RacketVision's table
            score = place.score(row["confidence"]) if seen else 0.0
        if all(name in row for name in extra):  # else another program's: its "Time" is not ours
            time_s = place.number("time", row["time"]) if row["time"] else math.nan
            score = place.score(row["confidence"])
            source = place.source(row["source"])
            shot = place.shot(row["shot"])
            play = place.integer("play", row.get("play", "1"), high=1) == 1
        if seen != (source != Source.NONE):
            raise place.error(f"visibility {int(seen)} does not go with source {source.label}")
        length, angle = (
            place.number(name, row[name]) if row.get(name) else math.nan for name in drawn
        )
        yield place, TrackRow(frame, time_s, x, y, score, source, shot, length, angle, play, ball)


def _half_up(value: float) -> int:
    return math.floor(value + 0.5)
