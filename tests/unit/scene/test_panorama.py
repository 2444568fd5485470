"""Backgrounds of cameras that pan are in register, and all is as ever where they stand still."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

import moving_camera
from balltrack.models.specs import SPECS
from balltrack.scene.background import Sample, median_of, with_background
from balltrack.scene.panning import panorama
from balltrack.scene.panning.camera import UNMOVED, back, grey, moved, shift, then
from balltrack.scene.panning.following import STILL, follow_camera
from balltrack.scene.panning.panorama import from_register
from balltrack.scene.windows import Window, cut_windows, images_of
from balltrack.structures import FloatArray, Frame
from moving_camera import SIZE, ball, hall, panning

SPEC = SPECS["tracknet-v3-small"]
filmed = partial(moving_camera.filmed, with_ball=True)


def standing(_: int) -> tuple[float, float]:
    return 40.0, 40.0


def windows(frames: list[Frame]) -> list[Window]:
    made = list(cut_windows(follow_camera(frames), SPEC, 4))
    shown = {frame.index for window in made for frame in window.frames}
    assert shown == {frame.index for frame in frames}
    return made


def unlike(window: Window) -> FloatArray:
    """(frames,) how much the pictures differ from the background, in the middle, ball and all."""
    assert window.background is not None
    middle = np.s_[30:-30, 40:-40]
    behind = window.background[middle].astype(float)
    return np.array([np.abs(frame.image[middle] - behind).mean() for frame in window.frames])


def test_the_motion_between_two_pictures_is_found() -> None:
    first, second = (frame.image for frame in filmed(lambda i: (40 + 7.5 * i, 40 - 3.25 * i), 2))
    way = moved(grey(first), grey(second))
    assert way is not None
    np.testing.assert_allclose(way, [[1, 0, -7.5], [0, 1, 3.25]], atol=0.15)
    assert moved(grey(first), np.zeros_like(grey(second))) is None
    np.testing.assert_allclose(then(way, back(way)), UNMOVED, atol=1e-9)
    assert shift(UNMOVED, SIZE) == 0


@pytest.mark.parametrize("wobble", [0.0, STILL / 4])
def test_a_camera_that_stands_still_gets_what_it_always_got(wobble: float) -> None:
    frames = filmed(lambda i: (40 + wobble * (i % 2), 40.0), 300)
    expected = list(with_background(frames, median_of))
    for window in windows(frames):
        first = window.frames[0]
        assert window.ways is None
        assert all(frame is frames[frame.index] for frame in window.frames)
        np.testing.assert_array_equal(window.background, expected[first.index][1])


def test_frames_and_background_of_a_pan_are_in_register() -> None:
    frames = filmed(panning, 60)
    for window in windows(frames):
        assert window.ways is not None
        assert (unlike(window) < 2.0).all()
    plain = with_background(frames, median_of)
    apart = [np.abs(frame.image.astype(float) - behind).mean() for frame, behind in plain]
    assert np.mean(apart) > 10


def test_the_median_is_of_what_was_seen_at_a_place_and_nothing_else() -> None:
    """Its left edge is in the first pictures alone, its right one in the last."""
    frames = filmed(panning, 60)
    ways = [np.subtract(panning(i), panning(0))[:, None] for i in range(60)]
    samples = [
        Sample(frame.image, np.column_stack([np.eye(2), way]))
        for frame, way in zip(frames[::4], ways[::4], strict=True)
    ]
    made = panorama.panorama(samples)
    assert made is not None
    rows, columns = made.seen.shape
    assert (columns, rows) == (512 + 90, 288 + 23)  # 56 frames on
    truth = hall()[40 : 40 + rows, 40 : 40 + columns].astype(float)
    off = np.abs(made.image - truth).max(axis=2)[made.seen == 255]
    assert np.mean(off > 12) < 0.02  # the ball, where it was seen once


def test_a_ball_is_found_in_the_pixels_of_its_own_frame() -> None:
    frames = filmed(panning, 40)
    for window in windows(frames):
        assert window.ways is not None
        painted = np.stack(
            [np.abs(frame.image.astype(int) - window.background).max(2) for frame in window.frames]
        )
        heatmaps = from_register((painted > 60).astype(np.float32), window.ways)
        for frame, heatmap in zip(window.frames, heatmaps, strict=True):
            y, x = np.nonzero(heatmap[20:-20, 30:-30] > 0.5)
            expected = np.subtract(ball(frame.index), panning(frame.index))
            np.testing.assert_allclose([x.mean() + 30, y.mean() + 20], expected, atol=1.5)


def test_a_cut_begins_anew() -> None:
    frames = filmed(panning, 30) + filmed(standing, 30, shot=1, first=30)
    ways = {window.frames[0].shot: window.ways for window in windows(frames)}
    assert ways[0] is not None
    assert ways[1] is None


def test_what_came_before_a_pan_and_after_it_is_in_register_too() -> None:
    """Stretches of 240 frames: still, panning, still at another place."""

    def once(i: int) -> tuple[float, float]:
        return 40 + 0.5 * float(np.clip(i - 300, 0, 170)), 40.0

    frames = filmed(once, 540)
    made = windows(frames)
    assert made[0].ways is None
    late = [window for window in made if window.frames[0].index >= 480]
    assert all((unlike(window) < 2.0).all() for window in late)


def test_a_camera_that_turns_too_far_is_taken_to_stand_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(panorama, "LARGEST", 1.05)
    assert all(window.ways is None for window in windows(filmed(panning, 60)))


def test_a_pan_that_nobody_waits_for_is_in_register(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ball, which the first backgrounds have in them, apart."""
    frames = follow_camera(filmed(panning, 60), at_once=True)
    made = list(cut_windows(frames, SPEC, 4, live=True))
    assert len(made) == 14
    assert all(window.ways is not None for window in made[3:])
    assert all((unlike(window) < 2.0).all() for window in made[3:])


@pytest.fixture(scope="module")
def three_pans() -> tuple[list[Frame], list[Window]]:
    """30 frames each, and what is shown of them where none is known."""
    frames = [f for n in range(3) for f in filmed(panning, 30, shot=n, first=30 * n)]
    return frames, windows(frames)


@pytest.mark.parametrize("known", [range(30), range(30, 60), range(60, 90), range(10, 80)])
def test_what_is_shown_of_other_frames_does_not_depend_on_known_ones(
    known: range, three_pans: tuple[list[Frame], list[Window]]
) -> None:
    frames, shown = three_pans
    marked = [replace(frame, known=frame.index in known) for frame in frames]
    for window, as_ever in zip(windows(marked), shown, strict=True):
        assert (window.keep, window.frames[0].index) == (as_ever.keep, as_ever.frames[0].index)
        if all(frame.known for frame in window.frames):
            assert window.ways is None
            assert np.shape(window.background) == np.shape(as_ever.background)
            continue
        np.testing.assert_array_equal(window.ways, as_ever.ways)
        np.testing.assert_array_equal(images_of(window), images_of(as_ever))


def test_a_shot_that_is_known_needs_no_background() -> None:
    frames = [replace(frame, known=True) for frame in filmed(panning, 239)]
    made = list(with_background(follow_camera(frames), lambda _: pytest.fail("made")))
    assert [frame.index for frame, _ in made] == list(range(239))
    for more in (replace(frames[-1], index=239), replace(frames[-1], index=239, known=False)):
        backgrounds = [one for _, one in with_background([*frames, more], lambda _: "made")]
        assert backgrounds[0] == "made"
