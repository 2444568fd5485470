"""Events as rows come: with a network whose answers are known, and with the one that ships."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest

from balltrack.errors import OptionError
from balltrack.events import LiveEventFinder, load_live_finder
from balltrack.events.live import LOOK_AHEAD, Watch
from balltrack.labels.events import BOUNCE, HIT
from balltrack.models.trajectory.eventnet_arrays import LIVE, Memory, Rows
from balltrack.structures import Track
from balltrack.synthetic import render_clip
from balltrack.tracks import take_rows
from trajectories import track_of

SIZE = (1280, 720)
LOW, SIDE = (639.5, 700.0), (20.0, 359.5)


class LowIsBounce:
    """Says bounce of a row where the ball is low, hit where it is far to either side; but only
    from ``late`` rows after it on."""

    def __init__(self, late: int = 0) -> None:
        self.late = late

    def memory(self, count: int) -> Memory:
        return [deque([np.zeros((count, 3), np.float32)] * LIVE.answers, LIVE.answers)]

    def __call__(self, rows: Rows, memory: Memory) -> Rows:
        newest = np.zeros((len(rows), 3), np.float32)
        newest[:, 2] = 0.9 * (rows[:, 2] > 0.4)
        newest[:, 1] = 0.9 * (np.abs(rows[:, 1]) > 0.8)
        (said,) = memory
        said.appendleft(newest)
        answers = np.stack(said, axis=1)
        answers[:, : self.late] = 0
        answers[..., 0] = 1 - answers[..., 1:].sum(axis=-1)
        return answers


def finder(look_ahead: int, threshold: float = 0.5, late: int = 0) -> LiveEventFinder:
    return LiveEventFinder(LowIsBounce(late), threshold, threshold, look_ahead)


def touching(frames: dict[int, tuple[float, float]], count: int, fps: float = 25.0) -> Track:
    xy = np.tile([639.5, 359.5], (count, 1))
    for frame, place in frames.items():
        xy[frame] = place
    return track_of(xy, fps=fps)


@pytest.mark.parametrize("look_ahead", [1, 4, 8])
def test_events_are_where_the_network_says(look_ahead: int) -> None:
    track = touching({20: LOW, 50: SIDE, 118: LOW}, 120)  # the last one just before the end
    events = finder(look_ahead).find(track, SIZE)
    assert [(e.frame_index, e.kind) for e in events] == [(20, BOUNCE), (50, HIT), (118, BOUNCE)]
    assert (events[0].x, events[0].y) == LOW
    assert events[0].score == pytest.approx(0.6)  # 0.9 of a triangle's middle, 1 / 1.5


@pytest.mark.parametrize(("late", "found"), [(0, True), (3, True), (4, False)])
def test_what_shows_later_than_the_look_ahead_is_not_found(late: int, found: bool) -> None:
    told = finder(3, late=late).find(touching({20: LOW}, 60), SIZE)
    assert bool(told) == found


@pytest.mark.parametrize("fps", [25, 50, 60, 120])
def test_every_frame_rate_gives_the_frame(fps: float) -> None:
    frames = {37: LOW} if fps < 40 else {36: LOW, 37: LOW, 38: LOW}
    track = touching(frames, 140, fps)
    (event,) = finder(4, 0.3).find(track, SIZE)
    assert event.frame_index == 37


def test_two_of_a_kind_at_once_are_one() -> None:
    track = touching({20: LOW, 22: LOW, 30: LOW}, 60)
    found = finder(4).find(track, SIZE)
    assert [e.frame_index for e in found] == [20, 30]


def test_what_is_settled_does_not_wait_for_what_comes_later() -> None:
    """The same frames give the same signs, whatever follows the frames that may be seen."""
    clip = render_clip(size=SIZE, frame_count=200, seed=5, bounces=True)
    track = track_of(clip.truth.xy, fps=30)
    live = load_live_finder(6)
    whole = live.find(track, SIZE)
    assert whole
    for stop in (60, 101, 150):
        part = live.find(take_rows(track, slice(0, stop)), SIZE)
        known = stop - 6
        assert [e for e in part if e.frame_index < known] == [
            e for e in whole if e.frame_index < known
        ]


def test_a_mirror_changes_nothing() -> None:
    clip = render_clip(size=SIZE, frame_count=200, seed=5, bounces=True)
    live = load_live_finder(6)
    seen, mirrored = (
        live.candidates(track_of(xy, fps=30), SIZE)
        for xy in (clip.truth.xy, [SIZE[0] - 1, 0] + clip.truth.xy * [-1, 1])
    )
    assert seen
    assert [(e.frame_index, e.kind) for e in seen] == [(e.frame_index, e.kind) for e in mirrored]
    np.testing.assert_allclose([e.score for e in seen], [e.score for e in mirrored], atol=1e-5)


def test_a_frame_waits_for_the_look_ahead_and_no_longer() -> None:
    watch = finder(4).watch(50.0)
    assert isinstance(watch, Watch)
    assert watch.ahead == 8  # frames, of 50 a second


def test_a_short_lag_shortens_the_look_ahead() -> None:
    assert load_live_finder(100).look_ahead == LOOK_AHEAD
    assert load_live_finder(7, 50.0).look_ahead == 3
    assert load_live_finder(0).look_ahead == 0
    with pytest.raises(OptionError, match="look_ahead must be between 0 and 8"):
        finder(9)
