"""Parts of a long video: candidates found by many processes, one path through all of them.

A part is a run that goes on at its first frame as one does that was killed there (`recording`), and
that ends before the first frame of the next part: it decodes the video from its beginning, goes
through the same states and batches as a run in one go, and asks no network about what lies before.
So parts may begin anywhere, in a shot too; at multiples of `FRESH`, for the second look.

A file of a part is a journal of three chapters, each ended by a record of no frames: its candidates
(`recording`), its looks for play (`_LOOK` rows), and the numbers of its frames that are lost.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import takewhile
from pathlib import Path

import numpy as np

from balltrack.errors import OutputError
from balltrack.journal import Journal, read_records
from balltrack.outputs import whole_file
from balltrack.pipeline.lost import lost_frames
from balltrack.pipeline.recording import STRETCH, pack, unpack
from balltrack.pipeline.tracker import Tracker
from balltrack.scene.play import Look
from balltrack.structures import FrameCandidates, Track, VideoInfo
from balltrack.verification.second_look import FRESH

_LOOK = np.dtype([("shot", "<i8"), ("frame", "<i8"), ("odds", "<f8")])
_ROWS = 4096
"""Looks or numbers in a record."""

_END = pack([])


def cut_into_parts(frames: int, longest: int) -> list[tuple[int, int | None]]:
    """First frames of parts of nearly equal length, and the frames before which they end.

    Args:
        frames: of the video, as far as anybody knows; the last part ends where the video does.
        longest: frames of a part, rounded up to a multiple of `FRESH`.
    """
    count = max(1, -(-frames // longest))
    step = -(-max(frames, 1) // (count * FRESH)) * FRESH
    firsts = range(0, max(frames, 1), step)
    return [(first, first + step if first + step < frames else None) for first in firsts]


def record_part(
    tracker: Tracker,
    video: str | os.PathLike[str],
    path: Path,
    part: tuple[int, int | None],
    about: Mapping[str, object],
) -> None:
    """Find the candidates of a part; the file appears when all of them are there.

    Args:
        tracker: without a lag.
        video: the whole of it.
        path: of the file.
        part: one of `cut_into_parts`.
        about: what decides what is found, see `Tracker.describe`.

    Raises:
        VideoError: as `Tracker.track`.
        OutputError: the file cannot be written.
    """
    first, end = part
    with ExitStack() as stack:
        journal = stack.enter_context(Journal(stack.enter_context(whole_file(path)), about, _none))
        reader = stack.enter_context(tracker.open(video))
        watch = tracker.watch()
        judged = tracker.judged(reader, stack, watch, known=first)
        if end is not None:
            judged = takewhile(lambda entry: entry.frame_index < end, judged)
        for entries in _stretches(entry for entry in judged if entry.frame_index >= first):
            journal.append(pack(entries))
        journal.append(_END)
        looks = [] if watch is None else [tuple(look) for look in watch.looks()]
        within = [look for look in looks if first <= look[1] and (end is None or look[1] < end)]
        for start in range(0, len(within), _ROWS):
            journal.append(np.array(within[start : start + _ROWS], _LOOK).tobytes())
        journal.append(_END)
        lost = sorted(set().union(*lost_frames(reader, tracker.options)))
        here = [one for one in lost if first <= one and (end is None or one < end)]
        for start in range(0, len(here), _ROWS):
            journal.append(np.array(here[start : start + _ROWS], np.int64).tobytes())
        journal.append(_END)


def join_parts(tracker: Tracker, info: VideoInfo, files: Sequence[Path]) -> Iterator[Track]:
    """The rows of a video, as `Tracker.tracking` gives them, from all of its parts in order.

    Raises:
        OutputError: a part is damaged; said before there are any rows.
    """
    watch = tracker.watch()
    lost: set[int] = set()
    for file in files:
        looks, numbers = _told(file)
        lost.update(numbers)
        for look in looks:
            if watch is not None:
                watch.remember(look)
    entries = (entry for file in files for entry in _entries(file))
    return tracker.rows(entries, info, watch, (lost,))


def is_whole(file: Path) -> bool:
    """Whether all records of a part are there and undamaged."""
    try:
        _told(file)
    except OutputError:
        return False
    return True


def _none(record: bytes) -> None:
    raise ValueError(f"a new part has no records, this one {len(record)} bytes")


def _stretches(entries: Iterable[FrameCandidates]) -> Iterator[list[FrameCandidates]]:
    """At most `STRETCH` entries of one shot at a time."""
    waiting: list[FrameCandidates] = []
    for entry in entries:
        if waiting and (len(waiting) == STRETCH or entry.shot != waiting[0].shot):
            yield waiting
            waiting = []
        waiting.append(entry)
    if waiting:
        yield waiting


def _records(file: Path) -> Iterator[bytes]:
    records = read_records(file)
    next(records, None)  # what they are about
    return records


def _entries(file: Path) -> Iterator[FrameCandidates]:
    for record in takewhile(lambda record: record != _END, _records(file)):
        yield from unpack(record)


def _told(file: Path) -> tuple[list[Look], list[int]]:
    """The looks for play, and the frames that are lost.

    Raises:
        OutputError: the part is damaged, or not whole.
    """
    looks: list[Look] = []
    lost: list[int] = []
    chapter = 0
    for record in _records(file):
        if record == _END:
            chapter += 1
        elif chapter == 1:
            looks += (Look(*row) for row in np.frombuffer(record, _LOOK).tolist())
        elif chapter == 2:
            lost += np.frombuffer(record, np.int64).tolist()
    if chapter != 3:
        raise OutputError(f"{file}: is not whole; delete it and run again")
    return looks, lost
