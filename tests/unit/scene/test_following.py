"""Where the camera was: to a pixel, and nothing of it while it stands still."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from balltrack.scene.panning.camera import UNMOVED
from balltrack.scene.panning.following import (
    LOOKS,
    LOST,
    SETTLED,
    STEPS,
    STILL,
    TOGETHER,
    follow_camera,
)
from balltrack.structures import FloatArray, Frame
from moving_camera import Pan, filmed, panning


def places(frames: list[Frame], *, at_once: bool = False) -> FloatArray:
    """(N, 2) by how far the camera has moved."""
    followed = list(follow_camera(frames, at_once=at_once))
    assert [frame.index for frame in followed] == [frame.index for frame in frames]
    known = [UNMOVED if frame.place is None else frame.place for frame in followed]
    return np.array([place[:, 2] for place in known])


def moved_by(pan: Pan, count: int) -> FloatArray:
    return np.array([np.subtract(pan(i), pan(0)) for i in range(count)])


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("count", [1, 2, 5, 31, 33, 70])
def test_a_pan_is_followed(count: int, at_once: bool) -> None:
    seen = places(filmed(panning, count), at_once=at_once)
    late = STEPS * 1.65 if at_once else 0.0  # until it is seen to move
    np.testing.assert_allclose(seen[:STEPS], moved_by(panning, count)[:STEPS], atol=0.5 + late)
    np.testing.assert_allclose(seen[STEPS:], moved_by(panning, count)[STEPS:], atol=1.0)


@pytest.mark.parametrize("at_once", [False, True])
def test_a_shaking_hand_is_followed(at_once: bool) -> None:
    """Five times a second, at 25 frames/s: between two looks anything can happen."""

    def shaking(i: int) -> tuple[float, float]:
        turn = 2 * np.pi * 5 * i / 25
        return 60 + 5 * np.sin(turn) + 0.3 * i, 60 + 3 * np.cos(turn)

    seen = places(filmed(shaking, 70), at_once=at_once)
    begun = STEPS if at_once else 0
    np.testing.assert_allclose(seen[begun:], moved_by(shaking, 70)[begun:], atol=0.6)


@pytest.mark.parametrize("at_once", [False, True])
def test_frames_of_a_camera_that_stands_still_are_themselves(at_once: bool) -> None:
    frames = filmed(lambda i: (40 + 0.3 * (i % 2), 40.0), 100)
    for followed, frame in zip(follow_camera(frames, at_once=at_once), frames, strict=True):
        assert followed is frame


def test_a_drift_too_slow_to_see_adds_up() -> None:
    """A hundredth of a pixel a frame: from a look to the next it is nothing."""

    def drift(i: int) -> tuple[float, float]:
        return 40 + 0.01 * i, 40.0

    seen = places(filmed(drift, 300))
    np.testing.assert_allclose(seen, moved_by(drift, 300), atol=STILL + 0.3)
    np.testing.assert_allclose(seen[-1], moved_by(drift, 300)[-1], atol=STILL + 0.3)


@pytest.mark.parametrize("at_once", [False, True])
def test_it_comes_to_rest_and_goes_on(at_once: bool) -> None:
    rest = SETTLED + 80

    def twice(i: int) -> tuple[float, float]:
        return 40 + 2.0 * float(np.clip(i - 20, 0, 40) + np.clip(i - 60 - rest, 0, 40)), 60.0

    count = 60 + rest + 60
    seen = places(filmed(twice, count), at_once=at_once)
    late = STEPS * 2.0 if at_once else STILL
    assert np.abs(seen - moved_by(twice, count)).max() <= late + 1.0
    np.testing.assert_allclose(seen[-1], moved_by(twice, count)[-1], atol=1.5)
    still = seen[60 + SETTLED + TOGETHER : 60 + rest - TOGETHER]
    assert len(still) > 10
    assert np.ptp(still, axis=0).max() == 0


def test_a_flash_and_a_blink_do_not_lose_it() -> None:
    frames = filmed(panning, 70)
    blank = np.full_like(frames[0].image, 255)
    for i in (39, *range(43, 43 + LOST)):
        frames[i] = Frame(i, i / 25, blank, 0)
    np.testing.assert_allclose(places(frames)[-1], moved_by(panning, 70)[-1], atol=1.5)


def test_what_cannot_be_followed_stays_where_it_was() -> None:
    rng = np.random.default_rng(1)
    noise = [rng.integers(0, 255, (288, 512, 3), dtype=np.uint8) for _ in range(60)]
    frames = filmed(panning, 32) + [Frame(32 + i, 0.0, one, 0) for i, one in enumerate(noise)]
    seen = places(frames)
    last = 31 + LOST
    np.testing.assert_allclose(seen[last], moved_by(panning, last + 1)[-1], atol=1.5)
    assert (seen[last:] == seen[last]).all()


def test_a_cut_begins_anew() -> None:
    frames = filmed(panning, 40) + filmed(lambda _: (300.0, 50.0), 40, shot=1, first=40)
    followed = list(follow_camera(frames))
    assert followed[39].place is not None
    assert all(frame.place is None for frame in followed[40:])


@pytest.mark.parametrize("at_once", [False, True])
def test_frames_are_asked_for_as_they_are_needed(at_once: bool) -> None:
    asked: list[int] = []

    def coming() -> Iterator[Frame]:
        for frame in filmed(panning, 100):
            asked.append(frame.index)
            yield frame

    for frame in follow_camera(coming(), at_once=at_once):
        ahead = asked[-1] - frame.index
        assert ahead == 0 if at_once else ahead < TOGETHER
    assert len(asked) == 100
    assert TOGETHER % LOOKS == 0
