"""One suite over every reader: which frames come, when, how large, and what is said."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import av
import cv2
import numpy as np
import pytest

from balltrack.errors import OptionError, VideoError
from balltrack.geometry import Region
from balltrack.options import ReaderName
from balltrack.video.filters.region import RegionReader
from balltrack.video.opencv_reader import resized
from balltrack.video.prefetch import prefetch
from balltrack.video.pyav_reader import PyavReader
from balltrack.video.reader import open_video
from numbered_clips import damage, read_number, write_clip
from reader_clips import (
    AWKWARD,
    CFR,
    CLEAN,
    DAMAGED,
    INTERLACED,
    INTRA,
    SMALL,
    Clip,
    assert_complete,
    break_reader,
    cut_off,
    each,
    encoded,
    read,
)

READERS: tuple[ReaderName, ...] = ("opencv", "pyav", "auto")  # nvdec has its own suite
# Mean difference in grey levels of resized images: OpenCV averages BGR, swscale averages YUV
# and spreads each colour sample over two columns. At the source's size there is none.
RESIZED, RESIZED_BRIGHTNESS = 2.5, 1.5

any_reader = pytest.mark.parametrize("reader", READERS)


def test_no_reader_is_left_out() -> None:
    assert {*READERS, "nvdec"} == set(get_args(ReaderName))


@any_reader
@each(CLEAN)
def test_every_frame_of_a_clean_file_comes_once_and_nothing_is_said(
    clip: Clip,
    reader: ReaderName,
    rendered: Callable[[Clip], Path],
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = rendered(clip)
    assert_complete(read(path, reader), clip)
    assert not caplog.records


@pytest.mark.parametrize("reader", ["pyav", "auto"])
@each(AWKWARD)
def test_awkward_files_come_whole_and_only_damage_is_told(
    clip: Clip,
    reader: ReaderName,
    rendered: Callable[[Clip], Path],
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = rendered(clip)
    assert_complete(read(path, reader), clip)
    assert len(caplog.records) == clip.damaged
    for record in caplog.records:
        assert (record.name, record.levelno) == ("balltrack", logging.WARNING)
        assert record.message.startswith(f"{path}: damaged; ")


@each([*CLEAN, *AWKWARD])
def test_auto_does_not_decode_a_file_twice(
    clip: Clip, rendered: Callable[[Clip], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("balltrack.video.opencv_reader.cv2")
    assert_complete(read(rendered(clip), "auto"), clip)


def test_av1_is_read_whether_opencv_can_or_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clip = encoded("av1.mp4", 20, codec="libsvtav1", options={"preset": "12"})
    path = clip.render(tmp_path / clip.name)
    assert_complete(read(path, "pyav"), clip)
    assert_complete(read(path, "auto"), clip)
    assert not caplog.records
    if not cv2.VideoCapture(str(path), cv2.CAP_FFMPEG).grab():  # depends on OpenCV's build
        with pytest.raises(VideoError, match="none of its av1 frames can be decoded"):
            read(path, "opencv")
    else:
        assert_complete(read(path, "opencv"), clip)


@any_reader
def test_a_file_cut_off_behind_its_index_gives_what_is_there(
    reader: ReaderName, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    frames = read(cut_off(tmp_path / "cut.mp4"), reader)
    assert [read_number(frame.image) for frame in frames] == list(range(40))
    assert len(caplog.records) == (reader != "opencv")


@any_reader
def test_names_that_ffmpeg_might_misread(
    reader: ReaderName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "für a:b %03d.mp4"
    write_clip(tmp_path / "clip.mp4", 3).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert len(read(Path(name), reader)) == 3


@any_reader
def test_opencv_refuses_what_it_would_give_wrong_pixels_of(
    reader: ReaderName, rendered: Callable[[Clip], Path]
) -> None:
    if reader == "opencv":
        with pytest.raises(VideoError, match="interlaced video; use pyav"):
            read(rendered(INTERLACED), reader)
    else:
        assert len(read(rendered(INTERLACED), reader)) == 20


@each(CLEAN)
def test_readers_give_the_same_pixels(clip: Clip, rendered: Callable[[Clip], Path]) -> None:
    path = rendered(clip)
    for one, other in zip(read(path, "opencv"), read(path, "pyav"), strict=True):
        np.testing.assert_array_equal(one.image, other.image)
    pairs = zip(read(path, "opencv", size=SMALL), read(path, "pyav", size=SMALL), strict=True)
    for one, other in pairs:
        assert one.image.shape == other.image.shape == (SMALL[1], SMALL[0], 3)
        difference = one.image.astype(float) - other.image
        assert np.abs(difference).mean() < RESIZED
        assert np.abs(difference.mean(axis=2)).mean() < RESIZED_BRIGHTNESS
        assert read_number(one.image) == read_number(other.image)


def test_a_narrow_video_loses_no_rows_when_it_is_widened(tmp_path: Path) -> None:
    """A phone's portrait video: one side grows to the network's, the other one shrinks."""
    path = tmp_path / "portrait.mkv"
    image = np.full((240, 80, 3), 20, dtype=np.uint8)
    image[1::4] = 220  # linear interpolation at a quarter would see none of these rows
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 80, 240, "bgr0"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    for reader in ("opencv", "pyav"):
        (frame,) = read(path, reader, size=(160, 60))
        assert frame.image.mean() == pytest.approx(70, abs=2)
        whole = open_video(path, reader=reader)
        with RegionReader(whole, Region(8, 20, 64, 200), size=(160, 50)) as video:
            (frame,) = video.frames()
        assert frame.image.mean() == pytest.approx(70, abs=2)


def test_a_narrow_camera_loses_no_rows_when_it_is_widened() -> None:
    image = np.full((240, 80, 3), 20, dtype=np.uint8)
    image[1::4] = 220
    assert resized(image, (160, 60)).mean() == pytest.approx(70, abs=2)
    assert resized(image, (80, 240)) is image


@any_reader
@each([clip for clip in CLEAN if clip.name in ("turned90.mp4", "odd.mp4", "cfr.mp4")])
def test_images_have_the_size_that_the_reader_says(
    clip: Clip, reader: ReaderName, rendered: Callable[[Clip], Path]
) -> None:
    for size in (None, SMALL, (320, 200)):
        with open_video(rendered(clip), reader=reader, size=size) as video:
            assert video.size == (size or (video.info.width, video.info.height))
            for frame in video.frames():
                assert frame.image.shape == (video.size[1], video.size[0], 3)
                assert frame.image.flags.c_contiguous


@any_reader
@pytest.mark.parametrize(
    ("start_s", "end_s", "indexes"),
    [
        (0.4, 0.8, range(10, 20)),  # both fall on a frame: the start's is in, the end's is not
        (0.41, None, range(11, 60)),
        (None, 0.04, range(1)),
        (2.36, 99.0, range(59, 60)),
        (5.0, None, range(0)),
    ],
)
def test_start_and_end_choose_by_time_and_keep_the_numbers(
    start_s: float | None,
    end_s: float | None,
    indexes: range,
    reader: ReaderName,
    rendered: Callable[[Clip], Path],
    caplog: pytest.LogCaptureFixture,
) -> None:
    frames = read(rendered(CFR), reader, start_s=start_s, end_s=end_s)
    assert [frame.index for frame in frames] == list(indexes)
    assert [read_number(frame.image) for frame in frames] == list(indexes)
    assert not caplog.records


@pytest.mark.parametrize("start_s", [0.4, 1.0])
def test_a_start_before_or_after_damage_keeps_the_numbers(
    start_s: float, rendered: Callable[[Clip], Path]
) -> None:
    frames = read(rendered(DAMAGED), "auto", start_s=start_s, end_s=1.6)
    numbers = list(DAMAGED.numbers)
    wanted = [number for number in numbers if start_s <= number / 25 < 1.6]
    assert [read_number(frame.image) for frame in frames] == wanted
    assert [frame.index for frame in frames] == [numbers.index(number) for number in wanted]


@any_reader
def test_a_file_without_one_good_frame_is_an_error(reader: ReaderName, tmp_path: Path) -> None:
    path = damage(write_clip(tmp_path / "gone.mp4", 12, options=INTRA), range(12))
    with pytest.raises(VideoError, match="none of its h264 frames can be decoded") as caught:
        read(path, reader)
    assert "\n" not in str(caught.value)


@any_reader
@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"size": (0, 288)}, "width must be at least 1"),
        ({"start_s": -1.0}, "start must be at least 0"),
        ({"start_s": 2.0, "end_s": 2.0}, "end must lie after start"),
    ],
)
def test_options_out_of_range_are_refused(
    options: dict[str, object], says: str, reader: ReaderName, rendered: Callable[[Clip], Path]
) -> None:
    with pytest.raises(OptionError, match=says):
        read(rendered(CFR), reader, **options)


def test_an_unknown_reader_is_refused(rendered: Callable[[Clip], Path]) -> None:
    with pytest.raises(OptionError, match="reader must be one of auto, opencv, pyav, nvdec"):
        read(rendered(CFR), "vlc")  # type: ignore[arg-type]


def is_open(path: Path) -> bool:
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("open files are only listed on Linux")
    return any(entry.resolve() == path.resolve() for entry in descriptors.iterdir())


@any_reader
@each([CFR, DAMAGED])
def test_closing_frees_the_file_in_the_middle_of_a_pass(
    clip: Clip,
    reader: ReaderName,
    rendered: Callable[[Clip], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = rendered(clip)
    if reader == "auto":
        break_reader(monkeypatch, PyavReader, 10)
    video = open_video(path, reader=reader)
    for frame in (frames := video.frames()):
        if frame.index == 15:  # past the handover
            break
    assert is_open(path)
    video.close()
    video.close()
    assert not is_open(path)
    for again in (frames, video.frames()):
        with pytest.raises(VideoError, match="the reader is closed"):
            next(again)


@any_reader
def test_a_consumer_that_fails_while_decoding_runs_ahead_leaves_nothing_open(
    reader: ReaderName, rendered: Callable[[Clip], Path]
) -> None:
    path = rendered(CFR)

    def consume() -> None:
        with open_video(path, reader=reader) as video, prefetch(video.frames(), 4) as frames:
            assert next(frames).index == 0
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        consume()
    assert not is_open(path)


def test_damage_is_told_in_one_line_on_stderr(rendered: Callable[[Clip], Path]) -> None:
    path = rendered(DAMAGED)
    code = (
        "import sys; from balltrack.video.reader import open_video\n"
        "print(sum(1 for _ in open_video(sys.argv[1]).frames()))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert run.stdout == "58\n"
    assert len(run.stderr.splitlines()) == 1, run.stderr
