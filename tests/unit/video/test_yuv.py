"""What an encoder gets of a decoded picture: the very samples where that can be."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from balltrack.errors import VideoError
from balltrack.geometry import PAPER_GRID
from balltrack.options import ReaderName
from balltrack.structures import Image
from balltrack.video.reader import open_video
from balltrack.video.yuv import (
    PlanarFrame,
    PlaneConverter,
    matrix_of_file,
    planes_of,
)
from numbered_clips import numbered_image, read_number, write_clip

SIZE = (160, 96)
# swscale rounds down where it makes BGR or planes of it, by one or two grey levels each time.
CONVERTED = 6


def first_frame(path: Path, reader: ReaderName = "pyav") -> PlanarFrame:
    with open_video(path, reader=reader) as video:
        return next(iter(video.planar_frames(matrix_of_file(path))))


def seen(frame: PlanarFrame, matrix: Colorspace = Colorspace.ITU601) -> Image:
    """The picture as a player shows it that takes it for limited range."""
    assert frame.picture.format.name == "yuv420p"
    image = frame.picture.reformat(
        format="bgr24", src_colorspace=matrix, src_color_range=ColorRange.MPEG
    ).to_ndarray()
    return np.asarray(image, dtype=np.uint8)


def decoded(path: Path) -> list[Image]:
    with av.open(str(path)) as container:
        return planes_of(next(container.decode(video=0)))


def difference(one: Image, other: Image) -> float:
    return float(np.abs(one.astype(float) - other).mean())


def test_what_is_8_bit_420_passes_through() -> None:
    frame = av.VideoFrame.from_ndarray(numbered_image(5, *SIZE), format="bgr24")
    for tag, matrix in ((1, Colorspace.ITU709), (2, Colorspace.ITU601), (9, Colorspace.BT2020)):
        picture = frame.reformat(format="yuv420p")
        picture.colorspace = tag
        assert PlaneConverter(SIZE, matrix).planes(picture) is picture


@pytest.mark.parametrize(
    ("tag", "matrix"),
    [
        ("bt709", Colorspace.ITU709),
        ("smpte170m", Colorspace.ITU601),
        ("bt2020nc", Colorspace.BT2020),
        (None, Colorspace.ITU601),
        ("ycgco", Colorspace.ITU601),  # nothing that swscale knows
    ],
)
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p"])
def test_matrices_and_ranges(
    tmp_path: Path, tag: str | None, matrix: Colorspace, pixel_format: str
) -> None:
    options = {} if tag is None else {"colorspace": tag}
    path = write_clip(tmp_path / "a.mp4", 2, pixel_format=pixel_format, options=options)
    assert matrix_of_file(path) == matrix
    frame = first_frame(path)
    if pixel_format == "yuv420p":
        for plane, same in zip(planes_of(frame.picture), decoded(path), strict=True):
            np.testing.assert_array_equal(plane, same)
    with open_video(path, reader="pyav") as video:
        shown = next(iter(video.frames())).image
    assert difference(seen(frame, matrix), shown) < 1.5


@pytest.mark.parametrize(
    ("codec", "pixel_format"),
    [
        ("libx265", "yuv420p10le"),
        ("libx264", "yuv422p"),
        ("libx264", "yuv444p"),
        ("ffv1", "bgr0"),
        ("ffv1", "gray"),
    ],
)
def test_other_formats(tmp_path: Path, codec: str, pixel_format: str) -> None:
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    path = write_clip(
        tmp_path / "a.mkv", 2, codec=codec, pixel_format=pixel_format, options=options
    )
    with open_video(path, reader="pyav") as video:
        shown = next(iter(video.frames())).image
    assert difference(seen(first_frame(path)), shown) < 2.5


@pytest.mark.parametrize("reader", ["pyav", "opencv"])
@pytest.mark.parametrize("turned", [90, 180, 270])
@pytest.mark.parametrize("size", [(96, 160), (97, 161)])
def test_turned_videos_are_upright(
    tmp_path: Path, turned: int, reader: ReaderName, size: tuple[int, int]
) -> None:
    odd = size[0] % 2
    path = write_clip(
        tmp_path / "a.mp4",
        6,
        size=size,
        turned=turned,
        pixel_format="yuv444p" if odd else "yuv420p",
    )
    frame = first_frame(path, reader)
    width, height = size
    image = seen(frame)
    assert image.shape == (height + odd, width + odd, 3)
    assert difference(image[:height, :width], numbered_image(0, *size)) < CONVERTED
    assert read_number(frame.image) == 0
    if not odd and reader == "pyav":
        for plane, stored in zip(planes_of(frame.picture), decoded(path), strict=True):
            np.testing.assert_array_equal(plane, np.rot90(stored, turned // 90))


def test_odd_sizes_of_420_keep_every_sample(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", 1, size=(161, 97), codec="ffv1")
    luma, *chroma = planes_of(first_frame(path).picture)
    stored = decoded(path)
    np.testing.assert_array_equal(luma[:97, :161], stored[0])
    np.testing.assert_array_equal(luma[97, :161], stored[0][96])
    np.testing.assert_array_equal(luma[:97, 161], stored[0][:, 160])
    for plane, same in zip(chroma, stored[1:], strict=True):
        np.testing.assert_array_equal(plane, same)


@pytest.mark.parametrize("tag", ["bt709", "smpte170m"])
def test_opencv_gives_the_same_picture(tmp_path: Path, tag: str) -> None:
    path = write_clip(tmp_path / "a.mp4", 1, options={"colorspace": tag})
    pairs = zip(
        planes_of(first_frame(path, "opencv").picture),
        planes_of(first_frame(path).picture),
        strict=True,
    )
    for one, other in pairs:
        assert difference(one, other) < 4


@pytest.mark.parametrize("size", [SIZE, (1280, 720), (360, 640)])
def test_the_small_image_is_the_picture_at_a_smaller_size(size: tuple[int, int]) -> None:
    image = numbered_image(77, *size)
    converter = PlaneConverter(size, Colorspace.ITU709)
    small = converter.small(converter.from_bgr(image))
    assert small.shape == (min(size[1], PAPER_GRID[1]), min(size[0], PAPER_GRID[0]), 3)
    assert read_number(small) == 77
    np.testing.assert_allclose(small.mean(axis=(0, 1)), image.mean(axis=(0, 1)), atol=CONVERTED)


def test_a_picture_that_cannot_be_converted_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise av.ArgumentError(22, "Invalid argument")

    path = write_clip(tmp_path / "a.mp4", 1)
    monkeypatch.setattr(PlaneConverter, "planes", fail)
    with pytest.raises(VideoError, match=r"a\.mp4: cannot convert a frame \(.*\); convert"):
        first_frame(path)


def test_a_file_that_ffmpeg_does_not_open_has_a_matrix_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no video")
    assert matrix_of_file(tmp_path / "a.mp4") == Colorspace.ITU601
