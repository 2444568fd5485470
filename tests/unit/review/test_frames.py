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
from balltrack.review.frames import FrameFinder
from balltrack.review.playback import Playback, is_played
from balltrack.video.probe import probe
from balltrack.video.reader import open_video
from numbered_clips import damage, read_number, write_clip
from reader_clips import AWKWARD, CLEAN, Clip

WHOLE = [clip for clip in (*CLEAN, *AWKWARD) if not clip.damaged]


@pytest.mark.parametrize("clip", WHOLE, ids=lambda clip: clip.name)
def test_the_frame_that_is_asked_for_is_the_readers(clip: Clip, tmp_path: Path) -> None:
    """In any order: forward, back, and to and fro, whatever codec, container and times."""
    video = clip.render(tmp_path / clip.name)
    with open_video(video, quiet=True) as reader:
        shown = {frame.index: read_number(frame.image) for frame in reader.frames()}
    finder = FrameFinder(probe(video))
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
    finder = FrameFinder(probe(video))
    assert finder.jpeg(2)
    with pytest.raises(VideoError, match=r"x\.mp4: frame 19 cannot be decoded"):
        finder.jpeg(19)
