"""``--video-stream``: the stream that is asked for, wherever a video is opened."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from balltrack.archive.store import find_films
from balltrack.archive.work import Cut, Orders, Task, Workbench
from balltrack.errors import OptionError, VideoError
from balltrack.labels import read_track
from balltrack.options import ReadOptions, SourceOptions, TrackOptions
from balltrack.review.playback import Playback, is_played
from balltrack.review.queue import one_clip
from balltrack.review.server import OpenClip
from balltrack.video.probe import probe
from balltrack.video.reader import open_video
from numbered_clips import read_number
from several_streams import LATER_S, OTHER, OTHER_PIXELS, SHOWN, write_streams


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_streams(tmp_path_factory.mktemp("streams") / "two.mkv")


@pytest.mark.parametrize("reader", ["auto", "pyav"])
def test_its_frames_come(two: Path, reader: Any) -> None:
    for chosen, (count, size) in ((None, SHOWN), (0, SHOWN), (2, OTHER)):
        with open_video(two, reader=reader, source=SourceOptions(video_stream=chosen)) as video:
            assert (video.info.width, video.info.height) == size
            assert [read_number(frame.image) for frame in video.frames()] == [*range(count)]


def test_opencv_reads_no_other_than_the_first(two: Path) -> None:
    with open_video(two, reader="opencv") as video:
        assert next(video.frames()).image.shape[1] == SHOWN[1][0]
    other = SourceOptions(video_stream=2)
    video = open_video(two, reader="opencv", source=other)
    with video, pytest.raises(VideoError, match="the first video only; use pyav"):
        next(video.frames())


@pytest.mark.parametrize("number", [1, 3])
def test_what_is_no_video_is_said_with_those_that_are(two: Path, number: int) -> None:
    with pytest.raises(OptionError) as error:
        probe(two, SourceOptions(video_stream=number))
    assert str(error.value) == (
        f"{two}: stream {number} is no video; these are: 0 (160x96), 2 (320x192)"
    )


def test_info_lists_all_streams(balltrack: Callable[..., Any], two: Path) -> None:
    lines = balltrack("info", two, "--video-stream", 2).out.splitlines()
    assert "size:        320x192" in lines
    assert lines[-3:] == [
        "stream 0:    video h264, 160x96, 25 frames/s, default",
        "stream 1:    audio aac, 8000 Hz, 1 channel, eng",
        'stream 2:    video h264, 320x192, 25 frames/s, "the other side", tracked',
    ]
    found = json.loads(balltrack("info", two, "--json").out)
    assert found["stream"] == 0
    assert [stream["tracked"] for stream in found["streams"]] == [True, False, False]
    assert found["streams"][2]["size"] == [320, 192]
    assert (found["streams"][1]["kind"], found["streams"][1]["language"]) == ("audio", "eng")


def test_track_and_overlay_are_of_it(
    balltrack: Callable[..., Any], two: Path, brightest: str, tmp_path: Path
) -> None:
    labels, overlay = tmp_path / "two.csv", tmp_path / "two.mp4"
    chosen = ("--video-stream", 2)
    made = ("-o", labels, "--overlay", overlay)
    assert balltrack("track", two, "--weights", brightest, *chosen, *made).code == 0
    assert len(read_track(labels)) == OTHER[0]
    info = probe(overlay)
    assert ((info.width, info.height), info.frame_count) == (OTHER[1], OTHER[0])
    with av.open(str(overlay)) as made_of_it:  # a second of sound, less what came before
        sound = sum(frame.samples for frame in made_of_it.decode(audio=0)) / 8000
    assert sound == pytest.approx(1 - LATER_S, abs=0.2)
    assert balltrack("render", two, labels, "-o", overlay, "-y", *chosen).code == 0
    assert probe(overlay).width == OTHER[1][0]
    assert balltrack("track", two, "--weights", brightest, "-o", labels, "-y").code == 0
    assert len(read_track(labels)) == SHOWN[0]


def test_shots_evaluation_and_clips_are_of_it(
    balltrack: Callable[..., Any], two: Path, brightest: str, tmp_path: Path
) -> None:
    chosen = ("--video-stream", 2)
    row = balltrack("shots", two, *chosen).out.splitlines()[-1]
    assert int(row.split(",")[2]) == OTHER[0] - 1
    labels = two.with_suffix(".csv")
    rows = "".join(f"{number},1,300,180\n" for number in range(OTHER[0]))
    labels.write_text(f"Frame,Visibility,X,Y\n{rows}")
    common = ("evaluate", "--truth", labels, "--weights", brightest, "--json")
    done = balltrack(*common, *chosen)
    assert done.code == 0
    assert json.loads(done.out)["runs"][0]["details"]
    assert balltrack(*common).code == 1  # the positions lie outside of the smaller one
    found = tmp_path / "two.csv"  # 2 px apart are 3.2 of 512 here, and 6.4 in the smaller one
    found.write_text(f"Frame,Visibility,X,Y\n{rows.replace(',300,', ',302,')}")
    done = balltrack("evaluate", found, "--truth", labels, "--json", *chosen)
    assert json.loads(done.out)["runs"][0]["total"]["tp"] == OTHER[0]


def test_clips_are_cut_from_it(balltrack: Callable[..., Any], two: Path, tmp_path: Path) -> None:
    """Copied, and encoded again."""
    rallies = tmp_path / "rallies.csv"
    rallies.write_text("FirstFrame,LastFrame,Strokes\n2,6,3\n")
    asked = ("clips", two, rallies, "--video-stream", 2, "--before", 0, "--after", 0)
    for out, more in ((tmp_path / "copied", ()), (tmp_path / "exact", ("--exact",))):
        assert balltrack(*asked, "-o", out, *more).code == 0
        (made,) = out.iterdir()
        assert probe(made).width == OTHER[1][0]


def test_many_options_carry_what_is_read() -> None:
    reading = ReadOptions(start_s=1, reader="pyav", video_stream=2)
    assert ReadOptions(**reading.read) == reading


def test_review_shows_it(two: Path) -> None:
    source = SourceOptions(video_stream=2)
    clip = one_clip(two, None, two.with_name("reviewed.csv"), source=source)
    opened = OpenClip(clip)
    try:
        assert len(opened.session.times_s) == OTHER[0]
        picture = cv2.imdecode(np.frombuffer(opened.frames.jpeg(7), np.uint8), cv2.IMREAD_COLOR)
        assert picture.shape[:2] == OTHER[1][::-1]
        assert read_number(picture) == 7
        assert not is_played(opened.session.info)
    finally:
        opened.close()


def test_what_review_plays_has_its_pixel_shape(two: Path) -> None:
    """Seen on the way to the encoder."""
    playback = Playback(probe(two, SourceOptions(video_stream=2)))
    try:
        while playback.path is None:
            assert not playback.failure
            time.sleep(0.02)
        with av.open(str(playback.path)) as made:
            assert made.streams.video[0].sample_aspect_ratio == OTHER_PIXELS
    finally:
        playback.close()


def test_an_archive_cuts_and_joins_it(
    two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_two(frames: int, longest: int) -> list[range]:
        return [range(longest), range(longest, frames)]

    monkeypatch.setattr("balltrack.pipeline.parts.cut_into_parts", in_two)
    (film,) = find_films([str(two)])
    options = TrackOptions("classical", video_stream=2)
    bench = Workbench(Orders(options, str(tmp_path), ("csv",), "all", 0.2, "key"))
    cut = bench.do(Task(film))
    bench.close()
    assert isinstance(cut, Cut)
    assert (cut.info.width, cut.info.height) == OTHER[1]
