"""A flying ball is moved along its way, or to a point of its streak, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from balltrack.options import Point
from balltrack.streaks import Streak
from balltrack.structures import FloatArray, Source, Track
from balltrack.trajectory.streak import move_ahead, settle


def track(xy: list[tuple[float, float]], **changes: list[int]) -> Track:
    count = len(xy)
    columns = {"frame_index": list(range(count)), "shot": [0] * count} | changes
    positions = np.array(xy, dtype=np.float64)
    source = np.where(np.isfinite(positions[:, 0]), Source.DETECTED, Source.NONE)
    return Track(
        frame_index=np.array(columns["frame_index"], dtype=np.int64),
        time_s=np.arange(count) / 25,
        xy=positions,
        score=np.ones(count, dtype=np.float32),
        source=source.astype(np.int8),
        shot=np.array(columns["shot"], dtype=np.int64),
    )


def moved(given: Track) -> FloatArray:
    return move_ahead(given, 0.1).xy - given.xy


def test_a_flight_is_moved_by_a_part_of_its_shorter_step() -> None:
    way = moved(track([(0, 0), (10, 20), (30, 60), (40, 80)]))
    np.testing.assert_allclose(way, [(0, 0), (1, 2), (1, 2), (0, 0)])


@pytest.mark.parametrize(
    ("xy", "changes"),
    [
        ([(0, 0), (10, 0), (0, 0)], {}),  # hit back
        ([(0, 0), (10, 0), (10, 20)], {}),  # bounced
        ([(0, 0), (10, 0), (10, 0)], {}),  # a repeated frame
        ([(0, 0), (10, 0), (np.nan, np.nan)], {}),
        ([(np.nan, np.nan), (10, 0), (20, 0)], {}),
        ([(0, 0), (10, 0), (20, 0)], {"shot": [0, 1, 1]}),
        ([(0, 0), (10, 0), (20, 0)], {"frame_index": [0, 1, 9]}),
        ([(5, 5)], {}),
    ],
)
def test_where_the_way_is_not_known_the_ball_stays(
    xy: list[tuple[float, float]], changes: dict[str, list[int]]
) -> None:
    np.testing.assert_allclose(np.nan_to_num(moved(track(xy, **changes))), 0)


def test_no_lead_moves_nothing_and_rows_stay_what_they_were() -> None:
    given = track([(0, 0), (10, 20), (20, 40)])
    np.testing.assert_array_equal(move_ahead(given, 0.0).xy, given.xy)
    ahead = move_ahead(given, 0.3)
    np.testing.assert_array_equal(ahead.source, given.source)
    np.testing.assert_array_equal(ahead.frame_index, given.frame_index)


def drawn(x: float, y: float, length: float = 16, angle: float = 0, width: float = 4) -> Streak:
    return Streak(x, y, length, width, angle)


FLIGHT = [(0.0, 50.0), (20.0, 50.0), (40.0, 50.0)]


def settled(
    xy: list[tuple[float, float]], streak: Streak | None, point: Point = "auto", row: int = 1
) -> Track:
    """``xy`` with a streak at one row."""
    streaks = [streak if i == row else None for i in range(len(xy))]
    blur = [(np.nan,) * 2 if s is None else (s.length, s.angle) for s in streaks]
    return settle(replace(track(xy), blur=np.array(blur)), streaks, point, 0.1)


@pytest.mark.parametrize(
    ("point", "x"),
    [
        ("auto", 22.0),  # a tenth of a step on
        ("centre", 23.0),
        ("leading", 29.0),  # 12 px of way, half of it beyond the middle
    ],
)
def test_a_point_of_the_streak(point: Point, x: float) -> None:
    found = settled(FLIGHT, drawn(23, 50), point)
    np.testing.assert_allclose(found.xy[1], (x, 50))
    np.testing.assert_array_equal(found.blur[1], (16, 0))


def test_the_leading_end_is_the_one_that_the_ball_flies_to() -> None:
    back = settled(FLIGHT[::-1], drawn(23, 50), "leading")
    np.testing.assert_allclose(back.xy[1], (17, 50))
    up = settled([(50, 40), (50, 20), (50, 0)], drawn(50, 22, angle=90), "leading")
    np.testing.assert_allclose(up.xy[1], (50, 16), atol=1e-9)
    round_ball = settled(FLIGHT, drawn(23, 50, length=5, angle=np.nan), "leading")
    np.testing.assert_allclose(round_ball.xy[1], (23.5, 50))


def test_beside_a_repeated_frame_the_other_step_says_where_it_goes() -> None:
    xy = [(0.0, 50.0), (20.0, 50.0), (19.8, 50.0), (40.0, 50.0)]
    np.testing.assert_allclose(settled(xy, drawn(23, 50), "leading").xy[1], (29, 50))
    np.testing.assert_allclose(settled(xy, drawn(23, 50), "leading", row=2).xy[2], (29, 50))


def test_a_ball_that_is_hit_back_has_no_leading_end() -> None:
    xy = [(0.0, 50.0), (20.0, 50.0), (0.0, 50.0)]
    np.testing.assert_allclose(settled(xy, drawn(17, 50), "leading").xy[1], (20, 50))
    np.testing.assert_allclose(settled(xy, drawn(17, 50), "centre").xy[1], (17, 50))


@pytest.mark.parametrize(
    "other",
    [
        drawn(20, 50, angle=60),  # across the way of the ball
        drawn(20, 50, length=40),  # more than a step
        drawn(20, 75),  # elsewhere
        None,
    ],
)
def test_what_cannot_be_the_balls_is_dropped(other: Streak | None) -> None:
    """Then the row is as without a streak: "centre" leaves it, "leading" moves it as ever."""
    for point, x in (("auto", 22), ("centre", 20), ("leading", 22)):
        found = settled(FLIGHT, other, point)
        np.testing.assert_allclose(found.xy[1], (x, 50))
        assert np.isnan(found.blur).all()


def test_a_shuttle_that_lies_is_long_and_draws_no_streak() -> None:
    lying = [(20.0, 50.0), (20.2, 50.0), (20.1, 50.0)]
    assert np.isnan(settled(lying, drawn(20, 50, length=10)).blur).all()
