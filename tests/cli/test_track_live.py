"""``balltrack track`` of what is happening now."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from balltrack.cli.live import LAG
from balltrack.detection.registry import DETECTORS
from balltrack.labels import read_track
from balltrack.options import TrackOptions
from balltrack.pipeline import Tracker
from balltrack.video.live import camera
from numbered_clips import write_clip

COUNT = 120


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("live") / "clip.ts", COUNT, options={"g": "10"})


@pytest.fixture
def pipe(stream: Path, tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe")
    Thread(target=lambda: (tmp_path / "pipe").write_bytes(stream.read_bytes())).start()
    return tmp_path / "pipe"


@pytest.fixture
def track(balltrack: Callable[..., Any], tiny_weights: Path) -> Callable[..., Any]:
    def run(*arguments: object) -> Any:
        common = ("--weights", tiny_weights, "--device", "cpu", "--verify", "none")
        return balltrack("track", *arguments, *common)

    return run


def test_rows_go_to_stdout_as_json_lines(track: Callable[..., Any], pipe: Path) -> None:
    done = track(pipe)
    assert done.code == 0, done.err
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [row["frame"] for row in rows] == list(range(COUNT))
    assert all(row["mode"] is not None for row in rows)
    assert "s from a frame to its row" in done.err
    assert "0 frames dropped" in done.err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("--reader opencv", "--reader has no effect on a live source"),
        ("--columns all", "--columns has no effect without a CSV"),
        ("--video-stream 1", "0: a camera has no streams; leave --video-stream out"),
    ],
)
def test_what_a_camera_does_not_heed_is_refused(
    track: Callable[..., Any], arguments: str, complaint: str
) -> None:
    done = track("0", *arguments.split(), "-q")
    assert (done.code, complaint in done.complaint) == (2, True)


def test_facts_of_a_live_source(track: Callable[..., Any], pipe: Path, tmp_path: Path) -> None:
    done = track(pipe, "-o", tmp_path / "out.csv", "--json", "-q", "--lag", "30")
    assert (done.code, done.err) == (0, "")
    facts = json.loads(done.out)
    assert (facts["frames"], facts["lag"], facts["dropped"]) == (COUNT, 30, 0)
    assert 0 <= facts["latency_p50_s"] <= facts["latency_p99_s"]
    assert len(read_track(tmp_path / "out.csv")) == COUNT


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_standard_input(stream: Path, tiny_weights: Path, ending: signal.Signals) -> None:
    """And its rows do not wait for its end: it has none, and to be ended is no failure."""
    command = [sys.executable, "-m", "balltrack", "track", "-", "--weights", str(tiny_weights)]
    with subprocess.Popen(
        [*command, "--device", "cpu", "--verify", "none"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(stream.read_bytes())
        process.stdin.flush()
        rows = [json.loads(process.stdout.readline()) for _ in range(COUNT - LAG)]
        process.send_signal(ending)
        assert process.stderr is not None
        rows += [json.loads(line) for line in process.stdout]
        said = process.stderr.read().decode()
    assert process.returncode == 0, said
    assert [row["frame"] for row in rows] == list(range(COUNT))
    assert "0 frames dropped" in said.splitlines()[-1]


class FastCamera:
    """In place of `cv2.VideoCapture`: 400 pictures at once."""

    def __init__(self, _: object) -> None:
        import numpy as np  # noqa: PLC0415

        self._left = 401
        self._image = np.zeros((96, 160, 3), np.uint8)

    def read(self) -> tuple[bool, Any]:
        self._left -= 1
        return self._left >= 0, self._image

    def get(self, _: int) -> float:
        return 25.0

    def release(self) -> None:
        pass


def test_a_camera_that_is_too_fast_loses_frames_and_says_so(
    track: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera.cv2, "VideoCapture", FastCamera)
    done = track("3", "-o", tmp_path / "out.csv", "--json")
    assert done.code == 0, done.err
    facts = json.loads(done.out)
    assert facts["frames"] + facts["dropped"] == pytest.approx(400, abs=40)  # the last ones' rows
    assert facts["dropped"] > 0
    assert "came faster than they could be tracked" in done.err
    frames = read_track(tmp_path / "out.csv").frame_index
    assert len(frames) == facts["frames"]


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["-", "a.mp4"], 2, "a live source is tracked alone"),
        (["-", "--overlay", "o.mp4"], 2, "a live source is tracked alone"),
        (["-", "--json"], 2, "labels and --json cannot both go to stdout"),
        (["http://127.0.0.1:1/x"], 1, "cannot be read as a live video"),
        (["-", "--lag", "2"], 2, "lag must be at least"),
    ],
)
def test_what_is_asked_wrongly(
    track: Callable[..., Any], arguments: list[str], code: int, complaint: str
) -> None:
    done = track(*arguments)
    assert done.code == code
    assert complaint in done.complaint


def test_who_has_seen_enough_of_a_live_source_is_let_go(
    stream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pipe is held open, so that whoever waits for its end waits for ever."""
    monkeypatch.setitem(DETECTORS, "brightest-pixel", "brightest_pixel:load")
    os.mkfifo(tmp_path / "pipe")
    descriptor = os.open(tmp_path / "pipe", os.O_RDWR)
    Thread(target=lambda: os.write(descriptor, stream.read_bytes()), daemon=True).start()

    def look() -> None:
        with Tracker(TrackOptions("brightest-pixel", lag=20)).tracking(tmp_path / "pipe") as seen:
            for piece in seen.pieces:
                if piece.frame_index[-1] > COUNT - 30:  # the reader has all there is, and waits
                    break

    thread = Thread(target=look, daemon=True)
    thread.start()
    thread.join(15)
    left = not thread.is_alive()
    os.close(descriptor)
    assert left
