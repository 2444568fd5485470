"""Pictures in which two moments are woven together are seen as they were at the first."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from av.video.frame import VideoFrame

from balltrack.errors import VideoError
from balltrack.options import TrackOptions
from balltrack.pipeline.rules import OwnRules
from balltrack.structures import AnyFrame, Image
from balltrack.video.file_reader import FileReader, Picture
from balltrack.video.filters import interlacing
from balltrack.video.filters.flicker import SteadyReader
from balltrack.video.filters.interlacing import DeinterlacingReader
from balltrack.video.nvdec.reader import NvdecReader
from balltrack.video.probe import probe
from balltrack.video.reader import open_video
from bright_places import SIZE, write_video
from reader_clips import AWKWARD, CFR, CLEAN, INTERLACED, Clip, each

COUNT = 24
STEP = 5
"""Pixels that the bar moves from one moment to the next; a frame has two."""


def moment(number: int) -> Image:
    """A textured picture with a bright bar that moves to the right."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    grey = (90 + 30 * np.sin(x / 5) + 20 * np.cos(y / 6)).astype(np.uint8)
    left = (STEP * number) % (SIZE[0] - 40)
    grey[20:76, left : left + 40] = 235
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)


def woven(number: int) -> Image:
    """The lines of one moment between those of the next."""
    image = moment(2 * number).copy()
    image[1::2] = moment(2 * number + 1)[1::2]
    return image


def straightened(path: Path, **part: Any) -> list[AnyFrame]:
    with DeinterlacingReader(open_video(path, quiet=True), **part) as video:
        return list(video.frames())


def frames_of(path: Path) -> list[AnyFrame]:
    with open_video(path, quiet=True) as video:
        return list(video.frames())


def apart(image: Image, other: Image) -> float:
    return float(np.abs(image.astype(int) - other).mean())


def other_than(image: Image, wanted: Image) -> float:
    """Share of the values that are another thing."""
    return float((np.abs(image.astype(int) - wanted) > 40).mean())


def test_a_woven_picture_becomes_its_first_moment(tmp_path: Path) -> None:
    path = write_video(tmp_path / "woven.mp4", [woven(number) for number in range(COUNT)])
    frames = straightened(path)
    assert [frame.index for frame in frames] == [*range(COUNT)]
    for number in range(8, COUNT):  # the first ones are looked at until it is sure
        first, second = moment(2 * number), moment(2 * number + 1)
        image = frames[number].image
        assert apart(image, first) < apart(image, second) / 2
        assert other_than(image, first) < other_than(woven(number), first) / 3


@each([*CLEAN, *AWKWARD])
def test_all_others_pass_as_they_are(clip: Clip, rendered: Callable[[Clip], Path]) -> None:
    path = rendered(clip)
    wanted, frames = frames_of(path), straightened(path)
    assert [(one.index, one.time_s) for one in frames] == [
        (one.index, one.time_s) for one in wanted
    ]
    for frame, one in zip(frames, wanted, strict=True):
        if clip is not INTERLACED:
            np.testing.assert_array_equal(frame.image, one.image)


def test_of_a_video_that_changes_only_what_is_woven_is_touched(tmp_path: Path) -> None:
    images = [moment(2 * number) for number in range(COUNT)] + [woven(n) for n in range(COUNT)]
    path = write_video(tmp_path / "both.mp4", images)
    wanted, frames = frames_of(path), straightened(path)
    same = [np.array_equal(f.image, w.image) for f, w in zip(frames, wanted, strict=True)]
    assert all(same[: COUNT - 1])
    assert not any(same[COUNT + 8 :])


def test_a_part_of_the_video_at_another_size(tmp_path: Path) -> None:
    path = write_video(tmp_path / "woven.mp4", [woven(number) for number in range(COUNT)])
    frames = straightened(path, size=(64, 48), start_s=0.4, end_s=0.6)
    assert [frame.index for frame in frames] == [10, 11, 12, 13, 14]
    assert {frame.image.shape for frame in frames} == {(48, 64, 3)}


class Changing(FileReader):
    """Gives pictures of several sizes and formats, some of which no filter takes."""

    forms = (
        ("yuv420p", SIZE, 5),
        ("yuv420p", (64, 48), 1),
        ("bgr24", SIZE, 3),
        ("yuv422p10le", SIZE, 4),
    )

    def pictures(self) -> Any:
        for form, size, count in self.forms:
            for number in range(count):
                frame = VideoFrame.from_ndarray(moment(number), format="bgr24")
                frame = frame.reformat(*size, form)
                frame.pts, frame.time_base = number, Fraction(1, 25)
                yield Picture(0.0, lambda size: np.zeros((*size[::-1], 3), np.uint8), frame)
        yield Picture(0.0, lambda size: np.zeros((*size[::-1], 3), np.uint8))


def test_no_picture_is_lost_where_they_change(
    rendered: Callable[[Clip], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    info = probe(rendered(CFR))
    pictures = list(DeinterlacingReader(Changing(info)).pictures())
    forms = [(one.decoded.format.name, one.decoded.width) for one in pictures if one.decoded]
    assert forms == [(form, size[0]) for form, size, count in Changing.forms for _ in range(count)]
    assert pictures[-1].decoded is None

    monkeypatch.setattr(
        interlacing, "FILTERS", (("select", "not(mod(n,2))"),)
    )  # gives half of them
    assert len(list(DeinterlacingReader(Changing(info)).pictures())) == len(pictures)


@pytest.mark.parametrize(
    ("clip", "options", "put_straight"),
    [
        (CFR, {}, True),
        (CFR, {"lag": 60}, False),
        (CFR, {"repair": False}, False),
        (INTERLACED, {"lag": 60}, True),
        (INTERLACED, {"repair": False}, False),
    ],
)
def test_with_a_lag_only_where_the_video_says_so(
    clip: Clip, options: dict[str, Any], put_straight: bool, rendered: Callable[[Clip], Path]
) -> None:
    rules = OwnRules(TrackOptions("classical", **options))
    with rules.open(rendered(clip)) as reader:
        inner = reader.whole if isinstance(reader, SteadyReader) else reader
        assert isinstance(inner, DeinterlacingReader) == put_straight
        assert isinstance(reader, SteadyReader) == options.get("repair", True)


def test_pictures_that_stay_on_a_gpu_are_not_of_interlaced_video(
    rendered: Callable[[Clip], Path],
) -> None:
    path = rendered(INTERLACED)
    with pytest.raises(VideoError, match="NVDEC is for progressive video; use auto"):
        next(NvdecReader(probe(path)).pictures())
