"""Where the rallies are: from a list of them, from hits and bounces, or from the ball in sight."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from balltrack.errors import LabelError
from balltrack.events.rallies import Rally, find_rallies
from balltrack.labels import read_track
from balltrack.labels.events import read_events
from balltrack.labels.rows import Place, open_labels
from balltrack.labels.table import read_table
from balltrack.structures import Event, FloatArray, Track

SIGHT_PAUSE_S = 2.0
"""Longest time without a ball inside a rally: a lob that leaves the picture at the top."""

SIGHT_LEAST_S = 1.0
"""A shorter sight of a ball is no rally."""


class Play(NamedTuple):
    """What is known of a video.

    Attributes:
        rallies: in order; ``start_s`` and ``end_s`` count from the first frame.
        strokes_known: whether their strokes were counted.
        events: hits and bounces; none where nobody gave them.
        track: the ball, with times; None where only a list of rallies was given.
    """

    rallies: tuple[Rally, ...]
    strokes_known: bool
    events: tuple[Event, ...] = ()
    track: Track | None = None


def read_play(labels: Path, events: Path | None, times_s: FloatArray) -> Play:
    """Rallies out of a file of rallies or of labels.

    Args:
        labels: either; a file of rallies is known by its columns First and Last.
        events: hits and bounces of the same video. Without them a rally is a stretch in which
            the ball is in sight (`rallies_in_sight`).
        times_s: (N,) of the video's frames.

    Raises:
        LabelError: a file cannot be read, or is of a longer video.
    """
    if is_rally_file(labels):
        rallies, strokes_known = read_rallies(labels)
        check_frames(labels, (rally.last_frame for rally in rallies), len(times_s))
        shown = [
            replace(
                rally,
                start_s=float(times_s[rally.first_frame]),
                end_s=float(times_s[rally.last_frame]),
            )
            for rally in rallies
        ]
        return Play(tuple(shown), strokes_known)
    track = with_times(labels, read_track(labels), times_s)
    if events is None:
        return Play(tuple(rallies_in_sight(track)), False, (), track)
    happened = read_events(events).events
    check_frames(events, (event.frame_index for event in happened), len(times_s))
    return Play(tuple(find_rallies(track, happened)), True, happened, track)


def with_times(labels: Path, track: Track, times_s: FloatArray) -> Track:
    """A track with the times that the video itself has.

    Raises:
        LabelError: it has rows for frames that the video does not have.
    """
    check_frames(labels, track.frame_index.tolist(), len(times_s))
    return replace(track, time_s=times_s[track.frame_index])


def check_frames(path: Path, frames: Iterable[int], count: int) -> None:
    """Raise `LabelError` unless every frame is one of the ``count`` that the video has."""
    last = max(frames, default=-1)
    if last >= count:
        raise LabelError(
            f"{path}: speaks of frame {last}, but the video ends with frame {count - 1}; "
            "is it another video's?"
        )


def is_rally_file(path: Path) -> bool:
    """Whether a table lists rallies, one a row."""
    if path.suffix.lower() != ".csv" or path.is_dir():
        return False
    with open_labels(path) as file:
        header = next(csv.reader([file.readline()]), [])
    return {"first", "last"} <= {name.strip().lower() for name in header}


def read_rallies(path: Path) -> tuple[list[Rally], bool]:
    """Read ``First,Last`` and, where they are there, ``Strokes``, ``Bounces`` and ``Shot``.

    ``First`` and ``Last`` are frames, both included. Times are left at 0.

    Returns:
        The rallies, and whether the file counts strokes.

    Raises:
        LabelError: not readable or a bad row; says ``file:line``.
    """
    rallies: list[Rally] = []
    strokes_known = False
    for place, row in read_table(path, needed=("first", "last")):
        first, last = (place.integer(name, row[name]) for name in ("first", "last"))
        if last < first:
            raise place.error(f"last must not lie before first ({first}), got {last}")
        if rallies and first < rallies[-1].first_frame:
            raise place.error(f"first {first} comes too late; sort the rallies by it")
        strokes, bounces, shot = (_count(place, row, name) for name in _COUNTS)
        strokes_known |= bool(row.get("strokes"))
        rallies.append(Rally(first, last, 0.0, 0.0, strokes, bounces, shot))
    return rallies, strokes_known


_COUNTS = ("strokes", "bounces", "shot")


def _count(place: Place, row: dict[str, str], name: str) -> int:
    return place.integer(name, row[name]) if row.get(name) else 0


def rallies_in_sight(track: Track) -> list[Rally]:
    """Stretches of one shot in which the ball is in sight, as rallies without strokes.

    A ball may be out of sight for `SIGHT_PAUSE_S`; what lasts less than `SIGHT_LEAST_S` is
    left out. A ball that is carried between two points keeps a stretch going: hits and bounces
    tell rallies apart better.

    Args:
        track: with times.
    """
    rows = np.flatnonzero(track.visible)
    if not len(rows):
        return []
    apart = np.diff(track.time_s[rows]) > SIGHT_PAUSE_S
    apart |= np.diff(track.shot[rows]) != 0
    return [
        rally
        for stretch in np.split(rows, np.flatnonzero(apart) + 1)
        if (rally := _sighted(track, stretch[[0, -1]].tolist())).length_s >= SIGHT_LEAST_S
    ]


def _sighted(track: Track, ends: Sequence[int]) -> Rally:
    first, last = ends
    return Rally(
        int(track.frame_index[first]),
        int(track.frame_index[last]),
        float(track.time_s[first]),
        float(track.time_s[last]),
        strokes=0,
        bounces=0,
        shot=int(track.shot[first]),
    )
