"""Parts of a video: the rows of all of them are those of one pass, to the last bit."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from balltrack.errors import OutputError
from balltrack.options import TrackOptions
from balltrack.pipeline import Tracker
from balltrack.pipeline.parts import cut_into_parts, is_whole, join_parts, record_part
from balltrack.structures import Track
from balltrack.tracks import join_tracks
from balltrack.verification.second_look import FRESH
from balltrack.video.probe import probe
from balltrack.video.reader import VideoReader
from seeing_network import save_seeing
from shot_match import write_match

SEVERAL, ONE = (20, 33, 1, 80), (134,)
"""Frames of each shot of a match of several, and of one."""

TWICE = (1, 2)
"""How often pictures are shown, so that a part begins with one that is shown again."""


MATCHES: dict[str, tuple[tuple[int, ...], tuple[int, ...] | None]] = {
    "several shots": (SEVERAL, None),
    "one long shot": (ONE, None),
    "pictures shown twice": (ONE, TWICE),
}

HOW: dict[str, dict[str, object]] = {
    "second look": {"verify": "verifier", "batch_size": 3, "ensemble": "average"},
    "side by side": {"verify": "none", "batch_size": 5, "ensemble": "nonoverlap"},
    "classical": {"weights": "classical"},
}

QUICK = {
    ("several shots", "second look"),
    ("several shots", "classical"),
    ("one long shot", "side by side"),
    ("pictures shown twice", "second look"),
}
"""Each match and each way to look at it; the other pairs are slow."""


def quick_on(quick: str) -> pytest.MarkDecorator:
    """On each match, of which the others are slow."""
    slow = [pytest.param(name, marks=pytest.mark.slow) for name in MATCHES if name != quick]
    return pytest.mark.parametrize("match", [quick, *slow], indirect=True)


@pytest.fixture(scope="module")
def match(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    shown = MATCHES[request.param]
    return write_match(tmp_path_factory.mktemp("match") / "match.mp4", *shown)


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("weights") / "seeing.safetensors"
    return str(save_seeing(path, size=(128, 72)))


@pytest.fixture(autouse=True)
def _what_stands_is_a_ball(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network here takes marks of the court for balls."""
    monkeypatch.setattr("balltrack.trajectory.balls.contest.drawn", lambda *_: [])


def track_parts(tracker: Tracker, video: Path, folder: Path) -> Track:
    info = probe(video)
    files = []
    for part in cut_into_parts(info.frame_count or 0, FRESH):
        files.append(folder / f"{part[0]}.part")
        record_part(tracker, video, files[-1], part, {"part": part})
    assert len(files) > 2
    assert all(map(is_whole, files))
    return join_tracks(join_parts(tracker, info, files))


def assert_same(one: Track, other: Track) -> None:
    for name in ("frame_index", "time_s", "xy", "score", "source", "shot", "blur", "play"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@pytest.mark.parametrize(
    ("match", "how"),
    [
        pytest.param(*pair, marks=() if pair in QUICK else pytest.mark.slow)
        for pair in product(MATCHES, HOW)
    ],
    indirect=["match"],
)
def test_the_rows_are_those_of_one_pass(match: Path, seeing: str, tmp_path: Path, how: str) -> None:
    options = replace(TrackOptions(seeing, device="cpu", runtime="torch", threads=1), **HOW[how])
    tracker = Tracker(options)
    serial = tracker.track(match)
    assert serial.visible.sum() > 10
    assert_same(track_parts(tracker, match, tmp_path), serial)


@quick_on("several shots")
def test_frames_that_are_lost_have_no_ball_in_any_part(
    match: Path, seeing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is one filled in from the frames around them, when all parts are joined."""
    options = TrackOptions(seeing, device="cpu", runtime="torch", threads=1, verify="none")
    tracker = Tracker(options)
    seen = tracker.track(match).visible
    lost = {i for i in range(5, 128, 2) if seen[i - 1 : i + 2].all()}
    assert len(lost) > 5
    opened = tracker.open

    def damaged(video: Path) -> VideoReader:
        reader = opened(video)
        reader.lost.update(lost)
        return reader

    monkeypatch.setattr(tracker, "open", damaged)
    serial = tracker.track(match)
    assert not serial.visible[sorted(lost)].any()
    assert serial.visible.any()
    assert_same(track_parts(tracker, match, tmp_path), serial)
    told: list[object] = []
    monkeypatch.setattr(tracker, "rows", lambda *given: iter(told.append(given[-1]) or ()))
    list(join_parts(tracker, probe(match), sorted(tmp_path.iterdir())))
    assert told == [(lost,)]


@quick_on("one long shot")
def test_the_second_look_of_a_part_does_not_go_by_what_was_found_before(
    match: Path, seeing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With batches that run on over the edge of a part, the last digits would be others'."""
    options = TrackOptions(seeing, device="cpu", runtime="torch", threads=1, verify="verifier")
    tracker = Tracker(options)
    batches: list[int] = []
    judge = tracker.verifier.judge
    monkeypatch.setattr(
        tracker.verifier, "judge", lambda patches: (batches.append(len(patches)), judge(patches))[1]
    )
    tracker.track(match)
    serial = batches.copy()
    batches.clear()
    record_part(tracker, match, tmp_path / "part", (FRESH, None), {})
    assert 0 < len(batches) < len(serial)
    assert batches == serial[-len(batches) :]


@pytest.mark.parametrize(
    ("frames", "longest", "parts"),
    [
        (10, 100, [(0, None)]),
        (0, 100, [(0, None)]),
        (128, 64, [(0, 64), (64, None)]),
        (130, 100, [(0, 128), (128, None)]),
        (300, 100, [(0, 128), (128, 256), (256, None)]),
    ],
)
def test_parts_have_nearly_equal_lengths(
    frames: int, longest: int, parts: list[tuple[int, int | None]]
) -> None:
    assert cut_into_parts(frames, longest) == parts


@quick_on("several shots")
def test_a_damaged_part_is_known_at_once(match: Path, tmp_path: Path) -> None:
    tracker = Tracker(TrackOptions("classical"))
    file = tmp_path / "0.part"
    record_part(tracker, match, file, (0, FRESH), {})
    content = file.read_bytes()
    for damaged in (content[:-1], content[:100] + bytes([content[100] ^ 1]) + content[101:], b""):
        file.write_bytes(damaged)
        assert not is_whole(file)
        with pytest.raises(OutputError, match="not whole"):
            join_parts(tracker, probe(match), [file])
    file.write_bytes(content)
    assert is_whole(file)
