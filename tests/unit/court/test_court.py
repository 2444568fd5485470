"""A camera that is known looks at a court that is known: what it sees is measured back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from balltrack.court.courts import COURTS, find_court
from balltrack.court.measures import (
    bounce_speed,
    find_bounces,
    ground_speed,
    write_bounces,
)
from balltrack.court.plane import CourtPlane, see_court
from balltrack.errors import OptionError, UnknownNameError
from balltrack.structures import Event, FloatArray, Source, Track
from balltrack.synthetic.scene import Camera

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


def bouncing(speed: tuple[float, float], fall: float, kept: float) -> FloatArray:
    """(31, 3) m: a ball that lands at (1, 4) on frame 15, falling, and rises with what is kept."""
    t = (np.arange(31) - 15) / FPS
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


def test_bounces_have_places_and_speeds(tmp_path: Path) -> None:
    track = seen(bouncing((3.0, 20.0), 6.0, 0.8))
    x, y = track.xy[15].tolist()
    events = [Event(2, "hit", 9.0, 9.0, 1.0), Event(15, "bounce", x, y, 1.0)]
    (bounce,) = find_bounces(track, events, plane())
    assert (bounce.court_x, bounce.court_y) == pytest.approx((1, 4), abs=2e-3)
    assert bounce.inside
    assert bounce.time_s == 0.3
    write_bounces([bounce], tmp_path / "b.csv")
    header, row = (tmp_path / "b.csv").read_text().splitlines()
    assert header.startswith("Frame,Time,X,Y,CourtX,CourtY,Inside,")
    assert row.startswith("15,0.300,")
    assert ",1.000,4.000,1," in row


def test_the_speed_across_the_view_is_right_and_along_it_biased_as_stated() -> None:
    fall, kept = 6.0, 0.8
    track = seen(bouncing((3.0, 20.0), fall, kept))
    event = Event(15, "bounce", *track.xy[15].tolist(), 1.0)
    away = np.array([1.0, 4.0]) - CAMERA.place[:2]
    error = (kept - 1) / 2 * fall * away / CAMERA.place[2]  # the rise is the smaller one
    expected = np.hypot(*(np.array([3.0, 20.0]) + error)) * 3.6
    assert bounce_speed(track, [event], event, plane()) == pytest.approx(expected, rel=0.02)
    across = seen(bouncing((20.0, 0.0), fall, 1.0))
    event = Event(15, "bounce", *across.xy[15].tolist(), 1.0)
    assert bounce_speed(across, [event], event, plane()) == pytest.approx(72, rel=0.02)


def test_no_speed_from_one_side_of_a_bounce() -> None:
    track = seen(bouncing((3.0, 20.0), 6.0, 0.8)[:17])
    event = Event(15, "bounce", *track.xy[15].tolist(), 1.0)
    assert np.isnan(bounce_speed(track, [event], event, plane()))


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
