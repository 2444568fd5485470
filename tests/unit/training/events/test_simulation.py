"""Simulated rallies keep to physics, and look as the sports do in a broadcast."""

from __future__ import annotations

import numpy as np
import pytest

from balltrack.training.events.simulation import badminton, simulated, table_tennis, walled
from balltrack.training.events.simulation.cameras import any_camera, broadcast_camera
from balltrack.training.events.simulation.filming import SPORTS, Sport
from balltrack.training.events.simulation.flights import (
    GRAVITY,
    RADIUS,
    Flight,
    Play,
    flight_to,
)

RNG = np.random.default_rng
SOON = 1e-4  # s

sports = pytest.mark.parametrize(
    "sport",
    SPORTS,
    ids=[sport.play.__module__.rpartition(".")[2] + sport.play.__name__[4:] for sport in SPORTS],
)


def rallies(sport: Sport, count: int = 12) -> list[Play]:
    return [sport.play(RNG(seed)) for seed in range(count)]


def speeds_around(play: Play, moment: float) -> tuple[np.ndarray, np.ndarray]:
    """(3,) m/s just before and just after."""
    times = moment + np.array([-2, -1, 1, 2]) * SOON
    places = play.places(times)
    return (places[1] - places[0]) / SOON, (places[3] - places[2]) / SOON


def test_a_flight_arrives_where_and_when_it_should() -> None:
    start, goal = np.array([1.0, -11, 2.5]), np.array([-2.0, 6, RADIUS])
    flight = flight_to(start, goal, 0.7, 0.3, GRAVITY)
    np.testing.assert_allclose(flight.at(np.array([0, 0.7])), [start, goal], atol=1e-9)
    assert flight.falls_for() == pytest.approx(0.7)
    np.testing.assert_allclose(
        flight.speed_at(0.3),
        np.diff(flight.at(np.array([0.3, 0.3 + 1e-6])), axis=0)[0] / 1e-6,
        atol=1e-4,
    )
    after = flight.bounced(0.7, RNG(0))
    assert after.speed[2] > 0
    assert np.hypot(*after.speed[:2]) < np.hypot(*flight.speed[:2])
    dropped = Flight(np.array([0, 0, 1.0 + RADIUS]), np.zeros(3), 0.1, GRAVITY)
    assert dropped.falls_for() == pytest.approx(np.sqrt(2 / GRAVITY))


@sports
def test_the_ball_goes_on_from_where_it_is(sport: Sport) -> None:
    """No piece of the way begins elsewhere than the one before it ended; a net may hold it up."""
    for play in rallies(sport):
        assert play.time_s < 90
        times = np.arange(0, play.time_s, 0.002)
        steps = np.linalg.norm(np.diff(play.places(times), axis=0), axis=1)
        assert np.isfinite(steps).all()
        assert (steps > 0.25).sum() <= 1  # 125 m/s


@sports
def test_at_an_event_the_ball_turns_and_a_bounce_is_on_the_ground(sport: Sport) -> None:
    grounds = {RADIUS, RADIUS + table_tennis.FLOOR, 0.11}
    turns, seen = [], {"hit": 0, "bounce": 0}
    for play in rallies(sport):
        assert play.events == sorted(play.events)
        for moment, kind in play.events:
            if not 3 * SOON < moment < play.time_s - 3 * SOON:
                continue
            seen[kind] += 1
            before, after = speeds_around(play, moment)
            turns.append(np.linalg.norm(after - before) > 0.5)
            if kind == "bounce":
                height = float(play.places(np.array([moment]))[0, 2])
                assert min(abs(height - ground) for ground in grounds) < 0.01
                assert before[2] < 0 <= after[2] + 0.01
    assert np.mean(turns) > 0.97
    assert min(seen.values()) > 5


@sports
def test_strokes_come_as_they_do_in_matches(sport: Sport) -> None:
    between = np.concatenate(
        [np.diff([t for t, kind in play.events if kind == "hit"]) for play in rallies(sport, 30)]
    )
    assert 0.5 < np.median(between) < 1.6
    assert np.mean((between > 0.3) & (between < 3.2)) > 0.9


@sports
def test_a_camera_shows_the_play(sport: Sport) -> None:
    shown = []
    for seed, play in enumerate(rallies(sport)):
        places = play.places(np.arange(0, play.time_s, 0.04))
        for film in (broadcast_camera, any_camera):
            camera = film(RNG(seed), sport.half_length, sport.half_width, sport.ceiling)
            shown.append((np.abs(camera(places)) <= [0.89, 0.5]).all(axis=1).mean())
    assert np.mean(shown) > 0.65


def test_from_behind_what_is_farther_is_higher_and_smaller() -> None:
    for seed in range(20):
        camera = broadcast_camera(RNG(seed), 11.9, 5.5, 4.0)
        left = camera(np.array([[-5.5, -11.9, 0], [-5.5, 11.9, 0], [0, 0, 0], [0, 0, 2]]))
        right = camera(np.array([[5.5, -11.9, 0], [5.5, 11.9, 0]]))
        assert left[0, 1] > left[1, 1]
        assert right[0, 0] - left[0, 0] > right[1, 0] - left[1, 0] > 0
        assert left[3, 1] < left[2, 1]


def test_air_carries_a_shuttle_at_its_terminal_speed() -> None:
    fallen = badminton.shuttle_flights(0.0, np.array([0.001]))[:, 0, 1]
    assert -np.diff(fallen[-3:]) / badminton.STEP == pytest.approx(badminton.TERMINAL, rel=0.02)
    fast = badminton.shuttle_flights(0.0, np.array([80.0]))[:, 0, 0]
    # by the square alone: v / (1 + g v t / terminal²)
    for tick in (10, 40):
        now = 80 / (1 + GRAVITY * 80 * tick * badminton.STEP / badminton.TERMINAL**2)
        assert (fast[tick] - fast[tick - 1]) / badminton.STEP == pytest.approx(now, rel=0.05)


def test_a_shuttle_comes_down_where_it_was_aimed() -> None:
    start = np.array([0.5, -5.0, 2.4])
    for goal, degrees in (([-2.0, 6.0, 2.0], 35), ([1.0, 1.2, 0.8], 10), ([0.0, 5.0, 0.5], 55)):
        flight = badminton.shuttle_to(start, np.array(goal), np.radians(degrees))
        np.testing.assert_allclose(flight.places[0], start)
        np.testing.assert_allclose(flight.places[-1], goal, atol=0.6)
        assert flight.places[-1, 2] < flight.places[-2, 2]


def test_a_served_ball_bounces_on_both_sides_of_the_table() -> None:
    sides = []
    for play in rallies(SPORTS[2], 30):
        kinds = [kind for _, kind in play.events[:3]]
        if kinds == ["hit", "bounce", "bounce"] and play.pieces[0][0] == 0:
            own, other = play.places(np.array([play.events[1][0], play.events[2][0]]))[:, 1]
            sides.append(own * other)
            assert max(abs(own), abs(other)) < table_tennis.END
    assert len(sides) > 12
    assert max(sides) < 0


def test_walls_send_the_ball_back() -> None:
    back = 0
    for play in rallies(SPORTS[3], 20):
        places = play.places(np.arange(0, play.time_s, 0.005))
        assert (np.abs(places[:, :2]) < np.array(walled.WALLS) + 0.5).all()
        touched = np.abs(places[1:-1, 1]) > walled.END - 0.05
        turned = np.diff(np.sign(np.diff(places[:, 1]))) != 0
        back += int((touched & turned).sum())
        for moment, _ in play.events:
            at = np.abs(play.places(np.array([moment]))[0, :2])
            assert (at < np.array(walled.WALLS) + 0.5).all()
    assert back > 5


def test_rallies_of_every_sport_come_and_the_same_ones_from_the_same_seed() -> None:
    assert sum(sport.share for sport in SPORTS) == pytest.approx(1)
    first, again = simulated(RNG(7)), simulated(RNG(7))
    np.testing.assert_array_equal(first[0], again[0])
    assert first[1:] == again[1:]
    for seed in range(40):
        places, events, fps = simulated(RNG(seed))
        assert 24 <= fps <= 31
        assert len(places) >= 8
        seen = places[np.isfinite(places[:, 0])]
        assert (np.abs(seen) <= [0.89, 0.5]).all()
        assert all(0 <= row < len(places) and kind in ("hit", "bounce") for row, kind in events)


def test_an_event_is_on_the_row_on_which_the_ball_turns() -> None:
    """Of bounces with nothing beside them: where the way bends most, on average."""
    off = []
    for seed in range(60):
        places, events, _ = simulated(RNG(seed))
        rows = [row for row, _ in events]
        for row, kind in events:
            near = sum(abs(row - other) < 6 for other in rows)
            around = places[max(row - 3, 0) : row + 4]
            if kind == "bounce" and near == 1 and len(around) == 7 and np.isfinite(around).all():
                bend = np.linalg.norm(np.diff(around, n=2, axis=0), axis=1)
                off.append(bend @ np.arange(-2, 3) / bend.sum())
    assert len(off) > 60
    assert abs(np.mean(off)) < 0.15
