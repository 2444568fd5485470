"""What every label reader needs: a place for error messages, checked values, rows → `Track`; and
what every writer needs: rows that can be read again."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, TextIO, TypeVar

import numpy as np

from balltrack.errors import LabelError, OptionError
from balltrack.structures import Source, Track

Row = TypeVar("Row")

LARGEST_INDEX = 2**53  # the largest whole number that every float parser keeps exact
SHOWN = 40  # characters of a value that a message shows
SOURCES = {source.label: source for source in Source}


@dataclass(frozen=True)
class Place:
    """A line of a label file, 1-based as editors count; or where in it, in words."""

    path: Path
    line: int | str

    def error(self, message: str) -> LabelError:
        """The error to raise here; ``message`` says what is wrong and what was expected."""
        return LabelError(f"{self.path}:{self.line}: {message}")

    def number(self, name: str, value: object) -> float:
        """``value`` as a float that is no larger than whole numbers are exact."""
        number = math.nan
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            with suppress(ValueError, OverflowError):
                number = float(value)
        if not abs(number) <= LARGEST_INDEX:  # a NaN is not
            told = repr(value) if len(repr(value)) <= SHOWN else f"{repr(value)[:SHOWN]}…"
            if math.isfinite(number):
                raise self.error(f"{name} is too large, got {told}")
            raise self.error(f"{name} must be a number, got {told}")
        return number

    def integer(self, name: str, value: object, high: int = LARGEST_INDEX) -> int:
        """``value`` as a whole number in [0, high]; "3.0", as pandas writes it, is one."""
        number = self.number(name, value)
        if not (number.is_integer() and 0 <= number <= high):
            limit = f"from 0 to {high}" if high < LARGEST_INDEX else ">= 0"
            raise self.error(f"{name} must be a whole number {limit}, got {value!r}")
        return int(number)

    def ball(self, value: object) -> int:
        """``value`` as a ball's number, from 1."""
        number = self.integer("ball", value)
        if not number:
            raise self.error("balls are counted from 1, the one in play; got 0")
        return number

    def after(self, name: str, value: int, previous: int) -> int:
        """``value`` where it is larger than the row before's."""
        if value <= previous:
            what = "is there twice" if value == previous else "comes too late"
            raise self.error(
                f"{name} {value} {what}, expected one after {previous}: sort the rows, one a frame"
            )
        return value

    def shot(self, value: object) -> int:
        """``value`` as a shot's number; -1 where cuts were not looked for."""
        return -1 if self.number("shot", value) == -1 else self.integer("shot", value)

    def source(self, value: object) -> Source:
        """The `Source` called ``value``."""
        if not isinstance(value, str) or value.strip().lower() not in SOURCES:
            raise self.error(f"source must be one of {', '.join(SOURCES)}; got {value!r}")
        return SOURCES[value.strip().lower()]

    def score(self, value: object) -> float:
        """``value`` as a confidence in [0, 1]."""
        score = self.number("confidence", value)
        if not 0 <= score <= 1:
            raise self.error(f"confidence must lie between 0 and 1, got {value!r}")
        return score


def check_rows(track: Track) -> None:
    """Refuse rows of which a file could not be read again.

    Raises:
        OptionError: says what is wrong, and of which frame.
    """
    seen, xy, source, last = track.visible, track.xy, track.source, max(Source)
    rules = {
        "score must lie between 0 and 1": (track.score >= 0) & (track.score <= 1),
        f"source must be from 0 to {last}": (source >= 0) & (source <= last),
        "shot must be at least -1": track.shot >= -1,
        "time_s must be a number, or NaN": ~np.isinf(track.time_s),
        "xy must be a place in a picture": (abs(xy) <= LARGEST_INDEX).all(axis=1) | ~seen,
        "xy must be NaN where there is no ball": np.isnan(xy).all(axis=1) | seen,
        "blur must be a number, or NaN": ~np.isinf(track.blur).any(axis=1),
    }
    for rule, kept in rules.items():
        if not kept.all():
            row = int(np.argmin(kept))
            value = getattr(track, rule.split()[0])[row].tolist()
            raise OptionError(f"Track: {rule}; got {value} on frame {track.frame_index[row]}")
    for other in track.others:
        check_rows(other)


class TrackRow(NamedTuple):
    """One frame of a `Track`; NaN where unknown or unseen."""

    frame: int
    time_s: float
    x: float
    y: float
    score: float
    source: Source
    shot: int
    blur_length: float = math.nan
    blur_angle: float = math.nan
    play: bool = True
    ball: int = 1


@contextmanager
def open_labels(path: Path, what: str = "a label file") -> Iterator[TextIO]:
    """Open a label file, or another, as text, with or without a byte order mark.

    Raises:
        LabelError: it is missing, a folder, not readable, or (inside the block) not text.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except UnicodeDecodeError:
        raise LabelError(f"{path}: is not UTF-8 text, expected {what}; save it so") from None
    except csv.Error as error:
        raise LabelError(f"{path}: is not comma-separated text ({error})") from None
    except FileNotFoundError:
        raise LabelError(f"{path}: there is no such file, expected {what}") from None
    except OSError as error:
        raise LabelError(f"{path}: cannot be read ({error.strerror or error})") from None


def in_order(rows: Iterable[tuple[Place, int, Row]]) -> list[tuple[Place, Row]]:
    """Rows by their frames, which a file may have in any order.

    Args:
        rows: of each its place in the file, its frame, and whatever is kept of it.

    Raises:
        LabelError: a frame is there twice.
    """
    placed = sorted(rows, key=lambda row: row[1])
    for (_, before, _), (place, frame, _) in pairwise(placed):
        place.after("frame", frame, before)
    return [(place, row) for place, _, row in placed]


def track_from_rows(rows: Iterable[tuple[Place, TrackRow]]) -> Track:
    """Put rows together, in the order of their frames; those of other balls beside the first's.

    Raises:
        LabelError: a frame is there twice, shot numbers decrease, or a ball lacks frames.
    """
    balls: dict[int, list[tuple[Place, TrackRow]]] = {1: []}
    for place, row in rows:
        balls.setdefault(row.ball, []).append((place, row))
    first, *others = (_track_of(balls[ball]) for ball in sorted(balls))
    for ball, other in zip(sorted(balls)[1:], others, strict=True):
        if not np.array_equal(other.frame_index, first.frame_index):
            place = balls[ball][-1][0]
            raise place.error(f"ball {ball} must have a row on the same frames as ball 1")
    return replace(first, others=tuple(others))


def _track_of(rows: Iterable[tuple[Place, TrackRow]]) -> Track:
    """The rows of one ball; errors as `track_from_rows`."""
    placed = in_order((place, row.frame, row) for place, row in rows)
    for (_, before), (place, row) in pairwise(placed):
        if row.shot < before.shot:
            raise place.error(f"shot must not decrease, got {row.shot} after {before.shot}")
    kept = [row for _, row in placed]
    return Track(
        frame_index=np.array([row.frame for row in kept], dtype=np.int64),
        time_s=np.array([row.time_s for row in kept], dtype=np.float64),
        xy=np.array([(row.x, row.y) for row in kept], dtype=np.float64).reshape(-1, 2),
        score=np.array([row.score for row in kept], dtype=np.float32),
        source=np.array([row.source for row in kept], dtype=np.int8),
        shot=np.array([row.shot for row in kept], dtype=np.int64),
        blur=np.array(
            [(row.blur_length, row.blur_angle) for row in kept], dtype=np.float64
        ).reshape(-1, 2),
        play=np.array([row.play for row in kept], dtype=np.bool_),
    )
