"""What is drawn over the picture is no ball; what lies where a ball has come is one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from balltrack.structures import Candidate, FloatArray, FrameCandidates
from balltrack.trajectory.balls.contest import contested
from balltrack.trajectory.motion import DEFAULT
from simulated_candidates import RATE, SIZE, rally

DOT = (60.3, 628.1)
FRAMES = 150

Way = Sequence[tuple[int, float, float]]
"""Frames of a thing, and where it is on each."""


def seen(*things: Way, frames: int = FRAMES) -> list[FrameCandidates]:
    """One entry a frame, with a candidate of each thing that is there."""
    found: list[list[Candidate]] = [[] for _ in range(frames)]
    for thing in things:
        for frame, x, y in thing:
            found[frame].append(Candidate(x, y, 0.8))
    return [FrameCandidates(i, i / RATE, 0, tuple(each)) for i, each in enumerate(found)]


def standing(first: int, last: int, jitter: float = 0.3, place: tuple[float, float] = DOT) -> Way:
    rng = np.random.default_rng(first)
    away = np.clip(rng.normal(0, jitter, (last - first, 2)), -3 * jitter, 3 * jitter)
    return [
        (f, place[0] + x, place[1] + y) for f, (x, y) in zip(range(first, last), away, strict=True)
    ]


def along(first: int, way: FloatArray) -> Way:
    return [(first + i, x, y) for i, (x, y) in enumerate(way.tolist())]


def left(frames: list[FrameCandidates], place: tuple[float, float] = DOT) -> list[int]:
    """The frames on which something at the place is still a candidate."""
    (stretch,) = contested(frames, frame_rate=RATE, size=SIZE, parameters=DEFAULT)
    near = [
        any(np.hypot(one.x - place[0], one.y - place[1]) < 10 for one in frame.candidates)
        for frame in stretch.frames
    ]
    return np.flatnonzero(near).tolist()


def test_a_dot_beside_a_name_is_left_out_whatever_is_played_meanwhile() -> None:
    ball = along(0, rally(np.random.default_rng(3), FRAMES) + np.array([200, -150]))
    assert left(seen(standing(20, 80))) == []
    assert left(seen(ball, standing(20, 80))) == []
    assert left(seen(ball, standing(20, 80), standing(80, 140, place=(60.2, 587.8)))) == []


def test_a_graphic_that_slides_in_is_one_too() -> None:
    slides = along(9, np.linspace((132.0, 583.0), (85.0, 590.0), 6))  # a letter of it
    assert left(seen(slides, standing(12, 80))) == []


@pytest.mark.parametrize(
    "thing",
    [
        standing(20, 20 + int(0.9 * RATE)),  # too short to be told
        standing(20, 80, jitter=1.5),  # in a hand
        along(20, np.linspace(DOT, (DOT[0] + 30, DOT[1]), 60)),  # rolls
    ],
)
def test_what_may_be_a_ball_stays(thing: Way) -> None:
    assert set(left(seen(thing))) >= {frame for frame, x, _ in thing if abs(x - DOT[0]) < 8}


def test_a_ball_that_has_come_to_lie_stays() -> None:
    falls = along(5, np.linspace((320.0, 100.0), DOT, 16)[:-1])
    assert left(seen(falls, standing(22, 100)))[-1] == 99


def test_a_ball_that_is_thrown_up_after_it_was_held_stays() -> None:
    thrown = along(81, np.linspace(DOT, (80.0, 380.0), 14)[1:])
    assert set(left(seen(standing(20, 80), thrown))) >= set(range(20, 80))


def test_a_ball_that_is_played_at_another_place_brings_nothing_there() -> None:
    passes = along(0, np.linspace((1000.0, 100.0), (900.0, 500.0), 18))
    assert left(seen(passes, standing(20, 80))) == []


def test_stillness_goes_by_the_height_of_the_picture() -> None:
    frames = seen(standing(20, 80, jitter=0.5))
    (small,) = contested(frames, frame_rate=RATE, size=(320, 180), parameters=DEFAULT)
    assert all(small.frames[frame].candidates for frame in range(20, 80))


def test_what_stands_beside_it_before_brings_nothing() -> None:
    assert left(seen(standing(0, 18, place=(60.2, 587.8)), standing(20, 80))) == []
