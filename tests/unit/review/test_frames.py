"""Frames by their numbers, and what a browser is given to play."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from balltrack.errors import VideoError
from balltrack.labels import write_track
from balltrack.overlay.sound import first_picture_s
from balltrack.review.frames import FrameFinder, frame_times
from balltrack.review.playback import Playback, is_played
from balltrack.review.session import Clip, Session
from balltrack.structures import Track
from balltrack.video.probe import probe
from balltrack.video.reader import open_video
from numbered_clips import damage, read_number, write_clip
from reader_clips import AWKWARD, CLEAN
from reader_clips import Clip as Rendered


def headless(path: Path) -> Path:
    """A broadcast that somebody joined late: packets come before the first key frame."""
    data = write_clip(path, 60, options={"g": "20", "bf": "2"}).read_bytes()
    path.write_bytes(data[: 2 * 188] + data[len(data) // 188 // 6 * 188 :])
    return path


JOINED_LATE = Rendered("joined_late.ts", headless, range(20, 60))


def finder_of(video: Path) -> FrameFinder:
    info = probe(video)
    return FrameFinder(info, frame_times(info))


WHOLE = [*(clip for clip in (*CLEAN, *AWKWARD) if not clip.damaged), JOINED_LATE]


@pytest.mark.parametrize("clip", WHOLE, ids=lambda clip: clip.name)
def test_the_frame_that_is_asked_for_is_the_readers(clip: Rendered, tmp_path: Path) -> None:
    """In any order: forward, back, and to and fro, whatever codec, container and times."""
    video = clip.render(tmp_path / clip.name)
    with open_video(video, quiet=True) as reader:
        shown = {frame.index: read_number(frame.image) for frame in reader.frames()}
    assert list(shown.values()) == list(clip.numbers)
    finder = finder_of(video)
    last = len(shown) - 1
    picks = random.Random(0).choices(range(last + 1), k=10)
    for index in (*range(min(6, last)), *range(last, max(last - 6, 0), -1), *picks):
        image = cv2.imdecode(np.frombuffer(finder.jpeg(index), np.uint8), cv2.IMREAD_COLOR)
        assert image.shape[:2] == (reader.info.height, reader.info.width)
        assert read_number(image) == shown[index], index
        finder._kept.clear()
        assert finder.seeks == (video.suffix != ".avi"), "it counted from the start"
    for beyond in (-1, len(shown)):
        with pytest.raises(IndexError):
            finder.jpeg(beyond)
    finder.close()


def test_the_frames_that_were_asked_for_last_are_kept(
    video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("balltrack.review.frames.KEPT", 3)
    finder = finder_of(video)
    for index in range(6):
        finder.jpeg(index)
    assert list(finder._kept) == [3, 4, 5]
    finder.close()


@pytest.mark.parametrize("group", ["1", "12"])
@pytest.mark.parametrize("said", [True, False], ids=["times", "no times"])
def test_frames_of_a_damaged_file_are_those_that_the_tracker_counted(
    group: str, said: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where its labels say the times; without, frames after the damage are those of the packets."""
    video = damage(write_clip(tmp_path / "x.mp4", 60, options={"g": group}), {14, 33})
    with open_video(video, quiet=True) as reader:
        shown = [(frame.time_s, read_number(frame.image)) for frame in reader.frames()]
    assert 30 < len(shown) < 60
    frames, nothing = np.arange(len(shown)), np.zeros(len(shown))
    track = Track(
        frame_index=frames,
        time_s=np.array([time_s for time_s, _ in shown]),
        xy=np.full((len(shown), 2), np.nan),
        score=nothing.astype(np.float32),
        source=nothing.astype(np.int8),
        shot=frames * 0,
    )
    write_track(track, tmp_path / "x.csv", columns="all" if said else "trackcsv")
    session = Session(Clip(video, tmp_path / "x.csv", tmp_path / "out.csv"))
    told = [f"{video}: {len(shown)} of its 60 frames can be decoded"]
    assert caplog.messages[-1:] == (told if said else [])
    assert (len(session.times_s) == len(shown)) == said
    if said:
        finder = FrameFinder(session.info, session.times_s)
        assert finder.jpeg(len(shown) - 1)
        assert finder.seeks, "times still find frames that no damage is near"
        for index in (5, len(shown) - 1, 13, 14, 30, 33, 20, 0):
            data = np.frombuffer(finder.jpeg(index), np.uint8)
            assert read_number(cv2.imdecode(data, cv2.IMREAD_COLOR)) == shown[index][1], index
        finder.close()
    session.close()


def test_what_browsers_play_is_left_alone(video: Path) -> None:
    playback = Playback(probe(video))
    assert playback.path == video
    assert playback.progress()["ready"]
    playback.close()


def test_what_they_do_not_is_encoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    video = write_clip(tmp_path / "old.avi", 30, codec="mpeg4")
    info = probe(video)
    assert not is_played(info)
    playback = Playback(info)
    while not playback.progress()["ready"]:
        assert not playback.failure
        time.sleep(0.02)
    assert playback.done == 30
    assert playback.path is not None
    made = probe(playback.path)
    assert (made.codec, made.frame_count) == ("h264", 30)
    again = Playback(info)
    assert again.path == playback.path


def test_a_video_that_begins_after_its_sound_is_encoded_from_its_first_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Browsers count from the container's 0, the page from the first frame: as they are, a cut
    copied from a stream would show frame 2 for 14."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    ticks = [480 + 40 * number for number in range(30)]
    video = write_clip(tmp_path / "cut.mp4", 30, ticks=ticks, sound=True)
    assert float(first_picture_s(str(video))) == pytest.approx(0.48, abs=1e-3)
    info = probe(video)
    playback = Playback(info)
    while not playback.progress()["ready"]:
        assert not playback.failure
        time.sleep(0.02)
    assert playback.path not in (None, video)
    assert first_picture_s(str(playback.path)) == 0
    with open_video(playback.path, quiet=True) as reader:
        shown = [(frame.time_s, read_number(frame.image)) for frame in reader.frames()]
    assert [number for _, number in shown] == list(range(30))
    np.testing.assert_allclose([time_s for time_s, _ in shown], frame_times(info), atol=2e-3)
    assert is_played(probe(write_clip(tmp_path / "whole.mp4", 30, sound=True)))


def test_giving_up_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rendered_long: Callable[[], Path]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    playback = Playback(probe(rendered_long()))
    playback.close()
    assert playback.path is None
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


@pytest.fixture
def rendered_long(tmp_path: Path) -> Callable[[], Path]:
    return lambda: write_clip(tmp_path / "long.avi", 250, codec="mpeg4", size=(640, 360))


def test_what_cannot_be_decoded_is_an_error(tmp_path: Path) -> None:
    """Pictures that are predicted from a lost one are not shown as if they were right."""
    video = write_clip(tmp_path / "x.mp4", 20, options={"g": "20"})
    damage(video, set(range(4, 20)))
    finder = finder_of(video)
    assert finder.jpeg(2)
    with pytest.raises(VideoError, match=r"x\.mp4: frame 19 cannot be decoded"):
        finder.jpeg(19)
