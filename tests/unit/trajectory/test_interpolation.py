"""The curve through the neighbours of a gap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import Akima1DInterpolator

from balltrack.trajectory.interpolation import akima, interpolate

WHOLE = st.integers(-2, 2).map(float)  # so that slopes are often equal, and bends none
ANYWHERE = st.floats(-1000, 1000, width=32)


def hidden(xy: np.ndarray, *rows: int) -> tuple[np.ndarray, np.ndarray]:
    mask = np.isin(np.arange(len(xy)), rows)
    return np.where(mask[:, None], np.nan, xy), mask


def test_a_parabola_is_followed() -> None:
    t = np.arange(20.0)
    xy = np.stack([10 * t, 0.4 * (t - 9) ** 2], axis=1)
    np.testing.assert_allclose(interpolate(*hidden(xy, 8, 9, 10)), xy, atol=0.5)


def test_each_of_several_gaps_goes_by_its_own_neighbours() -> None:
    t = np.arange(30.0)
    xy = np.stack([t, np.where(t < 15, t, 30 - t)], axis=1)  # straight but for row 15
    np.testing.assert_allclose(interpolate(*hidden(xy, 5, 6, 22)), xy, atol=1e-9)


def test_unseen_rows_nearby_are_passed_over() -> None:
    xy = np.stack([np.arange(12.0), np.arange(12.0) * 2], axis=1)
    positions, mask = hidden(xy, 5)
    positions[[3, 7]] = np.nan  # not seen, and not asked for
    filled = interpolate(positions, mask)
    assert filled[5] == pytest.approx([5, 10])
    assert np.isnan(filled[[3, 7]]).all()


def test_two_seen_rows_give_a_straight_line() -> None:
    xy = np.array([[0.0, 0.0], [1.0, 3.0], [2.0, 6.0], [3.0, 9.0]])
    np.testing.assert_allclose(interpolate(*hidden(xy, 1, 2)), xy)


def test_there_is_no_curve_with_one_side_only() -> None:
    xy = np.ones((6, 2))
    assert np.isnan(interpolate(*hidden(xy, 0, 1))[:2]).all()
    assert np.isnan(interpolate(*hidden(xy, *range(6)))).all()


@given(
    rows=st.lists(st.integers(0, 40), min_size=2, max_size=7, unique=True).map(sorted),
    values=st.lists(WHOLE, min_size=14, max_size=14) | st.lists(ANYWHERE, min_size=14, max_size=14),
    shares=st.lists(st.floats(0, 1), min_size=1, max_size=4),
)
def test_the_curve_is_that_of_scipy(
    rows: list[int], values: list[float], shares: list[float]
) -> None:
    x, y = np.array(rows, dtype=float), np.reshape(values, (7, 2))[: len(rows)]
    at = x[0] + np.array(shares) * (x[-1] - x[0])
    expected = Akima1DInterpolator(x, y)(at)
    np.testing.assert_allclose(akima(x, y, at), expected, rtol=1e-9, atol=1e-9)
