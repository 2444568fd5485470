"""A streak's numbers: which way an angle turns, what a grid with other pixels makes of it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from balltrack.geometry import Scaling
from balltrack.streaks import Streak, streak_between


@pytest.mark.parametrize(
    ("start", "end", "angle"),
    [
        ((0, 0), (20, 0), 0),
        ((20, 0), (0, 0), 0),
        ((0, 0), (0, 20), 90),
        ((0, 20), (20, 0), 45),  # rising to the right: y points down
        ((20, 20), (0, 0), 135),
    ],
)
def test_an_angle_is_as_seen_in_the_picture(start, end, angle) -> None:
    streak = streak_between(np.array(start, float), np.array(end, float), 4.0)
    assert streak.angle == pytest.approx(angle)
    assert (streak.x, streak.y) == ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    assert streak.length == pytest.approx(math.dist(start, end))
    assert streak.travel == pytest.approx(streak.length - 4)
    back = np.array([streak.x, streak.y]) + [[-1], [1]] * streak.axis * streak.length / 2
    assert {tuple(end) for end in back.round(6).tolist()} == {start, end}


def test_what_is_round_has_no_angle() -> None:
    streak = streak_between(np.array([0.0, 0.0]), np.array([6.0, 0.0]), 5.0)
    assert math.isnan(streak.angle)
    assert np.isnan(streak.axis).all()


def test_a_grid_with_pixels_of_another_shape_turns_and_stretches_it() -> None:
    streak = Streak(10.0, 10.0, 8 * math.sqrt(2), 2.0, 45.0)
    seen = streak.mapped(Scaling((300, 100), (100, 100)).to_source)  # three times as wide
    assert (seen.x, seen.y) == pytest.approx((10.5 * 3 - 0.5, 10.0))
    assert seen.length == pytest.approx(math.hypot(24, 8))
    assert seen.angle == pytest.approx(math.degrees(math.atan2(8, 24)))
    assert seen.width == pytest.approx(math.hypot(3, 1) * math.sqrt(2))
