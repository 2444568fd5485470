"""Where one reader cannot go on, the next one does, and no frame is lost between them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from balltrack.errors import VideoError
from balltrack.video.opencv_reader import OpenCVReader
from balltrack.video.pyav_reader import PyavReader
from balltrack.video.reader import open_video
from numbered_clips import read_number
from reader_clips import (
    CFR,
    CLEAN,
    DAMAGED,
    Clip,
    assert_complete,
    break_reader,
    each,
    read,
)


@pytest.mark.parametrize("number", [0, 1, 25, 59])
@each([CFR, next(clip for clip in CLEAN if clip.name == "edit_list.mp4")])
def test_opencv_takes_over_at_the_exact_frame_and_says_why_once(
    clip: Clip,
    number: int,
    rendered: Callable[[Clip], Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = rendered(clip)
    number = min(number, len(clip.numbers) - 1)
    break_reader(monkeypatch, PyavReader, number)
    assert_complete(read(path, "auto"), clip)
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("balltrack", logging.WARNING)
    assert record.message == f"{path}: PyAV broke; OpenCV reads from frame {number} on"


def test_opencv_takes_over_what_pyav_cannot_open_or_decodes_nothing_of(
    rendered: Callable[[Clip], Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(path: str) -> None:
        raise VideoError(f"{path}: cannot be read as a video; repair it")

    path = rendered(CFR)
    with monkeypatch.context() as patch:
        patch.setattr("balltrack.video.pyav_reader.open_container", refuse)
        assert_complete(read(path, "auto"), CFR)
    with monkeypatch.context() as patch:
        patch.setattr(PyavReader, "_decode", lambda *_: (frame for frame in ()))
        assert_complete(read(path, "auto"), CFR)
    assert [record.message for record in caplog.records] == [
        f"{path}: cannot be read as a video; OpenCV reads from frame 0 on",
        f"{path}: none of its h264 frames can be decoded; OpenCV reads from frame 0 on",
    ]


def test_a_failure_after_the_last_frame_costs_nothing(
    rendered: Callable[[Clip], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_reader(monkeypatch, PyavReader, 60)
    assert_complete(read(rendered(CFR), "auto"), CFR)


def test_a_reader_that_ends_before_it_takes_over_is_not_taken_for_the_end(
    rendered: Callable[[Clip], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_reader(monkeypatch, PyavReader, 30)  # OpenCV reads twenty frames of this one
    with pytest.raises(VideoError, match="PyAV broke; mend it"):
        read(rendered(DAMAGED), "auto")


def test_where_nobody_can_go_on_the_frames_do_not_just_end(
    rendered: Callable[[Clip], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_reader(monkeypatch, PyavReader, 20)
    break_reader(monkeypatch, OpenCVReader, 30)
    with open_video(rendered(CFR)) as video:
        frames = video.frames()
        assert [frame.index for frame in islice(frames, 30)] == list(range(30))
        with pytest.raises(VideoError, match="OpenCV broke; mend it"):
            next(frames)


@pytest.mark.parametrize("start_s", [0.4, 1.0])
def test_a_start_before_or_after_the_handover_keeps_the_numbers(
    start_s: float, rendered: Callable[[Clip], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_reader(monkeypatch, PyavReader, 20)
    frames = read(rendered(CFR), "auto", start_s=start_s, end_s=1.6)
    wanted = list(range(round(start_s * 25), 40))
    assert [read_number(frame.image) for frame in frames] == wanted
    assert [frame.index for frame in frames] == wanted
