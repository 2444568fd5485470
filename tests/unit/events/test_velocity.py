"""Speed and direction are those of the motion that was put in, and unknown where they are."""

from __future__ import annotations

import numpy as np
import pytest

from balltrack.events import timed, velocity
from balltrack.structures import Source
from trajectories import event, track_of

NAN = (np.nan, np.nan)


def straight(count: int, step: tuple[float, float]) -> np.ndarray:
    return np.array([100.0, 200.0]) + np.arange(count)[:, None] * np.array(step)


@pytest.mark.parametrize(
    ("step", "speed", "direction"),
    [
        ((4, 0), 100, 0),
        ((0, -4), 100, 90),
        ((-4, 0), 100, 180),
        ((0, 4), 100, 270),
        ((3, -4), 125, 53.1301),
    ],
)
def test_a_straight_flight_has_its_speed_and_direction_on_every_row(
    step: tuple[float, float], speed: float, direction: float
) -> None:
    found = velocity(track_of(straight(12, step), fps=25))
    np.testing.assert_allclose(found.speed, speed, rtol=1e-6)
    np.testing.assert_allclose(found.direction, direction, atol=1e-3)


def test_a_parabola_has_the_speed_of_its_tangent() -> None:
    t = np.arange(20) / 50
    xy = np.stack([300 * t, 100 - 400 * t + 600 * t**2], axis=1)
    found = velocity(track_of(xy, fps=50))
    np.testing.assert_allclose(found.speed, np.hypot(300, -400 + 1200 * t), rtol=1e-5)


@pytest.mark.parametrize(
    ("shown", "off"), [((2,), 1e-6), ((5,), 1e-6), ((2, 3), 0.05), ((1, 1, 1, 1, 2), 0.05)]
)
def test_a_picture_that_is_shown_again_has_the_speed_of_its_pictures(
    shown: tuple[int, ...], off: float
) -> None:
    """25 pictures a second in 50, 125, 62.5 and 30 frames."""
    t = np.arange(40) / 25
    xy = np.stack([300 * t, 100 - 400 * t + 600 * t**2], axis=1)
    times = np.resize(shown, 40)
    frames = track_of(np.repeat(xy, times, axis=0), fps=25 * sum(times) / 40)
    found, expected = velocity(frames), velocity(track_of(xy, fps=25))
    np.testing.assert_allclose(found.speed, np.repeat(expected.speed, times), rtol=off)
    np.testing.assert_allclose(found.direction, np.repeat(expected.direction, times), atol=0.01)


def test_a_shot_without_repeats_keeps_its_own_times() -> None:
    """Beside one in which each picture is shown twice."""
    twice, once = np.repeat(straight(12, (8, 0)), 2, axis=0), straight(12, (4, 0))
    shots = track_of(np.concatenate([twice, once]), fps=25, shot=[0] * 24 + [1] * 12)
    np.testing.assert_allclose(velocity(shots).speed, 100, rtol=1e-6)


def test_a_ball_that_lies_still_is_seen_all_the_time() -> None:
    """Ten rows at a place amid a flight: it rests there, and no flight leads over them."""
    flight = straight(12, (4, 0))
    rests = np.concatenate([flight[:6], np.repeat(flight[5:6], 9, axis=0), flight[6:]])
    speed = velocity(track_of(rests, fps=25)).speed
    assert speed[9:11] == pytest.approx(0, abs=1)
    np.testing.assert_allclose(speed[[0, -1]], 100, rtol=1e-6)


def test_a_shot_begins_anew_at_the_same_place() -> None:
    there = straight(6, (4, 0))
    track = track_of(np.concatenate([there, there[::-1]]), fps=25)
    cut = type(track)(**{**vars(track), "shot": np.repeat([0, 1], 6)})
    np.testing.assert_allclose(velocity(cut).direction, np.repeat([0, 180], 6), atol=1e-3)


def test_times_count_not_frames() -> None:
    track = track_of(straight(9, (4, 0)))
    uneven = np.array([0, 1, 2, 4, 5, 6, 8, 9, 10]) / 25
    moved = np.stack([100 + 100 * uneven, np.full(9, 50.0)], axis=1)
    found = velocity(type(track)(**{**vars(track), "xy": moved, "time_s": uneven}))
    np.testing.assert_allclose(found.speed, 100, rtol=1e-6)


def test_one_wrong_position_does_not_change_its_neighbours() -> None:
    xy = straight(15, (4, 0))
    xy[7] += 60
    found = velocity(track_of(xy))
    np.testing.assert_allclose(np.delete(found.speed, 7), 100, rtol=0.02)


def test_a_bounce_parts_the_flights() -> None:
    """Down with 100 px/s, up with 50: no row has a speed between them."""
    y = np.concatenate([np.arange(10) * 4.0, 36 - 2.0 * np.arange(1, 10)])
    xy = np.stack([np.zeros(19), y], axis=1)
    parted = velocity(track_of(xy), [event(9, "bounce")])
    np.testing.assert_allclose(parted.speed[:10], 100, rtol=1e-6)
    np.testing.assert_allclose(parted.speed[10:], 50, rtol=1e-6)
    np.testing.assert_allclose(parted.direction[[0, 9, 10, 18]], [270, 270, 90, 90])
    assert not np.allclose(velocity(track_of(xy)).speed[8:11], parted.speed[8:11], rtol=0.1)


@pytest.mark.parametrize("early_s", [-0.015, 0.0, 0.015])
def test_the_row_of_an_event_counts_for_neither_flight(early_s: float) -> None:
    """It shows the ball after a bounce that was before it; it has the speed of the row before."""
    t = np.arange(19) / 25
    since = t - t[9] + early_s
    xy = np.stack([100 * t, np.where(since < 0, 240 * since, -120 * since)], axis=1)
    found = velocity(track_of(xy), [event(9, "bounce")])
    np.testing.assert_allclose(found.speed[:10], 260, rtol=1e-6)
    np.testing.assert_allclose(found.speed[10:], np.hypot(100, 120), rtol=1e-6)
    assert found.direction[9] == pytest.approx(found.direction[8])


@pytest.mark.parametrize("on", [0, 1])
@pytest.mark.parametrize(("shown", "off"), [((2,), 1e-6), ((1, 1, 1, 1, 2), 0.05)])
def test_the_picture_of_an_event_counts_for_neither_flight_however_often_it_is_shown(
    on: int, shown: tuple[int, ...], off: float
) -> None:
    """A bounce just before the picture of which the event is on the first or second frame."""
    t = np.arange(24) / 25
    since = t - t[14] + 0.012
    xy = np.stack([300 * t, np.where(since < 0, 240 * since, -120 * since)], axis=1)
    times = np.resize(shown, 24)
    frames = track_of(np.repeat(xy, times, axis=0), fps=25 * sum(times) / 24)
    first = int(times[:14].sum())
    found = velocity(frames, [event(first + on, "bounce")])
    np.testing.assert_allclose(found.speed[: first + 2], np.hypot(300, 240), rtol=off)
    np.testing.assert_allclose(found.speed[first + 2 :], np.hypot(300, 120), rtol=off)


def test_gaps_cuts_and_filled_rows_are_borders() -> None:
    first, second = straight(4, (4, 0)), straight(4, (0, 8)) + 500
    gap = velocity(track_of(np.concatenate([first, [NAN], second])))
    np.testing.assert_allclose(gap.speed, [100] * 4 + [np.nan] + [200] * 4, rtol=1e-6)
    cut = velocity(track_of(np.concatenate([first, second]), shot=[0] * 4 + [1] * 4))
    np.testing.assert_allclose(cut.speed, [100] * 4 + [200] * 4, rtol=1e-6)
    source = [Source.DETECTED] * 4 + [Source.INPAINTED] + [Source.DETECTED] * 4
    filled = velocity(track_of(np.concatenate([first, [(300, 300)], second]), source=source))
    np.testing.assert_allclose(filled.speed, gap.speed, rtol=1e-6)


def test_what_cannot_be_known_is_nan() -> None:
    xy = np.array([NAN, (5, 5), NAN, (5, 5), (9, 5), NAN])
    found = velocity(track_of(xy))
    np.testing.assert_allclose(found.speed, [np.nan] * 3 + [100, 100, np.nan])
    at_rest = velocity(track_of(np.full((6, 2), 7.0)))
    np.testing.assert_allclose(at_rest.speed, 0, atol=1e-9)
    assert len(velocity(track_of(np.empty((0, 2)))).speed) == 0


def test_a_file_without_times_needs_a_rate() -> None:
    track = track_of(straight(3, (1, 0)))
    unknown = type(track)(**{**vars(track), "time_s": np.full(3, np.nan)})
    np.testing.assert_allclose(timed(unknown, 50).time_s, [0, 0.02, 0.04])
    with pytest.raises(ValueError, match="--fps"):
        timed(unknown)
    backwards = type(track)(**{**vars(track), "time_s": np.array([0.0, 0.2, 0.1])})
    with pytest.raises(ValueError, match="time of frame 2 is not after"):
        timed(backwards)
