"""What the events network is shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from balltrack.events import frames_per_second
from balltrack.events.rows import MIRRORED, every, live_rows, network_rows
from balltrack.models.trajectory.eventnet_arrays import LIVE, WHOLE
from trajectories import track_of

NAN = (np.nan, np.nan)


def test_the_numbers_of_a_row() -> None:
    places = np.array([(0, 0), (0.1, 0.2), NAN, (0.3, 0.0), NAN])
    rows = network_rows(places, np.arange(5) / 30)
    assert rows.shape == (5, WHOLE.features)
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows[:, 0], [1, 1, 0, 1, 0])
    np.testing.assert_allclose(rows[2, 1:3], [0.2, 0.1], rtol=1e-6)  # on the straight line
    slow, down = np.log1p(30 * 0.1), np.log1p(30 * 0.2)
    np.testing.assert_allclose(rows[1, 3:5], [slow, down], rtol=1e-5)
    np.testing.assert_allclose(rows[1, 5:7], [slow, -slow], rtol=1e-5)
    np.testing.assert_allclose(rows[1, 7:9], [0, -np.log1p(30 * 0.3)], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(np.expm1(rows[:, 9]), [0, 0, 1, 0, 1], atol=1e-5)
    np.testing.assert_allclose(np.expm1(rows[:, 10]), [0, 0, 1, 0, 30], atol=1e-4)
    np.testing.assert_array_equal(rows[:, 11], 1)


def test_speeds_are_of_seconds() -> None:
    places = np.linspace((0, 0), (0.5, 0.1), 20)
    slow, fast = (network_rows(places, np.arange(20) / fps) for fps in (25, 50))
    moved = slice(3, 9)
    ratio = np.expm1(np.abs(fast[5, moved])) / np.maximum(np.expm1(np.abs(slow[5, moved])), 1e-9)
    np.testing.assert_allclose(ratio[:4], 2, rtol=1e-4)


def test_a_ball_seen_once_says_nothing() -> None:
    assert not network_rows(np.array([NAN, (0.1, 0.1), NAN]), np.arange(3.0)).any()
    assert network_rows(np.empty((0, 2)), np.empty(0)).shape == (0, WHOLE.features)


def test_the_numbers_of_a_live_row() -> None:
    places = np.array([NAN, (0, 0), (0.1, 0.2), NAN, (0.3, 0.0)])
    rows = live_rows(places, np.arange(5) / 30)
    assert rows.shape == (5, LIVE.features)
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows[:, 0], [0, 1, 1, 0, 1])
    np.testing.assert_allclose(rows[3, 1:3], [0.1, 0.2], rtol=1e-6)  # where it was seen last
    expected = np.zeros((5, 4))  # heights of the picture a row
    expected[2, :2] = 0.1, 0.2
    expected[4] = 0.1, -0.1, 0, -0.3
    logarithmic = np.sign(expected) * np.log1p(30 * np.abs(expected))
    np.testing.assert_allclose(rows[:, 3:7], logarithmic, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(np.expm1(rows[:, 7]), [30, 0, 0, 1, 0], atol=1e-4)
    np.testing.assert_array_equal(rows[:, 8], 1)
    assert live_rows(np.empty((0, 2)), np.empty(0)).shape == (0, LIVE.features)


def test_a_live_row_knows_no_later_one_and_can_be_mirrored() -> None:
    rng = np.random.default_rng(2)
    places, times = rng.normal(size=(40, 2)), np.cumsum(rng.uniform(0.02, 0.05, 40))
    places[rng.random(40) < 0.3] = np.nan
    rows = live_rows(places, times)
    np.testing.assert_array_equal(live_rows(places[:25], times[:25]), rows[:25])
    np.testing.assert_allclose(live_rows(places * [-1, 1], times), rows * MIRRORED)


@pytest.mark.parametrize(
    ("fps", "step"), [(12, 1), (24, 1), (25, 1), (30, 1), (44, 1), (50, 2), (60, 2), (120, 4)]
)
def test_every_so_manieth_frame(fps: float, step: int) -> None:
    assert every(fps) == step


@pytest.mark.parametrize(("step", "fps"), [(1e-320, 1000.0), (0.04, 25.0), (1e6, 1.0)])
def test_no_times_make_a_rate_that_no_video_has(step: float, fps: float) -> None:
    track = track_of(np.full((3, 2), 5.0), fps=25)
    track = replace(track, time_s=np.arange(3) * step)
    assert frames_per_second(track) == pytest.approx(fps)
