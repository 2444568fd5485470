"""Candidates of a video in a journal, so that a run that was killed goes on where it was.

A record holds the candidates, after any second look, of some frames of one shot: a number of
frames, then their `_FRAME` rows, then the `_CANDIDATE` rows of all of them. One of no frames says
that the video has ended.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, replace
from importlib.metadata import version
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from balltrack.detection.detector import Description
from balltrack.errors import OutputError
from balltrack.journal import LONGEST, Journal, read_records, remove_journal
from balltrack.options import TrackOptions
from balltrack.streaks import Streak
from balltrack.structures import AnyFrame, Candidate, FrameCandidates
from balltrack.video.pictures.names import are_pictures, list_pictures

STRETCH = 64
"""Frames of a shot after which a record is written: what a kill costs at most, and a shot."""

HASHED = 1 << 20
"""Bytes at either end of a video that say which one it is."""

_FRAME = np.dtype(
    [
        ("index", "<i8"),
        ("time_s", "<f8"),
        ("shot", "<i8"),
        ("candidates", "<u4"),
        ("flags", "u1"),  # `_REPEATED`, `_NO_PLAY`
    ]
)
_REPEATED, _NO_PLAY = 1, 2
_STREAK = ("streak_x", "streak_y", "length", "width", "angle")  # all NaN where none was measured
_CANDIDATE = np.dtype([(name, "<f8") for name in ("x", "y", "score", *_STREAK)])

_Rows = tuple[npt.NDArray[np.void], npt.NDArray[np.void]]


class Recording:
    """What was found in a video before, and what is being found.

    Attributes:
        known: frames before this one are recorded.
        complete: so are all frames there are.

    Args:
        path: of the journal.
        about: see `describe`.

    Raises:
        OutputError: as `Journal`.
    """

    def __init__(self, path: Path, about: dict[str, object]) -> None:
        self.known = 0
        self.complete = False
        self._journal = Journal(path, about, self._take)
        self._worth_keeping = self.known > 0

    def restore(self, found: Iterable[FrameCandidates]) -> Iterator[FrameCandidates]:
        """The same entries, those that are recorded as they are in the record.

        Raises:
            OutputError: the record is of other frames.
        """
        recorded = self._recorded(self.known)
        for entry in found:
            if entry.frame_index >= self.known:
                yield entry
                continue
            before = next(recorded, None)
            if before is None or (before.frame_index, before.shot) != (
                entry.frame_index,
                entry.shot,
            ):
                raise OutputError(
                    f"{self._journal.path}: is not of this video; delete it and run again"
                )
            yield before

    def keep(self, judged: Iterable[FrameCandidates]) -> Iterator[FrameCandidates]:
        """The same entries, recorded as they pass."""
        waiting: list[FrameCandidates] = []
        for entry in judged:
            if entry.frame_index >= self.known:
                if waiting and (len(waiting) == STRETCH or entry.shot != waiting[0].shot):
                    self._append(waiting)
                    waiting = []
                waiting.append(entry)
            yield entry
        if waiting:
            self._append(waiting)
        if not self.complete:
            self._append([])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._journal.close()
        if not self._worth_keeping:
            remove_journal(self._journal.path)

    def _append(self, entries: Sequence[FrameCandidates]) -> None:
        self._journal.append(pack(entries))
        self._worth_keeping = True

    def _take(self, record: bytes) -> None:
        frames, _ = _rows(record)
        if self.complete or (len(frames) and frames["index"][0] < self.known):
            raise ValueError("frames are recorded twice")
        self.complete = not len(frames)
        self.known = int(frames["index"][-1]) + 1 if len(frames) else self.known

    def _recorded(self, known: int) -> Iterator[FrameCandidates]:
        """Entries of the frames that were known when the journal was opened."""
        for record in self._journal.records():
            for entry in unpack(record):
                if entry.frame_index >= known:
                    return
                yield entry


def was_completed(journal: Path, video: Path, options: TrackOptions) -> bool:
    """Whether a run like this had found all, and was killed while its outputs appeared.

    They had been settled by then: what is there of them may be replaced.
    """
    try:
        if not journal.is_file():
            return False
        about, *_, last = read_records(journal)
        before = json.loads(about)
        asked = json.loads(json.dumps(asdict(options))) | {"video": _fingerprint(video)}
    except (OSError, ValueError, RecursionError):
        return False
    same = isinstance(before, dict) and all(before.get(name) == asked[name] for name in asked)
    return same and last == pack([])


def with_known(frames: Iterable[AnyFrame], known: int) -> Iterator[AnyFrame]:
    """The same frames, those before frame ``known`` marked."""
    return (replace(frame, known=True) if frame.index < known else frame for frame in frames)


def pack(entries: Sequence[FrameCandidates]) -> bytes:
    """A record of entries."""
    frames = [(e.frame_index, e.time_s, e.shot, len(e.candidates), _flags(e)) for e in entries]
    found = [_numbers(candidate) for entry in entries for candidate in entry.candidates]
    head = np.array(len(frames), "<u4").tobytes()
    return head + np.array(frames, _FRAME).tobytes() + np.array(found, _CANDIDATE).tobytes()


def unpack(record: bytes) -> list[FrameCandidates]:
    """The entries of a record.

    Raises:
        ValueError: it is none.
    """
    frames, found = _rows(record)
    candidates = iter([_candidate(*row) for row in found.tolist()])
    return [
        FrameCandidates(
            index,
            time_s,
            shot,
            tuple(next(candidates) for _ in range(count)),
            repeated=bool(flags & _REPEATED),
            play=not flags & _NO_PLAY,
        )
        for index, time_s, shot, count, flags in frames.tolist()
    ]


def _flags(entry: FrameCandidates) -> int:
    return _REPEATED * entry.repeated | _NO_PLAY * (not entry.play)


def _numbers(candidate: Candidate) -> tuple[float, ...]:
    """Its `_CANDIDATE` row."""
    streak = candidate.streak
    drawn = (math.nan,) * len(_STREAK) if streak is None else astuple(streak)
    return candidate.x, candidate.y, candidate.score, *drawn


def _candidate(x: float, y: float, score: float, *drawn: float) -> Candidate:
    streak = None if math.isnan(drawn[0]) else Streak(*drawn)
    return Candidate(x, y, score, streak)


def _rows(record: bytes) -> _Rows:
    """Frames and candidates of a record; `ValueError` where they cannot be true."""
    if not 4 <= len(record) <= LONGEST:
        raise ValueError("no record")
    count = int.from_bytes(record[:4], "little")
    middle = 4 + count * _FRAME.itemsize
    frames = np.frombuffer(record[4:middle], _FRAME)
    found = np.frombuffer(record[middle:], _CANDIDATE)
    finite = np.isfinite(found["x"]) & np.isfinite(found["y"])
    drawn = np.array([found[name] for name in _STREAK])
    measured = np.isfinite(drawn[:4]).all(axis=0) & ~np.isinf(drawn[4])
    finite &= measured | np.isnan(drawn).all(axis=0)
    true = (
        len(frames) == count
        and int(frames["candidates"].sum(dtype=np.int64)) == len(found)
        and (frames["index"][:1] >= 0).all()
        and (frames["index"][1:] > frames["index"][:-1]).all()
        and (frames["index"] < 2**53).all()
        and (frames["shot"] == frames["shot"][:1]).all()
        and (frames["flags"] <= _REPEATED | _NO_PLAY).all()
        and finite.all()
        and ((found["score"] >= 0) & (found["score"] <= 1)).all()
    )
    if not true:
        raise ValueError("no record of candidates")
    return frames, found


def describe(
    video: str | os.PathLike[str],
    options: TrackOptions,
    used: Description,
    weights: Mapping[str, str],
) -> dict[str, object]:
    """All that decides what is found: where any of it has changed, a recording is worth nothing.

    Args:
        video: the file; which one it is its size and its two ends say.
        options: as they were asked for.
        used: what they came to.
        weights: name → sha256 of each network.

    Raises:
        OSError: the video cannot be read.
    """
    return {
        "balltrack": version("balltrack"),
        "candidates": list(_CANDIDATE.names or ()),
        **asdict(options),
        **{f"{name} used": value for name, value in asdict(used).items()},
        **{f"sha256 of {name}": digest for name, digest in weights.items()},
        "video": _fingerprint(Path(video)),
    }


def _fingerprint(video: Path) -> str:
    if are_pictures(video):
        return _fingerprint_of_pictures(list_pictures(video))
    size = video.stat().st_size
    with video.open("rb") as file:
        digest = hashlib.sha256(file.read(HASHED))
        file.seek(max(size - HASHED, 0))
        digest.update(file.read(HASHED))
    return f"{size} bytes {digest.hexdigest()[:16]}"


def _fingerprint_of_pictures(paths: Sequence[Path]) -> str:
    """By their names, sizes and dates."""
    digest = hashlib.sha256()
    for path in paths:
        facts = path.stat() if path.exists() else None
        size, date = (facts.st_size, facts.st_mtime_ns) if facts else (0, 0)
        digest.update(f"{path.name} {size} {date}\n".encode(errors="surrogateescape"))
    return f"{len(paths)} pictures {digest.hexdigest()[:16]}"
