"""What is made of a picture where a GPU has decoded it is what swscale makes of it, but for a few
levels of its rounding. The same operations run on the processor here."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest
from av import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from balltrack.errors import VideoError
from balltrack.structures import VideoInfo
from balltrack.video.nvdec.surfaces import SHARES, DevicePicture, Surface
from balltrack.video.pyav_reader import to_bgr
from balltrack.video.squares import cut_squares
from balltrack.video.yuv import MATRICES, PlanarPicture, PlaneConverter, planes_of

SIZE = (640, 360)

TAGS = {matrix: tag for tag, matrix in MATRICES.items()}


def decoded(
    size: tuple[int, int] = SIZE,
    *,
    matrix: Colorspace = Colorspace.ITU709,
    full: bool = False,
    form: str = "yuv420p",
) -> VideoFrame:
    """All colours with soft edges, some small bright balls, and a line at every border."""
    rng = np.random.default_rng(3)
    coarse = rng.integers(20, 235, (9, 16, 3), dtype=np.uint8)
    image = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    for x, y in rng.integers(8, np.array(size) - 8, (12, 2)).tolist():
        cv2.circle(image, (x, y), 3, (235, 240, 230), -1, cv2.LINE_AA)
    image[[0, -1]] = image[:, [0, -1]] = 200
    frame = VideoFrame.from_ndarray(image, "bgr24").reformat(
        format=form,
        dst_colorspace=matrix,
        dst_color_range=ColorRange.JPEG if full else ColorRange.MPEG,
    )
    frame = through_h264(frame)
    frame.colorspace = TAGS[matrix]
    frame.color_range = ColorRange.JPEG if full else ColorRange.MPEG
    return frame


def through_h264(frame: VideoFrame) -> VideoFrame:
    """The same pixels, with all that a decoder says of where colour lies."""
    encoder = CodecContext.create("libx264", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, frame.format.name
    encoder.time_base, encoder.options = Fraction(1, 25), {"qp": "0"}
    decoder = CodecContext.create("h264", "r")
    packets = [*encoder.encode(frame), *encoder.encode()]
    (shown,) = [one for packet in [*packets, None] for one in decoder.decode(packet)]
    assert isinstance(shown, VideoFrame)
    return shown


def on_device(frame: VideoFrame, form: str = "nv12") -> VideoFrame:
    """As NVDEC gives it: colour in one plane."""
    surface = frame.reformat(
        format=form, dst_colorspace=frame.colorspace, dst_color_range=frame.color_range
    )
    surface.colorspace, surface.color_range = frame.colorspace, frame.color_range
    return surface


def info(size: tuple[int, int], rotation: int = 0, *, mirrored: bool = False) -> VideoInfo:
    turned = size[::-1] if rotation in (90, 270) else size
    return VideoInfo(
        "clip.mp4",
        *turned,
        frame_rate=Fraction(25),
        frame_count=1,
        duration_s=0.04,
        codec="h264",
        pixel_format="yuv420p",
        rotation=rotation,
        variable_frame_rate=False,
        has_audio=False,
        mirrored=mirrored,
    )


def test_every_matrix_of_kept_pictures_is_known() -> None:
    assert set(SHARES) == set(MATRICES.values())


@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize("matrix", sorted(SHARES, key=int), ids=str)
@pytest.mark.parametrize(
    "size", [SIZE, (512, 288), (256, 144), (320, 200), (800, 450), (425, 239)], ids=str
)
def test_images_are_swscales(size: tuple[int, int], matrix: Colorspace, full: bool) -> None:
    frame = decoded(matrix=matrix, full=full)
    there = Surface(on_device(frame), info(SIZE)).image(size).astype(int)
    here = to_bgr(VideoReformatter(), size, info(SIZE), frame)
    apart = np.abs(there - here)
    assert there.shape == (*size[::-1], 3)
    assert apart.max() <= (3 if size == SIZE else 6)
    assert apart.mean() < (0.8 if size == SIZE else 1.8)


@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize("size", [SIZE, (512, 288), (320, 200), (425, 239), (800, 450)], ids=str)
def test_kept_pictures_are_swscales(size: tuple[int, int], full: bool) -> None:
    frame = decoded(full=full)
    there = Surface(on_device(frame), info(SIZE)).picture(size)
    here = PlaneConverter(size, Colorspace.ITU709).planes(frame)
    assert (there.size, there.matrix) == (size, Colorspace.ITU709)
    for tensor, brought, plane in zip(
        there.tensors, planes_of(there.planes), planes_of(here), strict=True
    ):
        rows, columns = tensor.shape
        np.testing.assert_array_equal(brought[:rows, :columns], tensor.numpy())
        apart = np.abs(brought.astype(int) - plane)
        assert apart.max() <= (0 if size == SIZE and not full else 2)
        assert apart.mean() < 0.5


@pytest.mark.parametrize("mirrored", [False, True], ids=["plain", "mirrored"])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_pictures_become_upright(rotation: int, mirrored: bool) -> None:
    about = info(SIZE, rotation, mirrored=mirrored)
    size = (about.width // 2, about.height // 2)
    surface = Surface(on_device(decoded()), about)
    here = to_bgr(VideoReformatter(), size, about, decoded())
    assert np.abs(surface.image(size).astype(int) - here).max() <= 6
    planes = PlaneConverter(size, Colorspace.ITU709).planes(decoded(), rotation, mirrored=mirrored)
    for tensor, plane in zip(surface.picture(size).tensors, planes_of(planes), strict=True):
        # swscale leaves colour where it lay in the picture that was not upright yet, as here.
        assert np.abs(tensor.numpy().astype(int) - plane).max() <= 2


def test_ten_bits_become_eight() -> None:
    deep = decoded(form="yuv420p10le")
    there = Surface(on_device(deep, "p010le"), info(SIZE))
    for tensor, plane in zip(
        there.picture((512, 288)).tensors,
        planes_of(PlaneConverter((512, 288), Colorspace.ITU709).planes(deep)),
        strict=True,
    ):
        assert np.abs(tensor.numpy().astype(int) - plane).max() <= 2
    here = to_bgr(VideoReformatter(), (512, 288), info(SIZE), deep)
    assert np.abs(there.image((512, 288)).astype(int) - here).max() <= 6


def test_squares_can_be_cut_of_a_picture_that_is_elsewhere() -> None:
    """Where the second look computes on the processor."""
    frame = decoded()
    there: PlanarPicture = Surface(on_device(frame), info(SIZE)).picture(SIZE)
    assert isinstance(there, DevicePicture)
    here = PlanarPicture(frame, SIZE, Colorspace.ITU709)
    for left, top in ((100, 80), (-5, -7), (630, 345)):
        cut = [cut_squares([(picture, left, top)], 32) for picture in (there, here)]
        np.testing.assert_array_equal(*cut)


def test_what_has_another_form_is_refused_in_one_line() -> None:
    with pytest.raises(VideoError, match="NVDEC gives an unknown format; use auto"):
        Surface(decoded(form="yuv444p"), info(SIZE))


def test_a_rare_matrix_is_left_to_swscale() -> None:
    frame = on_device(decoded())
    frame.colorspace = Colorspace.SMPTE240M
    with pytest.raises(VideoError, match="rare matrix; use auto"):
        Surface(frame, info(SIZE))
