"""Where the rallies are: from a list of them, or from hits and bounces."""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from balltrack.errors import LabelError
from balltrack.events.finding import heeding, load_finder
from balltrack.events.rallies import Rally, find_rallies
from balltrack.labels import read_track
from balltrack.labels.events import read_events
from balltrack.labels.rows import Place, open_labels
from balltrack.labels.table import read_table
from balltrack.structures import Event, FloatArray, Track, VideoInfo
from balltrack.video.container import count_shown

_log = logging.getLogger("balltrack")


class Play(NamedTuple):
    """What is known of a video.

    Attributes:
        rallies: in order; ``start_s`` and ``end_s`` count from the first frame.
        strokes_known: whether their strokes were counted.
        events: hits and bounces; none where only a list of rallies was given.
        track: the ball, with times; None where only a list of rallies was given.
        numbers: of the rallies, where a list says them; none counts them from 1.
    """

    rallies: tuple[Rally, ...]
    strokes_known: bool
    events: tuple[Event, ...] = ()
    track: Track | None = None
    numbers: tuple[int, ...] = ()


def read_play(
    labels: Path, events: Path | None, times_s: FloatArray, size: tuple[int, int]
) -> Play:
    """Rallies out of a file of rallies or of labels.

    Args:
        labels: either; a file of rallies is known by its columns FirstFrame and LastFrame.
        events: hits and bounces of the same video; None finds them in the labels.
        times_s: (N,) of the video's frames.
        size: (width, height) of the video's pictures.

    Raises:
        LabelError: a file cannot be read, or is of a longer video.
        WeightsError: the events network cannot be loaded.
    """
    if is_rally_file(labels):
        listed = read_rallies(labels)
        check_frames(labels, (rally.last_frame for rally in listed.rallies), len(times_s))
        shown = (_with_own_times(rally, times_s) for rally in listed.rallies)
        return listed._replace(rallies=tuple(shown))
    track = read_track(labels, size)
    warn_of_cuts(labels, track)
    track = with_times(labels, track, times_s)
    return play_of(track, events, size, len(times_s), labels)


def warn_of_cuts(labels: Path, track: Track) -> None:
    """Say that labels know of no camera shots, where play is found by them."""
    if len(track) and np.isnan(track.time_s).all():
        _log.warning(
            "%s: says no camera shots, so that hits, bounces and rallies may be wrong at a cut; "
            "`balltrack track --columns all` writes them",
            labels,
        )


def play_of(
    track: Track, events: Path | None, size: tuple[int, int], frame_count: int, source: Path
) -> Play:
    """The rallies of a track with times, of the labels or the video ``source``; the rest as
    `read_play`.

    Raises:
        LabelError, WeightsError: as `read_play`.
    """
    if events is None:
        happened = heeding(load_finder(), source).find(track, size)
    else:
        happened = events_of(events, source)
        check_frames(events, (event.frame_index for event in happened), frame_count)
    return Play(tuple(find_rallies(track, happened)), True, happened, track)


def events_of(path: Path, source: Path) -> tuple[Event, ...]:
    """What a file says of the labels or the video ``source``; errors as `read_events`."""
    return read_events(path, source.stem.removesuffix("_ball")).events


def _with_own_times(rally: Rally, times_s: FloatArray) -> Rally:
    start_s, end_s = times_s[[rally.first_frame, rally.last_frame]].tolist()
    return replace(rally, start_s=start_s, end_s=end_s)


def with_times(labels: Path, track: Track, times_s: FloatArray) -> Track:
    """A track with the times that the video itself has.

    Raises:
        LabelError: it has rows for frames that the video does not have.
    """
    check_frames(labels, track.frame_index.tolist(), len(times_s))
    return replace(track, time_s=times_s[track.frame_index])


def check_early(
    path: Path, frames: Iterable[int], info: VideoInfo, what: str = "the video"
) -> None:
    """`check_frames` before a video is read, as far as its packets tell: hours before, if long."""
    last, count = max(frames, default=-1), info.frame_count or 0
    if last >= count:
        shown = count if info.stream is None else count_shown(info.path, info.stream)
        check_frames(path, [last], shown, what)


def check_frames(path: Path, frames: Iterable[int], count: int, what: str = "the video") -> None:
    """Raise `LabelError` unless every frame is one of the ``count`` that ``what`` has."""
    last = max(frames, default=-1)
    if last >= count:
        raise LabelError(
            f"{path}: speaks of frame {last}, but {what} ends with frame {count - 1}; "
            "is it another video's?"
        )


def warn_of_end(labels: Path, track: Track, count: int) -> None:
    """Say that labels end before what is shown of the video does, ``count`` frames from its start.

    Where every row has a position nobody can tell: some formats hold no others.
    """
    if len(track) and not track.visible.all() and (last := int(track.frame_index[-1])) < count - 1:
        _log.warning(
            "%s: ends with frame %d, but what is shown goes on to frame %d; the rest has no labels",
            *(labels, last, count - 1),
        )


def is_rally_file(path: Path) -> bool:
    """Whether a table lists rallies, one a row."""
    if path.suffix.lower() != ".csv" or path.is_dir():
        return False
    with open_labels(path) as file:
        header = next(csv.reader([file.readline()]), [])
    return {"firstframe", "lastframe"} <= {name.strip().lower() for name in header}


def read_rallies(path: Path) -> Play:
    """Read ``FirstFrame,LastFrame`` and, where they are there, ``Rally,Strokes,Bounces,Shot``.

    Both frames are included. Times are left at 0: the video's own count.

    Raises:
        LabelError: not readable or a bad row; says ``file:line``.
    """
    rallies: list[Rally] = []
    numbers: list[tuple[Place, str]] = []
    strokes_known = False
    for place, row in read_table(path, needed=("firstframe", "lastframe")):
        first, last = (place.integer(name, row[name.lower()]) for name in _FRAMES)
        if last < first:
            raise place.error(f"LastFrame must not lie before FirstFrame ({first}), got {last}")
        if rallies and first < rallies[-1].first_frame:
            raise place.error(f"FirstFrame {first} comes too late; sort the rallies by it")
        strokes, bounces, shot = (_count(place, row, name) for name in _COUNTS)
        strokes_known |= bool(row.get("strokes"))
        rallies.append(Rally(first, last, 0.0, 0.0, strokes, bounces, shot))
        numbers.append((place, row.get("rally", "")))
    return Play(tuple(rallies), strokes_known, numbers=_told(numbers))


_FRAMES = ("FirstFrame", "LastFrame")
_COUNTS = ("Strokes", "Bounces", "Shot")


def _count(place: Place, row: dict[str, str], name: str) -> int:
    return place.integer(name, text) if (text := row.get(name.lower())) else 0


def _told(cells: Iterable[tuple[Place, str]]) -> tuple[int, ...]:
    """The numbers of a column ``Rally``; none unless they are whole, from 1, and all differ."""
    with suppress(LabelError):
        numbers = [place.integer("Rally", text) for place, text in cells]
        if len({0, *numbers}) > len(numbers):
            return tuple(numbers)
    return ()
