"""A video and a track in, the marked video out."""

from __future__ import annotations

import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from balltrack.errors import LabelError, OptionError, OutputError, VideoError
from balltrack.labels import read_track, write_track
from balltrack.options import ReaderName, RenderOptions
from balltrack.overlay.writer import VideoWriter
from balltrack.pipeline import Progress
from balltrack.pipeline.rendering import render_overlay
from balltrack.structures import FloatArray, Image
from balltrack.synthetic import render_clip
from flying_ball import COUNT, SIZE, flying
from numbered_clips import read_number, write_clip
from written_files import decoded, times_of


def marked_at(marked: Image, plain: Image) -> FloatArray:
    """(x, y) of the middle of what differs, as exact as the texture under it lets it be."""
    height, width = plain.shape[:2]
    difference = np.abs(marked[:height, :width].astype(int) - plain).max(axis=2)
    y, x = np.nonzero(difference > 50)
    return np.array([x.mean(), y.mean()])


def no_threads_left() -> bool:
    return {thread.name for thread in threading.enumerate()}.isdisjoint(
        {"balltrack-encode", "prefetch"}
    )


@pytest.mark.parametrize("reader", ["auto", "opencv", "pyav"])
def test_every_frame_comes_back_with_its_ball_marked(tmp_path: Path, reader: ReaderName) -> None:
    video = write_clip(tmp_path / "clip.mp4", COUNT, size=SIZE)
    track = flying(COUNT)
    steps: list[Progress] = []
    out = tmp_path / "out.mp4"

    options = RenderOptions(trail=0, crf=8, reader=reader)
    render_overlay(video, track, out, options, progress=steps.append)

    images = decoded(out)
    assert [read_number(image) for image in images] == list(range(COUNT))
    for image, plain, xy in zip(images, decoded(video), track.xy, strict=True):
        np.testing.assert_allclose(marked_at(image, plain), xy, atol=1.5)
    assert [(step.done, step.total) for step in steps] == [(i + 1, COUNT) for i in range(COUNT)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "out.mp4"]
    assert no_threads_left()


def test_other_balls_are_marked_in_grey(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "clip.mp4", 8, size=SIZE)
    track = flying(8)
    nowhere = replace(track, xy=np.full((8, 2), np.nan), source=np.zeros(8, np.int8))
    places = {"none": nowhere, "own": track, "other": replace(nowhere, others=(track,))}
    for name, rows in places.items():
        render_overlay(video, rows, tmp_path / f"{name}.mp4", RenderOptions(trail=0, crf=4))
    plain, own, other = (decoded(tmp_path / f"{name}.mp4") for name in places)
    for images, coloured in ((own, True), (other, False)):
        for image, before, xy in zip(images, plain, track.xy, strict=True):
            x, y = np.rint(xy).astype(int)
            around = np.s_[max(y - 8, 0) : y + 8, max(x - 8, 0) : x + 8]  # a number is beside it
            change = np.abs(image[around].astype(int) - before[around]).max(axis=2)
            ring = image[around][change > 80].astype(int)
            assert len(ring) > 5
            assert (np.ptp(ring, axis=1).max() > 100) == coloured


def test_times_and_sound_are_the_sources(tmp_path: Path) -> None:
    ticks = [0, 40, 60, 160, 200, 310, 320, 400]
    video = write_clip(tmp_path / "clip.mp4", 8, size=SIZE, ticks=ticks, sound=True)
    out = tmp_path / "out.mp4"

    render_overlay(video, flying(8), out)

    np.testing.assert_allclose(times_of(out), np.array(ticks) / 1000, atol=1e-5)
    with av.open(str(video)) as before, av.open(str(out)) as after:
        old = [bytes(packet) for packet in before.demux(audio=0)]
        assert [bytes(packet) for packet in after.demux(audio=0)] == old
        assert len(old) > 2


def test_an_odd_size(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "clip.mp4", 3, size=(321, 241), pixel_format="yuv444p")
    render_overlay(video, flying(3), tmp_path / "out.mp4", RenderOptions(trail=0, crf=8))
    images = decoded(tmp_path / "out.mp4")
    assert images[0].shape == (242, 322, 3)
    np.testing.assert_allclose(marked_at(images[1], decoded(video)[1]), flying(3).xy[1], atol=1.5)


def test_frames_without_a_row_are_left_as_they_are(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "clip.mp4", 6, size=SIZE)
    track = flying(2)
    track = replace(track, frame_index=np.array([2, 3], dtype=np.int64))
    render_overlay(video, track, tmp_path / "out.mp4", RenderOptions(crf=8))
    changed = [
        int((np.abs(image.astype(int) - plain) > 50).sum())
        for image, plain in zip(decoded(tmp_path / "out.mp4"), decoded(video), strict=True)
    ]
    assert [count > 0 for count in changed] == [False, False, True, True, False, False]


@pytest.mark.parametrize(
    ("start_s", "end_s", "numbers"),
    [(0.2, None, range(5, 20)), (None, 0.4, range(10)), (0.19, 0.41, range(5, 11))],
)
def test_a_part_of_the_video(
    tmp_path: Path, start_s: float | None, end_s: float | None, numbers: range
) -> None:
    """It begins at 0, and its frames keep their own rows of the track."""
    video = write_clip(tmp_path / "clip.mp4", COUNT, size=SIZE, sound=True)
    track, out, steps = flying(COUNT), tmp_path / "out.mp4", list[Progress]()
    options = RenderOptions(trail=0, crf=8, start_s=start_s, end_s=end_s)

    render_overlay(video, track, out, options, progress=steps.append)

    images, plain = decoded(out), decoded(video)
    assert [read_number(image) for image in images] == list(numbers)
    np.testing.assert_allclose(times_of(out), np.arange(len(numbers)) / 25, atol=1e-5)
    for number, image in zip(numbers, images, strict=True):
        np.testing.assert_allclose(marked_at(image, plain[number]), track.xy[number], atol=1.5)
    assert steps[-1].done == steps[-1].total == len(numbers)


def test_variable_times_of_a_part_count_from_its_first_frame(tmp_path: Path) -> None:
    ticks = [0, 40, 60, 160, 200, 310, 320, 400]
    video = write_clip(tmp_path / "clip.mp4", 8, size=SIZE, ticks=ticks)
    render_overlay(video, flying(8), tmp_path / "out.mp4", RenderOptions(start_s=0.1))
    np.testing.assert_allclose(
        times_of(tmp_path / "out.mp4"), np.array([0, 40, 150, 160, 240]) / 1000, atol=1e-5
    )


def test_a_part_without_frames_is_an_error(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "clip.mp4", 6, size=SIZE)
    with pytest.raises(OptionError, match=r"clip\.mp4: has no frame in the part asked for"):
        render_overlay(video, flying(6), tmp_path / "out.mp4", RenderOptions(start_s=9))
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_labels_without_shots_draw_no_trail_across_a_cut(tmp_path: Path) -> None:
    clip = render_clip(size=SIZE, frame_count=12, cut_at=6)
    video = tmp_path / "clip.mp4"
    with VideoWriter(video, SIZE, Fraction(25), crf=8) as writer:
        for frame in clip.frames():
            writer.write(frame.image, frame.index / 25)
    write_track(flying(12), tmp_path / "labels.csv", columns="trackcsv")
    track = read_track(tmp_path / "labels.csv")

    render_overlay(video, track, tmp_path / "out.mp4", RenderOptions(crf=8))

    images, plain = decoded(tmp_path / "out.mp4"), decoded(video)
    for index, trail in ((5, True), (6, False)):
        x = round(track.xy[index, 0])
        left = np.abs(images[index][:, : x - 12].astype(int) - plain[index][:, : x - 12])
        assert bool((left > 60).any()) is trail, f"frame {index}"


@pytest.mark.parametrize(
    ("count", "names"), [(7, r"1 more \(6\)"), (30, r"24 more \(6, 7, 8, …\)")]
)
def test_labels_beyond_the_video_are_named(tmp_path: Path, count: int, names: str) -> None:
    video = write_clip(tmp_path / "clip.mp4", 6, size=SIZE)
    with pytest.raises(LabelError, match=rf"clip.mp4: ends with frame 5, but .* {names}"):
        render_overlay(video, flying(count), tmp_path / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]
    assert no_threads_left()


def test_the_video_is_never_its_own_output(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "clip.mp4", 3, size=SIZE)
    before = video.read_bytes()
    with pytest.raises(OptionError, match="is the video itself"):
        render_overlay(video, flying(3), tmp_path / "." / "clip.mp4")
    assert video.read_bytes() == before


def test_what_cannot_be_opened_or_written(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"missing\.mp4: no such file"):
        render_overlay(tmp_path / "missing.mp4", flying(3), tmp_path / "out.mp4")
    video = write_clip(tmp_path / "clip.mp4", 3, size=SIZE)
    with pytest.raises(OutputError, match="there is no folder"):
        render_overlay(video, flying(3), tmp_path / "missing" / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]
    assert no_threads_left()
