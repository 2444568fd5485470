"""Source pixels ↔ network pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balltrack.geometry import Scaling

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
