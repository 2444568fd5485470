"""Streaks of rendered balls, whose blur is known, and of what is no ball."""

from __future__ import annotations

import math

import numpy as np
import pytest

from balltrack.models.verifier.patches import NOW, OFFSETS, SIDE
from balltrack.streaks import Streak
from balltrack.synthetic import render_clip
from balltrack.synthetic.scene import draw_smear
from balltrack.verification.patches import Patches
from balltrack.verification.streaks import measure_streaks

COURT = (60, 120, 80)


def patches(*ways: tuple[tuple[float, float], tuple[float, float]], lines: bool = False) -> Patches:
    """One, whose middle frame has balls of 3 px in radius that went from one place to another."""
    rng = np.random.default_rng(0)
    images = np.full((len(OFFSETS), SIDE, SIDE, 3), COURT, np.uint8)
    if lines:
        images[:, 34:38] = 235
    for start, end in ways:
        shares = (np.arange(24)[:, None] + 0.5) / 24
        draw_smear(images[NOW], np.array(start) + shares * np.subtract(end, start), 3.0)
    noise = rng.normal(0, 1.5, images.shape)
    return np.clip(images + noise, 0, 255).round().astype(np.uint8)[None]


def only(given: Patches) -> Streak:
    (streak,) = measure_streaks(given)
    assert streak is not None
    return streak


@pytest.mark.parametrize("degrees", [0, 30, 75, 90, 140, 179])
@pytest.mark.parametrize("travel", [4.0, 10.0, 25.0, 40.0])
def test_a_drawn_streak_has_its_length_and_angle(degrees: int, travel: float) -> None:
    angle = math.radians(degrees)
    reach = travel / 2 * np.array([math.cos(angle), -math.sin(angle)])
    middle = np.array([31.3, 32.6])
    streak = only(patches((tuple(middle - reach), tuple(middle + reach))))
    assert streak.length == pytest.approx(travel + 6, abs=0.5)
    assert streak.width == pytest.approx(6, abs=0.6)
    assert abs((streak.angle - degrees + 90) % 180 - 90) < 2
    assert math.dist((streak.x, streak.y), middle) < 0.2


def test_a_ball_that_lies_still_is_as_long_as_it_is_wide() -> None:
    streak = only(patches(((32, 32), (32, 32))))
    assert streak.length == pytest.approx(6, abs=1)
    assert math.isnan(streak.angle)


def test_a_white_line_under_it_does_not_end_it() -> None:
    """It makes it seem a little longer: light is missing in the middle."""
    streak = only(patches(((22, 24), (42, 46)), lines=True))
    assert streak.length == pytest.approx(math.hypot(20, 22) + 6, abs=3.5)


def test_what_cannot_be_told_is_none() -> None:
    nothing = patches()
    beyond = patches(((32, 32), (70, 32)))
    cross = patches(((20, 20), (44, 44)), ((44, 20), (20, 44)), ((20, 32), (44, 32)))
    everywhere = patches(((32, 32), (42, 32)))
    everywhere[0, :] = everywhere[0, NOW]  # what does not move
    assert measure_streaks(nothing) == [None]
    assert measure_streaks(beyond) == [None]
    assert measure_streaks(cross) == [None]
    assert measure_streaks(everywhere) == [None]
    assert measure_streaks(nothing[:0]) == []


@pytest.mark.parametrize("shutter", [0.25, 0.5, 1.0])
def test_rendered_rallies_have_their_streaks(shutter: float) -> None:
    """Over lines, crowds and players; while a ball is hit its streak has two directions."""
    clip = render_clip(frame_count=40, frame_rate=25, seed=1, hidden=False, shutter=shutter)
    images = [frame.image for frame in clip.frames()]
    length, angle, known = [], [], 0
    hit = np.rint(clip.rally.hit_times * 25).astype(int)
    for i in np.flatnonzero(clip.truth.visibility).tolist():
        truth = clip.streak(i)
        if np.abs(hit - i).min() <= 1 or not (40 < truth.x < 1240 and 40 < truth.y < 680):
            continue
        around = [images[min(max(i + offset, 0), len(images) - 1)] for offset in OFFSETS]
        left, top = round(truth.x) - SIDE // 2, round(truth.y) - SIDE // 2
        patch = np.stack([image[top : top + SIDE, left : left + SIDE] for image in around])
        (found,) = measure_streaks(patch[None])
        if found is not None:
            known += 1
            length.append(found.length - truth.length)
            angle.append(abs((found.angle - truth.angle + 90) % 180 - 90))
    assert known >= 20
    assert np.median(np.abs(length)) < 0.7
    assert np.percentile(np.abs(length), 80) < 2.5
    assert np.nanmedian(angle) < 2
