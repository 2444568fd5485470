"""Every frame has one mode."""

from __future__ import annotations

import numpy as np

from balltrack.events import Mode, modes
from trajectories import event, track_of


def test_flying_hit_bounce_and_none() -> None:
    xy = np.arange(12.0)[:, None] * [9, 5] + 50
    xy[4:6] = np.nan
    found = modes(track_of(xy), [event(4, "hit"), event(9, "bounce"), event(10, "net")], 720)
    expected = [Mode.FLYING] * 12
    expected[4], expected[5], expected[9] = Mode.HIT, Mode.NONE, Mode.BOUNCE
    assert found.tolist() == expected
    assert [mode.label for mode in Mode] == ["none", "flying", "hit", "bounce", "still"]


def test_a_ball_that_lies_is_still_for_all_of_its_time() -> None:
    flight = np.arange(10.0)[:, None] * [20, 3]
    rest = np.tile([[300.0, 400.0]], (15, 1)) + np.array([[0, 0], [2, -2], [1, 0]] * 5)
    found = modes(track_of(np.concatenate([flight, rest, flight])), [], 720)
    assert found.tolist() == [Mode.FLYING] * 10 + [Mode.STILL] * 15 + [Mode.FLYING] * 10


def test_a_turning_point_is_not_still() -> None:
    t = np.arange(-6, 7) / 25
    xy = np.stack([np.full(13, 300.0), 100 + 900 * t**2], axis=1)  # 5 px in 0.16 s
    assert Mode.STILL not in modes(track_of(xy), [], 720).tolist()


def test_what_is_still_depends_on_the_size_of_the_picture_and_the_shot() -> None:
    creeping = np.arange(15.0)[:, None] * [0.7, 0] + 100  # 10 px in all
    assert Mode.STILL not in modes(track_of(creeping), [], 720).tolist()
    assert set(modes(track_of(creeping), [], 2160).tolist()) == {Mode.STILL}
    lying = np.full((14, 2), 9.0)
    cut = modes(track_of(lying, shot=[0] * 7 + [1] * 7), [], 720)
    assert Mode.STILL not in cut.tolist()
