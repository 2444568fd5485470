"""The truth of a rendered clip is what is drawn, to a fraction of a pixel."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from balltrack.synthetic import render_clip
from balltrack.synthetic.rally import Rally
from balltrack.synthetic.scene import draw_smear

SMALL = (320, 180)


def test_the_same_seed_gives_the_same_pixels_and_another_does_not() -> None:
    first, again, other = (
        render_clip(size=SMALL, frame_count=12, seed=seed, cut_at=6) for seed in (3, 3, 4)
    )
    for frame, same in zip(first.frames(), again.frames(), strict=True):
        np.testing.assert_array_equal(frame.image, same.image)
    np.testing.assert_array_equal(first.truth.xy, again.truth.xy)
    assert not np.array_equal(first.truth.xy, other.truth.xy)


def test_a_clip_can_be_read_twice() -> None:
    clip = render_clip(size=SMALL, frame_count=5)
    for frame, same in zip(clip.frames(), clip.frames(), strict=True):
        np.testing.assert_array_equal(frame.image, same.image)


@pytest.mark.parametrize("size", [(320, 180), (101, 77), (180, 320)])
def test_frames_have_the_size_and_times_asked_for(size: tuple[int, int]) -> None:
    clip = render_clip(size=size, frame_count=4, frame_rate=Fraction(30000, 1001))
    frames = list(clip.frames())
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    assert frames[3].time_s == pytest.approx(3 * 1001 / 30000)
    assert {frame.image.shape for frame in frames} == {(size[1], size[0], 3)}
    assert len(clip.truth) == 4


@pytest.mark.parametrize("radius", [1.0, 2.3, 6.0])
def test_a_drawn_ball_is_where_it_was_asked_for(radius: float) -> None:
    """Pixel-centre convention: the centroid of what was added is the mean of the centres."""
    centres = np.array([[30.25, 20.7], [31.4, 21.1], [32.55, 21.5]])
    image = np.zeros((48, 64, 3), np.uint8)
    draw_smear(image, centres, radius)
    light = image[..., 0].astype(float)
    y, x = np.mgrid[0:48, 0:64]
    centroid = [(x * light).sum() / light.sum(), (y * light).sum() / light.sum()]
    np.testing.assert_allclose(centroid, centres.mean(axis=0), atol=0.05)


def test_the_truth_is_where_the_ball_was_drawn() -> None:
    """Against the same clip with the ball hidden: what differs is the ball."""
    clip = render_clip(size=(640, 360), frame_count=40, seed=1, cut_at=20)
    dark = np.zeros_like(clip.truth.visibility)
    nowhere = np.full_like(clip.truth.xy, np.nan)
    empty = replace(clip, truth=replace(clip.truth, visibility=dark, xy=nowhere))
    y, x = np.mgrid[0:360, 0:640]
    checked = 0
    for frame, without in zip(clip.frames(), empty.frames(), strict=True):
        light = np.abs(frame.image.astype(float) - without.image).sum(axis=2)
        visible = bool(clip.truth.visibility[frame.index])
        assert (light.sum() > 0) == visible
        if visible and light.max() > 200:
            centroid = np.array([(x * light).sum(), (y * light).sum()]) / light.sum()
            # uneven ground and the bend of the path move a smear's centroid a little
            np.testing.assert_allclose(centroid, clip.truth.xy[frame.index], atol=1.0)
            checked += 1
    assert checked > 20


def test_a_second_ball_is_drawn_where_it_is_said_to_be_and_changes_nothing_else() -> None:
    """Against the same clip without it; it slows down, beside the court, and is never hidden."""
    clip = render_clip(size=(640, 360), frame_count=40, seed=2)
    both = clip.with_second_ball()
    np.testing.assert_array_equal(both.truth.xy, clip.truth.xy)
    assert np.isnan(clip.second_xy()).all()
    y, x = np.mgrid[0:360, 0:640]
    for frame, without in zip(both.frames(), clip.frames(), strict=True):
        light = np.abs(frame.image.astype(float) - without.image).sum(axis=2)
        centroid = np.array([(x * light).sum(), (y * light).sum()]) / light.sum()
        np.testing.assert_allclose(centroid, both.second_xy()[frame.index], atol=1.0)
    assert both.second is not None
    ways = np.hypot(*np.diff(both.second.ball(np.arange(41) / 30)[:, :2], axis=0).T)
    assert (np.diff(ways) < 0).all()


@pytest.mark.parametrize("side", [-1, 1])
def test_a_second_rally_is_drawn_at_one_side_where_it_is_said_to_be(side: int) -> None:
    """Against the same clip with that ball made invisible: it is there, and nowhere else."""
    size = np.array([640, 360])
    clip = render_clip(size=(640, 360), frame_count=40, seed=2)
    both = clip.with_second_rally(side)
    np.testing.assert_array_equal(both.truth.xy, clip.truth.xy)
    places = both.second_xy()
    inside = ((places > 8) & (places < size - 8)).all(axis=1)
    assert 10 < inside.sum() < 40
    assert (side * (places[inside, 0] / 640 - 0.5) > 0.2).all()
    assert isinstance(both.second, Rally)
    out_of_sight = both.second.hit_places + np.array([0, 0, 100.0])
    away = replace(both.second, hit_places=out_of_sight)
    y, x = np.mgrid[0:360, 0:640]
    for frame, without in zip(both.frames(), replace(both, second=away).frames(), strict=True):
        light = np.abs(frame.image.astype(float) - without.image).sum(axis=2)
        if inside[frame.index]:
            centroid = np.array([(x * light).sum(), (y * light).sum()]) / light.sum()
            np.testing.assert_allclose(centroid, places[frame.index], atol=1.0)


def test_the_ball_is_hidden_now_and_then_unless_asked_not_to() -> None:
    clip = render_clip(size=(640, 360), frame_count=200, seed=2)
    assert 0.6 < (clip.truth.visibility > 0).mean() < 1.0
    always = render_clip(size=(640, 360), frame_count=200, seed=2, hidden=False)
    assert (always.truth.visibility > 0).sum() > (clip.truth.visibility > 0).sum()


def test_a_cut_changes_the_whole_picture_and_nothing_else_does() -> None:
    clip = render_clip(size=SMALL, frame_count=12, cut_at=7)
    images = [frame.image.astype(float) for frame in clip.frames()]
    changes = [np.abs(b - a).mean() for a, b in pairwise(images)]
    assert clip.cuts == (7,)
    assert int(np.argmax(changes)) == 6
    assert changes[6] > 5 * sorted(changes)[-2]


@pytest.mark.parametrize("cut_at", [None, 0, 12])
def test_a_cut_outside_the_clip_is_none(cut_at: int | None) -> None:
    assert render_clip(size=SMALL, frame_count=12, cut_at=cut_at).cuts == ()


def test_the_ball_flies_under_gravity_and_turns_where_it_is_hit() -> None:
    clip = render_clip(size=SMALL, frame_count=300, hidden=False)
    times = np.arange(300) / 30
    height = clip.rally.ball(times)[:, 2]
    assert height.min() > 0.3
    hits = np.flatnonzero(clip.truth.status == 1)
    flying = np.ones(298, bool)
    for hit in hits:
        flying[max(hit - 3, 0) : hit + 2] = False
    acceleration = np.diff(height, 2)[flying] * 30**2
    np.testing.assert_allclose(acceleration, -9.81, atol=1e-6)
    assert len(hits) >= 6


@pytest.mark.parametrize("asked", [{"size": (8, 180)}, {"frame_count": 0}, {"frame_rate": 0}])
def test_what_no_video_has_is_refused(asked: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="render_clip"):
        render_clip(**asked)  # type: ignore[arg-type]


def test_bounces_lie_on_the_ground_between_hits_and_change_nothing_without() -> None:
    plain, bouncing = (
        render_clip(size=SMALL, frame_count=120, seed=5, hidden=False, bounces=bounces)
        for bounces in (False, True)
    )
    assert 2 not in plain.truth.status
    hits = [np.flatnonzero(clip.truth.status == 1) for clip in (plain, bouncing)]
    np.testing.assert_array_equal(*hits)
    rally = bouncing.rally
    assert len(rally.bounce_times) == len(rally.hit_times) - 1
    assert (rally.bounce_times > rally.hit_times[:-1]).all()
    assert (rally.bounce_times < rally.hit_times[1:]).all()
    np.testing.assert_allclose(rally.ball(rally.bounce_times), rally.bounce_places, atol=1e-9)
    np.testing.assert_allclose(rally.ball(rally.hit_times), rally.hit_places, atol=1e-9)
    assert (rally.bounce_places[:, 2] == 0).all()
    frames = np.flatnonzero(bouncing.truth.status == 2)
    expected = np.rint(rally.bounce_times * 30)
    np.testing.assert_array_equal(frames, expected[(expected >= 0) & (expected < 120)])
