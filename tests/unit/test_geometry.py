"""Source pixels ↔ network pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balltrack.geometry import Scaling, far_outside, fitted

sizes = st.tuples(st.integers(1, 4096), st.integers(1, 4096))
places = st.tuples(st.floats(-100, 5000), st.floats(-100, 5000))


@given(sizes, sizes, places)
def test_there_and_back_is_the_same_place(
    source: tuple[int, int], target: tuple[int, int], xy: tuple[float, float]
) -> None:
    scaling = Scaling(source, target)
    there = scaling.to_target(np.array(xy))
    np.testing.assert_allclose(scaling.to_source(there), xy, atol=1e-6)


@given(sizes, sizes)
def test_the_corners_of_the_image_stay_corners(
    source: tuple[int, int], target: tuple[int, int]
) -> None:
    scaling = Scaling(source, target)
    np.testing.assert_allclose(scaling.to_target(np.array([-0.5, -0.5])), [-0.5, -0.5])
    far = np.array(source) - 0.5
    np.testing.assert_allclose(scaling.to_target(far), np.array(target) - 0.5)


def test_halving_puts_the_first_pixel_a_quarter_in() -> None:
    scaling = Scaling((1280, 720), (640, 360))
    np.testing.assert_allclose(scaling.to_target(np.array([0.0, 0.0])), [-0.25, -0.25])
    np.testing.assert_allclose(scaling.factors, [0.5, 0.5])


def test_nowhere_stays_nowhere() -> None:
    scaling = Scaling((1280, 720), (512, 288))
    xy = np.array([[np.nan, np.nan], [1.0, 2.0]])
    assert np.isnan(scaling.to_target(xy)).tolist() == [[True, True], [False, False]]


@pytest.mark.parametrize("interpolation", [cv2.INTER_AREA, cv2.INTER_LINEAR])
def test_a_resized_blob_is_where_the_scaling_says(interpolation: int) -> None:
    """The convention is OpenCV's own: a smooth blob's centroid, before and after."""
    y, x = np.mgrid[0:360, 0:640]
    blob = np.exp(-((x - 200.3) ** 2 + (y - 100.8) ** 2) / (2 * 9.0**2))
    small = cv2.resize(blob, (512, 288), interpolation=interpolation)
    v, u = np.mgrid[0:288, 0:512]
    centroid = np.array([(u * small).sum(), (v * small).sum()]) / small.sum()
    expected = Scaling((640, 360), (512, 288)).to_target(np.array([200.3, 100.8]))
    np.testing.assert_allclose(centroid, expected, atol=0.02)


@given(sizes, st.tuples(st.integers(1, 64), st.integers(1, 64)), places)
def test_a_letter_box_goes_there_and_back(
    source: tuple[int, int], target: tuple[int, int], xy: tuple[float, float]
) -> None:
    scaling = fitted(source, target, "letterbox")
    np.testing.assert_allclose(scaling.to_source(scaling.to_target(np.array(xy))), xy, atol=1e-6)
    width, height = scaling.inner
    framed = scaling.framed(np.ones((height, width, 3), np.uint8))
    assert framed.shape == (target[1], target[0], 3)
    back = scaling.unframed(framed)
    assert back.shape == (height, width, 3)
    assert framed.sum() == back.sum() == 3 * min(width, target[0]) * min(height, target[1])


def test_a_letter_box_keeps_the_shape_in_the_middle() -> None:
    wide = fitted((1920, 816), (512, 288), "letterbox")
    assert wide.inner == (512, 218)
    bars = wide.framed(np.ones((218, 512), np.uint8))
    assert bars.any(axis=1).nonzero()[0][[0, -1]].tolist() == [35, 252]
    narrow = fitted((1440, 1080), (512, 288), "letterbox")
    assert narrow.inner == (512, 384)
    np.testing.assert_allclose(narrow.to_target(np.array([719.5, 539.5])), [255.5, 143.5])
    assert fitted((1280, 720), (512, 288), "letterbox") == Scaling((1280, 720), (512, 288))


@pytest.mark.parametrize(("strays", "refused"), [(0, False), (2, False), (12, True)])
def test_positions_of_a_larger_picture_are_told_from_strays(strays: int, refused: bool) -> None:
    xy = np.random.default_rng(0).uniform(0, 1, (400, 2)) * [1280, 720]
    xy[300:350] = np.nan
    xy[:strays, 1] = 5000
    assert (far_outside(xy, (1280, 720)) is not None) == refused
    assert far_outside(xy * 1.5, (1280, 720))


def test_no_position_is_of_no_larger_picture() -> None:
    assert far_outside(np.full((3, 2), np.nan), (1280, 720)) is None
    assert far_outside(np.empty((0, 2)), (1280, 720)) is None
