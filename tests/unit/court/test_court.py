"""A camera that is known looks at a court that is known: what it sees is measured back."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from balltrack.court.courts import COURTS, find_court
from balltrack.court.measures import (
    Bounce,
    find_bounces,
    ground_speed,
    write_bounces,
)
from balltrack.court.plane import CourtPlane, check_near, see_court
from balltrack.errors import OptionError, UnknownNameError
from balltrack.structures import Event, FloatArray, Source, Track
from balltrack.synthetic.scene import Camera
from balltrack.tracks import take_rows

FPS = 50
CAMERA = Camera((2.0, -26.0, 9.0), 1800.0, (1920, 1080))
"""Behind a tennis court, a little to the right."""


def project(places: FloatArray) -> FloatArray:
    return CAMERA.project(np.asarray(places, dtype=np.float64))[0]


def corners(name: str) -> list[tuple[float, float]]:
    court = COURTS[name]
    x, y = court.width / 2, court.length / 2
    ground = [(-x, -y, 0), (x, -y, 0), (x, y, 0), (-x, y, 0)]
    return [(float(u), float(v)) for u, v in project(np.array(ground))]


def plane(name: str = "tennis") -> CourtPlane:
    return see_court(find_court(name), corners(name))


def seen(ball: FloatArray) -> Track:
    """What the camera sees of a ball at (N, 3) metres."""
    count = len(ball)
    return Track(
        np.arange(count),
        np.arange(count) / FPS,
        project(ball),
        np.ones(count, np.float32),
        np.full(count, Source.DETECTED, np.int8),
        np.zeros(count, np.int64),
    )


def bouncing(speed: tuple[float, float], fall: float, kept: float, late: float = 0.0) -> FloatArray:
    """(31, 3) m: a ball that lands at (1, 4) ``late`` frames after frame 15, falling, and rises
    with what is kept."""
    t = (np.arange(31) - 15 - late) / FPS
    height = np.where(t < 0, -fall * t, kept * fall * t) - 9.81 / 2 * t**2
    return np.column_stack([1 + speed[0] * t, 4 + speed[1] * t, np.maximum(height, 0)])


@pytest.mark.parametrize("name", COURTS)
def test_places_on_the_ground_are_recovered(name: str) -> None:
    court = COURTS[name]
    rng = np.random.default_rng(1)
    places = rng.uniform(-0.6, 0.6, (50, 2)) * [court.width, court.length]
    pixels = project(np.column_stack([places, np.zeros(50)]))
    assert plane(name).ground(pixels) == pytest.approx(places, abs=2e-3)
    assert plane(name).picture(places) == pytest.approx(pixels, abs=2e-2)


@pytest.mark.parametrize(
    ("name", "width", "length"),
    [
        ("tennis", 10.97, 23.77),
        ("badminton", 6.10, 13.40),
        ("padel", 10.0, 20.0),
        ("table-tennis", 1.525, 2.74),
        ("volleyball", 9.0, 18.0),
    ],
)
def test_courts_have_their_rules_sizes_and_lines_inside(
    name: str, width: float, length: float
) -> None:
    court = find_court(name)
    assert (court.width, court.length) == (width, length)
    assert all(court.holds(np.array(end)) for line in court.lines for end in line)


def test_above_the_horizon_is_no_ground() -> None:
    horizon = project(np.array([[0.0, 1e7, 0.0]]))[0, 1]
    above = np.array([[960.0, horizon - 5], [960.0, horizon + 5], [np.nan, np.nan]])
    found = plane().ground(above)
    assert np.isfinite(found).all(axis=1).tolist() == [False, True, False]


def test_what_flies_seems_further_away_as_the_formula_says() -> None:
    ball = np.array([[1.0, 2.0, 1.5]])
    away = plane().ground(project(ball))[0] - ball[0, :2]
    eye = np.array(CAMERA.place)
    distance = np.linalg.norm(ball[0, :2] - eye[:2])
    assert np.linalg.norm(away) == pytest.approx(1.5 * distance / (eye[2] - 1.5), rel=1e-3)
    assert away[1] > 0


def test_a_pixel_is_worth_more_on_the_far_side() -> None:
    near, far = project(np.array([[0.0, -10.0, 0.0], [0.0, 10.0, 0.0]]))
    worth = plane().metres_a_pixel(np.array([near, far]))
    moved = plane().ground(far[None] + [0.0, -1.0])[0, 1] - 10.0
    assert worth[0] < worth[1] / 2
    assert worth[1] == pytest.approx(moved, rel=0.05)


def bounce_of(track: Track, *others: Event, frame: int = 15) -> Bounce:
    event = Event(frame, "bounce", *track.xy[frame].tolist(), 1.0)
    (found,) = find_bounces(track, [*others, event], plane())
    return found


def test_bounces_have_places_and_speeds(tmp_path: Path) -> None:
    track = seen(bouncing((3.0, 20.0), 6.0, 0.8))
    bounce = bounce_of(track, Event(2, "hit", 9.0, 9.0, 1.0))
    assert (bounce.court_x, bounce.court_y) == pytest.approx((1, 4), abs=0.02)
    assert (bounce.x, bounce.y) == pytest.approx(track.xy[15], abs=0.5)
    assert bounce.inside
    assert bounce.time_s == 0.3
    write_bounces([bounce], tmp_path / "b.csv")
    header, row = (tmp_path / "b.csv").read_text().splitlines()
    assert header.startswith("Frame,Time,X,Y,CourtX,CourtY,Inside,")
    assert row.startswith("15,0.300,")


def speed_seen(fall: float, kept: float) -> float:
    """km/h of a bounce with (3, 20) m/s on (1, 4), with the error along the view that is stated."""
    away = np.array([1.0, 4.0]) - CAMERA.place[:2]
    error = (kept - 1) / 2 * fall * away / CAMERA.place[2]  # the rise is the smaller one
    return float(np.hypot(*(np.array([3.0, 20.0]) + error)) * 3.6)


def test_the_speed_across_the_view_is_right_and_along_it_biased_as_stated() -> None:
    fall, kept = 6.0, 0.8
    bounce = bounce_of(seen(bouncing((3.0, 20.0), fall, kept)))
    assert bounce.speed_kmh == pytest.approx(speed_seen(fall, kept), rel=0.02)
    across = bounce_of(seen(bouncing((20.0, 0.0), fall, 1.0)))
    assert across.speed_kmh == pytest.approx(72, rel=0.02)


@pytest.mark.parametrize("late", [-0.45, -0.2, 0.2, 0.45])
@pytest.mark.parametrize("pace", [(3.0, 20.0), (3.0, -20.0), (20.0, 0.0)])
def test_a_bounce_between_two_frames_is_where_the_flights_meet(
    late: float, pace: tuple[float, float]
) -> None:
    """Half a frame of these flights is 0.2 m, and their speed was off by a third."""
    on_frame, between = (seen(bouncing(pace, 6.0, 0.8, shift)) for shift in (0.0, late))
    bounce = bounce_of(between)
    assert (bounce.court_x, bounce.court_y) == pytest.approx((1, 4), abs=0.03)
    assert bounce.speed_kmh == pytest.approx(bounce_of(on_frame).speed_kmh, rel=0.02)


@pytest.mark.parametrize("turn", range(5))
def test_pictures_that_are_shown_twice_count_once(
    turn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """25 of them a second in 30 frames."""
    monkeypatch.setattr(sys.modules[__name__], "FPS", 25)
    pictures = seen(bouncing((3.0, 20.0), 6.0, 0.8, 0.3))
    shown = np.repeat(np.arange(31), np.resize(np.roll([1, 1, 1, 1, 2], turn), 31))
    frames = seen(np.zeros((len(shown), 3)))
    frames = replace(frames, xy=pictures.xy[shown], time_s=np.arange(len(shown)) / 30)
    bounce = bounce_of(frames, frame=int(np.argmax(shown == 15)))
    assert (bounce.court_x, bounce.court_y) == pytest.approx((1, 4), abs=0.03)
    assert bounce.speed_kmh == pytest.approx(bounce_of(pictures).speed_kmh, rel=0.03)


@pytest.mark.parametrize("off", [-1, 1])
def test_an_event_one_frame_off_changes_little(off: int) -> None:
    track = seen(bouncing((3.0, 20.0), 6.0, 0.8))
    bounce = bounce_of(track, frame=15 + off)
    assert (bounce.court_x, bounce.court_y) == pytest.approx((1, 4), abs=0.05)
    assert bounce.speed_kmh == pytest.approx(bounce_of(track).speed_kmh, rel=0.03)


@pytest.mark.parametrize("row", [10, 13, 14, 16, 18])
@pytest.mark.parametrize("fps", [25, 50])
def test_one_wrong_position_changes_no_bounce(
    row: int, fps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "FPS", fps)
    track = seen(bouncing((3.0, 20.0), 6.0, 0.8))
    wrong = replace(track, xy=track.xy + (np.arange(len(track)) == row)[:, None] * [60.0, -40.0])
    bounce = bounce_of(wrong)
    assert (bounce.court_x, bounce.court_y) == pytest.approx((1, 4), abs=0.05)
    assert bounce.speed_kmh == pytest.approx(bounce_of(track).speed_kmh, rel=0.02)


def test_no_speed_from_one_side_of_a_bounce_nor_where_the_flights_do_not_meet() -> None:
    whole = seen(bouncing((3.0, 20.0), 6.0, 0.8))
    one_side = bounce_of(seen(bouncing((3.0, 20.0), 6.0, 0.8)[:18]))  # two rows after it
    jumps = replace(whole, xy=whole.xy + (np.arange(len(whole)) > 15)[:, None] * [150.0, 0.0])
    for bounce, track in ((one_side, whole), (bounce_of(jumps), whole)):
        assert np.isnan(bounce.speed_kmh)
        assert (bounce.x, bounce.y) == tuple(track.xy[15])


def test_a_bounce_on_a_frame_without_a_row_has_its_time() -> None:
    track = seen(bouncing((3.0, 20.0), 6.0, 0.8))
    event = Event(15, "bounce", *track.xy[15].tolist(), 1.0)
    fewer = take_rows(track, track.frame_index != 15)
    (bounce,) = find_bounces(fewer, [event], plane())
    assert bounce.time_s == pytest.approx(0.3)
    assert np.isnan(bounce.speed_kmh)


def test_a_ball_that_rolls_has_its_speed() -> None:
    t = np.arange(40) / FPS
    track = seen(np.column_stack([-3 + 6 * t, -5 + 8 * t, np.zeros(40)]))
    assert ground_speed(track, [], plane()) == pytest.approx(36.0, rel=0.01)


def test_a_ball_high_up_has_none() -> None:
    ball = np.tile([0.0, 5.0, 7.5], (20, 1)) + np.arange(20)[:, None] * [0.1, 0.1, 0]
    assert np.isnan(ground_speed(seen(ball), [], plane())).all()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lambda c: c[:3], "there must be four (near-left, near-right, far-right, far-left), got 3"),
        (lambda c: c[::-1], "these do not go round a court"),
        (lambda c: [c[0], c[2], c[1], c[3]], "these do not go round a court"),
        (lambda c: [c[0], c[0], c[2], c[3]], "these do not go round a court"),
        (lambda c: [(float("nan"), 1.0), *c[1:]], "must be a number"),
    ],
)
def test_corners_that_are_none(given: object, words: str) -> None:
    with pytest.raises(OptionError) as caught:
        see_court(find_court("tennis"), given(corners("tennis")))  # type: ignore[operator]
    assert words in str(caught.value)


def test_an_unknown_court_lists_the_known() -> None:
    with pytest.raises(UnknownNameError, match="unknown court 'squash'; known: badminton, padel"):
        find_court("squash")


def test_corners_may_lie_a_little_outside_the_picture() -> None:
    """As those below it, which are cut off; not those of a picture three times as large."""
    near = [(-300.0, 800.0), (1400.0, 1000.0), (820.0, 300.0), (460.0, 300.0)]
    check_near(near, (1280, 720))
    for far in ([(3 * x, 3 * y) for x, y in near], [(100 * x, 100 * y) for x, y in near]):
        with pytest.raises(OptionError, match=r"^corners: -\d+,\d+ lies far outside .* 1280x720"):
            check_near(far, (1280, 720))
