"""A display matrix → upright pictures: the eight ways there are, and nonsense."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter

from balltrack.structures import VideoInfo
from balltrack.video.pyav_reader import to_bgr
from balltrack.video.yuv import PlaneConverter, orientation, planes_of

ONE = 1 << 16


class Shown:
    """In place of a decoded frame: a matrix, and what FFmpeg says of it."""

    def __init__(self, matrix: list[int], rotation: int) -> None:
        self.side_data = {"DISPLAYMATRIX": np.array(matrix, np.int32).tobytes()}
        self.rotation = rotation


def shown(a: int, b: int, c: int, d: int) -> Shown:
    """As ``av_display_rotation_get`` has it: where the picture's x axis goes."""
    rotation = -round(np.degrees(np.arctan2(b, a)))
    return Shown([a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 1 << 30], rotation)


def moved(image: npt.NDArray[np.uint8], a: int, b: int, c: int, d: int) -> npt.NDArray[np.uint8]:
    """Every pixel at (x, y) put to (a x + c y, b x + d y), from the middle."""
    height, width = image.shape[:2]
    size = (width, height) if a else (height, width)
    result = np.zeros((size[1], size[0], 3), np.uint8)
    for y, x in product(range(height), range(width)):
        right = 2 * x - width + 1, 2 * y - height + 1
        across = (a * right[0] + c * right[1] + size[0] - 1) // 2
        down = (b * right[0] + d * right[1] + size[1] - 1) // 2
        result[down, across] = image[y, x]
    return result


WAYS = [(a, 0, 0, d) for a in (1, -1) for d in (1, -1)]
WAYS += [(0, b, c, 0) for b in (1, -1) for c in (1, -1)]


@pytest.mark.parametrize("way", WAYS)
def test_every_way_is_upright(way: tuple[int, int, int, int]) -> None:
    image = cv2.resize(
        np.random.default_rng(0).integers(0, 256, (3, 4, 3), np.uint8), (32, 24)
    ).astype(np.uint8)
    rotation, mirrored = orientation(shown(*way))  # type: ignore[arg-type]
    right = moved(image, *way)
    size = (right.shape[1], right.shape[0])
    info = VideoInfo(
        "", *size, Fraction(25), None, None, "", "", rotation, False, False, mirrored=mirrored
    )
    frame = VideoFrame.from_ndarray(image, format="bgr24")
    np.testing.assert_array_equal(to_bgr(VideoReformatter(), size, info, frame), right)
    converter = PlaneConverter(size, Colorspace.ITU601)
    planes = planes_of(converter.planes(frame, rotation, mirrored=mirrored))
    expected = planes_of(PlaneConverter(size, Colorspace.ITU601).from_bgr(right))
    assert np.abs(planes[0].astype(int) - expected[0].astype(int)).max() <= 2


@pytest.mark.parametrize("rotation", [-2147483648, 45, 1])
def test_nonsense_says_nothing(rotation: int) -> None:
    assert orientation(Shown([0] * 9, rotation)) == (0, False)  # type: ignore[arg-type]


def test_no_matrix_says_nothing() -> None:
    assert orientation(av.VideoFrame(16, 16, "yuv420p")) == (0, False)
