"""Candidates in a journal: to the last digit, and nothing that could not be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balltrack.detection.detector import Description
from balltrack.errors import OutputError
from balltrack.journal import Journal
from balltrack.options import TrackOptions
from balltrack.pipeline.recording import (
    _CANDIDATE,
    HASHED,
    STRETCH,
    Recording,
    describe,
    pack,
    unpack,
    was_completed,
)
from balltrack.streaks import Streak
from balltrack.structures import Candidate, FrameCandidates

ABOUT: dict[str, object] = {"a": 1}
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
STREAKS = st.builds(Streak, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
CANDIDATES = st.builds(Candidate, NUMBERS, NUMBERS, st.floats(0, 1), st.none() | STREAKS)
ENTRIES = st.builds(
    lambda shot, first, rows: [
        FrameCandidates(first + i, time_s, shot, tuple(candidates), repeated, play)
        for i, (time_s, candidates, repeated, play) in enumerate(rows)
    ],
    st.integers(0, 1000),
    st.integers(0, 2**40),
    st.lists(
        st.tuples(NUMBERS, st.lists(CANDIDATES, max_size=9), st.booleans(), st.booleans()),
        max_size=12,
    ),
)


@given(ENTRIES)
def test_entries_come_back_as_they_were(entries: list[FrameCandidates]) -> None:
    assert unpack(pack(entries)) == entries


def test_a_time_that_is_not_known_comes_back() -> None:
    (entry,) = unpack(pack([FrameCandidates(3, math.nan, 0, ())]))
    assert math.isnan(entry.time_s)


@given(st.binary(max_size=400))
def test_garbage_is_no_record(record: bytes) -> None:
    try:
        entries = unpack(record)
    except ValueError:
        return
    assert pack(entries) == record


def test_a_flag_that_nobody_knows_is_no_record() -> None:
    record = bytearray(pack([FrameCandidates(0, 0.0, 0, ())]))
    assert record[-1] == 0
    record[-1] = 4
    with pytest.raises(ValueError, match="no record"):
        unpack(bytes(record))


FOUND = (Candidate(1.0, 2.0, 0.5), Candidate(3.0, 4.0, 0.25))


@pytest.mark.parametrize(
    "entries",
    [
        [FrameCandidates(1, 0.0, 0, FOUND), FrameCandidates(1, 0.0, 0, ())],
        [FrameCandidates(1, 0.0, 0, FOUND), FrameCandidates(2, 0.0, 1, ())],
        [FrameCandidates(-1, 0.0, 0, FOUND)],
        [FrameCandidates(2**60, 0.0, 0, FOUND)],
    ],
)
def test_entries_that_cannot_be_are_no_record(entries: list[FrameCandidates]) -> None:
    with pytest.raises(ValueError, match="no record"):
        unpack(pack(entries))


@pytest.mark.parametrize(
    ("place", "value"),
    [(0, math.nan), (1, math.inf), (2, 1.5), (3, -math.inf), (4, 7.0), (7, math.inf)],
)
def test_candidates_that_cannot_be_are_no_record(place: int, value: float) -> None:
    record = bytearray(pack([FrameCandidates(0, 0.0, 0, FOUND)]))
    at = len(record) - _CANDIDATE.itemsize + 8 * place
    record[at : at + 8] = np.array(value, "<f8").tobytes()
    with pytest.raises(ValueError, match="no record"):
        unpack(bytes(record))


def match(shots: Sequence[int]) -> list[FrameCandidates]:
    return [FrameCandidates(i, i / 30, shot, FOUND[: i % 3]) for i, shot in enumerate(shots)]


def record(path: Path, entries: list[FrameCandidates]) -> tuple[int, list[FrameCandidates]]:
    """What was known, and what came out of a run over these entries."""
    with Recording(path, ABOUT) as recording:
        bare = [
            replace(e, candidates=()) if e.frame_index < recording.known else e for e in entries
        ]
        return recording.known, list(recording.keep(recording.restore(bare)))


@pytest.mark.parametrize("shots", [[0] * 5, [0] * 200, [0] * 70 + [1] * 3 + [2] * 90])
def test_a_run_goes_on_wherever_it_was_cut_off(tmp_path: Path, shots: list[int]) -> None:
    entries = match(shots)
    path = tmp_path / "a.journal"
    assert record(path, entries) == (0, entries)
    whole = path.read_bytes()
    reached = set()
    for length in range(30, len(whole) + 1, 17):
        path.write_bytes(whole[:length])
        known, restored = record(path, entries)
        reached.add(known)
        assert restored == entries
        assert path.read_bytes() == whole
    shot_ends = {i for i in range(1, len(shots)) if shots[i] != shots[i - 1]}
    assert reached >= shot_ends | {0}
    assert max(np.diff(sorted({*reached, len(shots)}))) <= STRETCH


def test_it_is_complete_when_the_video_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    entries = match([0] * 100)
    with Recording(path, ABOUT) as recording:
        for entry in recording.keep(entries):
            assert not recording.complete
            if entry.frame_index == 90:
                break
    with Recording(path, ABOUT) as recording:
        assert (recording.known, recording.complete) == (STRETCH, False)
        list(recording.keep(entries))
    with Recording(path, ABOUT) as recording:
        assert (recording.known, recording.complete) == (100, True)


def test_another_videos_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    record(path, match([0] * 80))
    for other in (match([0] * 40 + [1] * 40), match([0] * 80)[1:]):
        with pytest.raises(OutputError, match="is not of this video; delete it"):
            record(path, other)


def test_records_in_disorder_are_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    entries = match([0] * 20)
    with Journal(path, ABOUT, lambda _: None) as journal:
        for part in (entries[:10], entries[5:15], entries[10:]):
            journal.append(pack(part))
    with Recording(path, ABOUT) as recording:
        assert recording.known == 10


USED = Description("tiny", "torch", "cpu", "fp32", 2, 8)


def test_what_a_recording_is_about(tmp_path: Path) -> None:
    video = tmp_path / "a.mp4"
    video.write_bytes(bytes(range(256)) * 12000)
    about = describe(video, TrackOptions(), USED, {"tiny": "12ab"})
    assert about == describe(video, TrackOptions(), USED, {"tiny": "12ab"})
    (tmp_path / "moved.mp4").write_bytes(video.read_bytes())
    assert about == describe(tmp_path / "moved.mp4", TrackOptions(), USED, {"tiny": "12ab"})
    for changed in (
        describe(video, TrackOptions(max_gap=3), USED, {"tiny": "12ab"}),
        describe(video, TrackOptions(), replace(USED, device="cuda:0"), {"tiny": "12ab"}),
        describe(video, TrackOptions(), USED, {"tiny": "12ac"}),
    ):
        assert changed != about
    for place in (0, HASHED - 1, -HASHED, -1):
        content = bytearray((tmp_path / "moved.mp4").read_bytes())
        content[place] ^= 1
        video.write_bytes(content)
        assert describe(video, TrackOptions(), USED, {"tiny": "12ab"}) != about


def test_a_run_that_was_killed_while_its_outputs_appeared(tmp_path: Path) -> None:
    video, journal = tmp_path / "a.mp4", tmp_path / "a.csv.journal"
    video.write_bytes(b"video")
    options = TrackOptions(start_s=1.5)
    assert not was_completed(journal, video, options)
    with Recording(journal, describe(video, options, USED, {})) as recording:
        entries = list(recording.keep(match([0] * 3)))
        assert not was_completed(tmp_path / "other", video, options)
    assert len(entries) == 3
    assert was_completed(journal, video, options)
    assert not was_completed(journal, video, TrackOptions())
    assert not was_completed(journal, tmp_path / "gone.mp4", options)
    journal.write_bytes(journal.read_bytes()[:-1])
    assert not was_completed(journal, video, options)
    video.write_bytes(b"other")
    assert not was_completed(journal, video, options)
