"""Commands on a video that is a folder of pictures, or a pattern of their names."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from balltrack import TrackOptions
from balltrack.detection.detector import Description
from balltrack.labels import read_track
from balltrack.options import SourceOptions
from balltrack.pipeline import Tracker
from balltrack.pipeline.recording import describe, was_completed
from balltrack.review.playback import Playback
from balltrack.review.queue import one_clip
from balltrack.review.server import OpenClip
from balltrack.video.probe import probe
from flying_ball import flying

SIZE = (320, 192)
COUNT = 24


@pytest.fixture
def frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bright ball from the left to the right, in a folder of the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(COUNT):
        image = np.full((SIZE[1], SIZE[0], 3), 40, np.uint8)
        cv2.circle(image, (40 + 10 * number, 90), 3, (255, 255, 255), cv2.FILLED)
        assert cv2.imwrite(str(folder / f"{number + 1:04}.png"), image)
    return folder


def positions(labels: Path) -> list[float]:
    return np.round(read_track(labels).xy[:, 0]).tolist()


def test_play_of_pictures_that_are_tracked_first(
    balltrack: Callable[..., Any], frames: Path, brightest: str
) -> None:
    common = ("--fps", "50", "--detector", brightest, "-q")
    for source in (frames, frames / "%04d.png"):
        done = balltrack("report", source, *common, "-o", "r.html", "-y")
        assert (done.code, done.err) == (0, "")
        assert "320x192, 50 frames/s" in Path("r.html").read_text(encoding="utf-8")
        assert balltrack("rallies", source, *common, "-o", "e.csv", "-y").code == 0
        done = balltrack("events", source, *common, "-o", "e.csv", "-y", "--json")
        assert (done.code, done.err, json.loads(done.out)["fps"]) == (0, "", 50)


def test_labels_and_overlay(balltrack: Callable[..., Any], frames: Path, brightest: str) -> None:
    common = ("--weights", brightest, "--columns", "all")
    done = balltrack("track", frames, "--fps", "50", *common, "--overlay", "o.mp4")
    assert (done.code, done.err.count("\n")) == (0, 1)
    track = read_track(Path("frames.csv"))
    assert track.time_s.tolist() == pytest.approx(np.arange(COUNT) / 50)
    assert track.xy[:, 0] == pytest.approx(40 + 10 * np.arange(COUNT), abs=2)
    overlay = probe("o.mp4")
    assert (overlay.width, overlay.height, overlay.frame_count) == (*SIZE, COUNT)
    assert float(overlay.frame_rate) == 50
    pattern = frames / "%04d.png"
    assert balltrack("track", pattern, "--fps", "50", *common, "-y").code == 0
    assert positions(Path("frames.csv")) == np.round(track.xy[:, 0]).tolist()
    assert balltrack("render", pattern, "frames.csv", "--fps", "50").code == 0
    assert probe("frames_overlay.mp4").frame_count == COUNT


def test_without_a_rate_times_are_empty(
    balltrack: Callable[..., Any], frames: Path, brightest: str
) -> None:
    done = balltrack("track", frames, "--weights", brightest, "--columns", "all")
    assert done.code == 0
    assert "pictures have no times; 25 a second are assumed" in done.err
    assert np.isnan(read_track(Path("frames.csv")).time_s).all()
    done = balltrack("track", frames, "--weights", brightest, "-y", "--start", "0.1")
    assert (done.code, done.complaint.endswith("give --fps too")) == (2, True)


def test_a_broken_picture_has_a_row_without_a_ball(
    balltrack: Callable[..., Any], frames: Path, brightest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (frames / "0006.png").write_bytes(b"broken")
    (frames / "0008.png").unlink()
    done = balltrack("track", frames / "%04d.png", "--fps", "25", "--weights", brightest)
    assert done.code == 0
    assert "2 pictures missing or broken, the first 0006.png" in done.err
    seen = read_track(Path("frames.csv")).visible
    assert np.flatnonzero(~seen).tolist() == [5, 7]
    tracker = Tracker(TrackOptions(brightest, fps=25))
    with tracker.candidates(frames / "%04d.png") as (_, found):
        assert [entry.frame_index for entry in found if not entry.candidates] == [5, 7]
    # A path that fills everything in.
    path = SimpleNamespace(rows=lambda judged, *_: iter([flying(len([*judged]))]))
    monkeypatch.setattr(tracker, "_path", path)
    assert np.flatnonzero(~tracker.track(frames / "%04d.png").visible).tolist() == [5, 7]


def test_info(balltrack: Callable[..., Any], frames: Path) -> None:
    found = json.loads(balltrack("info", frames, "--fps", "25", "--json").out)
    assert (found["frame_count"], found["width"], found["duration_s"]) == (COUNT, 320, 0.96)
    assert (found["streams"], found["stream"]) == ([], None)
    assert "frames:      24" in balltrack("info", frames / "%04d.png").out
    refused = balltrack("info", frames, "--video-stream", "0")
    assert (refused.code, "pictures have no streams" in refused.complaint) == (2, True)


def test_many_videos_and_shots(
    balltrack: Callable[..., Any], frames: Path, brightest: str, rendered: Path
) -> None:
    """A folder that holds a video is one of videos."""
    done = balltrack("track", frames, frames / "%04d.png", "--weights", brightest, "-o", "out")
    assert "rename one" in done.complaint  # both are called "frames"
    other = shutil.copytree(frames, "other")
    assert balltrack("track", frames, other, "--weights", brightest, "-o", "out").code == 0
    assert sorted(path.name for path in Path("out").iterdir()) == ["frames.csv", "other.csv"]
    assert balltrack("shots", frames, "--fps", "25").out.splitlines()[1].startswith("0,0,23,")
    shutil.copy(rendered, frames)
    assert balltrack("track", frames, "--weights", brightest, "-o", "videos").code == 0
    assert [path.name for path in Path("videos").iterdir()] == ["clip.csv"]


@pytest.mark.parametrize(
    "command",
    [
        "track VIDEO",
        "track VIDEO other -o out",
        "track --batch-file list.txt -o out",
        "render VIDEO labels.csv",
        "report VIDEO labels.csv",
        "compare VIDEO --weights classical --weights tracknet-v3",
        "bench --video VIDEO",
        "shots VIDEO",
    ],
)
@pytest.mark.parametrize("source", ["frames", "frames/%04d.png"])
def test_pictures_have_a_reader_of_their_own(
    balltrack: Callable[..., Any], frames: Path, command: str, source: str
) -> None:
    shutil.copytree(frames, "other")
    Path("list.txt").write_text(f"{source}\n")
    before = sorted(Path().rglob("*"))
    done = balltrack(*command.replace("VIDEO", source).split(), "--reader", "opencv")
    expected = "--reader has no effect on pictures, which have a reader of their own"
    assert (done.code, expected in done.complaint) == (2, True)
    assert sorted(Path().rglob("*")) == before


def test_a_reader_is_for_the_videos_beside_pictures(
    balltrack: Callable[..., Any], frames: Path, brightest: str, rendered: Path
) -> None:
    common = ("--reader", "opencv", "--weights", brightest, "-o", "out", "-q")
    assert balltrack("track", frames, rendered, *common).code == 0
    assert balltrack("track", frames, "--shard", "2/2", *common).code == 0


def test_other_commands_say_what_they_need(balltrack: Callable[..., Any], frames: Path) -> None:
    done = balltrack("clips", frames, "-o", "clips")
    assert (done.code, "clips cannot be cut out of pictures" in done.complaint) == (1, True)


@pytest.mark.parametrize("name", ["m.srt", "m.xml", "m.json", "m"])
def test_labels_are_converted_with_their_size_and_rate(
    balltrack: Callable[..., Any], frames: Path, name: str
) -> None:
    Path("m.csv").write_text("Frame,Visibility,X,Y\n0,1,40,90\n3,1,70,90\n")
    to = {"m.json": ("--to", "coco"), "m": ("--to", "yolo")}.get(name, ())
    given = ("--video", frames, "--fps", "50", "-q")
    assert balltrack("convert", "m.csv", name, *to, *given).code == 0
    assert balltrack("convert", name, "again.csv", "--columns", "all", *given).code == 0
    again = read_track(Path("again.csv"))
    assert (again.time_s[:1], again.xy[0, 0]) == (0, pytest.approx(40, abs=0.01))
    assert again.time_s[again.frame_index == 3].tolist() == pytest.approx([0.06])


def test_labels_keep_their_own_times_where_pictures_have_none(
    balltrack: Callable[..., Any], frames: Path
) -> None:
    Path("m.csv").write_text("Frame,Visibility,X,Y,Time,Confidence,Source,Shot\n1,0,,,7,0,none,0\n")
    done = balltrack("convert", "m.csv", "m.srt", "--video", frames)
    assert (done.code, "25 a second are assumed" in done.err) == (0, True)
    assert read_track(Path("m.srt")).time_s.tolist() == [7]
    Path("m.csv").write_text("Frame,Visibility,X,Y\n24,0,,\n")
    done = balltrack("convert", "m.csv", "m.xml", "--video", frames)
    assert "speaks of frame 24, but the video ends with frame 23" in done.complaint


def test_frames_worth_labelling(
    balltrack: Callable[..., Any], frames: Path, brightest: str
) -> None:
    shutil.copy(frames / "0001.png", frames / "0013.png")  # there and back
    done = balltrack("suggest", frames, "--detector", brightest, "--count", "3", "-q")
    assert done.code == 0
    assert done.out.splitlines()[1].startswith(f'"{frames}",12,,')


def test_review_shows_the_pictures(frames: Path) -> None:
    clip = one_clip(frames, None, None, source=SourceOptions(fps=25))
    assert clip.output.name == "frames_corrected.csv"
    opened = OpenClip(clip)
    try:
        assert opened.session.times_s.tolist() == pytest.approx(np.arange(COUNT) / 25)
        for number in (7, 2):
            data = np.frombuffer(opened.frames.jpeg(number), np.uint8)
            picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
            assert abs(int(picture[90].argmax()) - (40 + 10 * number)) <= 3
        wait_for(opened.playback)
        assert probe(opened.playback.path).frame_count == COUNT  # type: ignore[arg-type]
    finally:
        opened.close()


def wait_for(playback: Playback) -> None:
    assert playback._thread is not None
    playback._thread.join(30)
    assert playback.failure == ""


def test_a_journal_knows_them(frames: Path, brightest: str) -> None:
    """Of a picture that has changed, nothing that was found before is believed."""
    used = Description("w", "torch", "cpu", "fp32", 1, 1)
    before = describe(frames, TrackOptions(), used, {})["video"]
    assert before == describe(frames / "%04d.png", TrackOptions(), used, {})["video"]
    (frames / "0003.png").write_bytes((frames / "0002.png").read_bytes())
    assert before != describe(frames, TrackOptions(), used, {})["video"]
    assert not was_completed(frames / "no.journal", frames, TrackOptions())
