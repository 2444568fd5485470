"""The match's ball is told from that of a rally on the next court by where they stay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from balltrack.structures import Candidate, FloatArray, FrameCandidates
from balltrack.synthetic import render_clip
from balltrack.tracks import join_tracks
from balltrack.trajectory.balls.contest import contested
from balltrack.trajectory.balls.pieces import find_pieces
from balltrack.trajectory.motion import DEFAULT
from balltrack.trajectory.path import PathFinder

SIZE = (1280, 720)
RATE = 30.0
COUNT = 300
HIDDEN, END = slice(90, 120), 200
"""Frames of the match's ball that are hidden, and the end of its rally."""


def two_rallies(seed: int, side: int) -> tuple[FloatArray, FloatArray]:
    """(N, 2) where either ball of a clip with a rally beside its own is seen, or NaN."""
    clip = render_clip(size=SIZE, frame_count=COUNT, seed=seed).with_second_rally(side)
    match, other = clip.truth.xy.copy(), clip.second_xy()
    match[HIDDEN] = match[END:] = np.nan
    other[((other < 0) | (other > np.array(SIZE) - 1)).any(axis=1)] = np.nan
    return match, other


def seen(balls: Sequence[FloatArray], scores: Sequence[float]) -> list[FrameCandidates]:
    frames = []
    for i, places in enumerate(zip(*balls, strict=True)):
        found = [
            Candidate(*place.tolist(), score)
            for place, score in zip(places, scores, strict=True)
            if np.isfinite(place[0])
        ]
        found.sort(key=lambda one: -one.score)
        frames.append(FrameCandidates(i, i / RATE, 0, tuple(found)))
    return frames


def near(xy: FloatArray, places: FloatArray) -> int:
    return int((np.hypot(*(xy - places).T) < 3).sum())


def untouched(frames: list[FrameCandidates]) -> bool:
    stretches = contested(frames, frame_rate=RATE, size=SIZE, parameters=DEFAULT)
    return all(a is b for one in stretches for a, b in zip(one.frames, frames, strict=True))


@pytest.mark.parametrize(("seed", "side"), [(0, -1), (1, 1), (2, -1), (3, 1)])
def test_the_match_wins_over_a_surer_ball_that_stays_at_one_side(seed: int, side: int) -> None:
    """Also while its ball is hidden, and when its rally is over."""
    match, other = two_rallies(seed, side)
    frames = seen([match, other], [0.9, 0.95])
    rows = join_tracks(PathFinder(rectify=False, balls=2).rows(frames, RATE, SIZE))
    assert near(rows.xy, other) == 0
    assert near(rows.xy, match) == np.isfinite(match[:, 0]).sum()
    assert near(rows.others[0].xy, other) > 30


def test_a_strip_is_as_wide_as_the_other_court() -> None:
    match, other = two_rallies(2, -1)
    other[:, 0] += 0.3 * SIZE[0] - 2 - np.nanmax(other[:, 0])
    rows = join_tracks(PathFinder().rows(seen([match, other], [0.9, 0.95]), RATE, SIZE))
    assert near(rows.xy, other) == 0


@pytest.mark.parametrize(("seed", "side"), [(0, -1), (1, 1), (2, -1), (3, 1)])
def test_a_rally_at_one_side_is_followed_where_it_is_the_only_one(seed: int, side: int) -> None:
    match, other = two_rallies(seed, side)
    assert untouched(seen([other], [0.95]))
    assert untouched(seen([match], [0.95]))
    apart = other.copy()
    apart[np.isfinite(match[:, 0])] = np.nan  # first here, then there: it may be one ball
    assert untouched(seen([match, apart], [0.9, 0.95]))


def test_balls_that_meet_for_less_than_a_second_may_be_one() -> None:
    match, other = two_rallies(3, 1)
    both = np.flatnonzero(np.isfinite(match[:, 0]) & np.isfinite(other[:, 0]))
    other[np.setdiff1d(both, np.concatenate([both[a : a + 8] for a in (0, 40, 80)]))] = np.nan
    assert untouched(seen([match, other], [0.9, 0.95]))


def test_balls_that_meet_at_two_strokes_alone_may_be_one() -> None:
    match, other = two_rallies(3, 1)
    strokes = find_pieces(seen([other], [0.95]), RATE, SIZE[1], 1)
    strokes.sort(key=lambda piece: -np.isfinite(match[list(piece.rows), 0]).sum())
    for count, same in ((2, True), (3, False)):
        away = match.copy()
        away[[row for stroke in strokes[count:] for row in stroke.rows]] = np.nan
        met = np.isfinite(away[:, 0]) & np.isfinite(other[:, 0])
        assert met.sum() > RATE
        assert untouched(seen([away, other], [0.9, 0.95])) == same


def test_a_doubtful_ball_in_the_middle_leaves_nothing_out() -> None:
    match, other = two_rallies(1, 1)
    assert untouched(seen([match, other], [0.4, 0.95]))


def test_beside_a_slow_thing_in_the_middle_it_is_not_left_out() -> None:
    _, other = two_rallies(1, 1)
    held = np.array([[600.0, 400 + 60 * np.sin(i / 20)] for i in range(COUNT)])
    frames = seen([held, other], [0.9, 0.95])
    (stretch,) = contested(frames, frame_rate=RATE, size=SIZE, parameters=DEFAULT)
    kept = [one.score == 0.95 for frame in stretch.frames for one in frame.candidates]
    assert sum(kept) == np.isfinite(other[:, 0]).sum()


def test_a_match_whose_ball_comes_to_that_side_leaves_nothing_out() -> None:
    match, other = two_rallies(1, 1)
    across = match.copy()
    across[:, 0] += (across[:, 0] - 640) * 1.6  # a camera so near that play fills the picture
    assert untouched(seen([across, other], [0.9, 0.95]))


def test_a_ball_that_waits_for_its_serve_is_not_left_out_beside_the_other_rally() -> None:
    match, other = two_rallies(1, 1)
    match = np.concatenate([np.tile(match[:1], (60, 1)), match[:-60]])
    frames = seen([match, other], [0.9, 0.95])
    rows = join_tracks(PathFinder(rectify=False).rows(frames, RATE, SIZE))
    assert near(rows.xy, match) == np.isfinite(match[:, 0]).sum()


def test_beside_what_flies_by_and_never_turns_it_is_not_left_out() -> None:
    _, other = two_rallies(2, -1)
    thrown = np.full((COUNT, 2), np.nan)
    thrown[160:225] = np.linspace([400.0, 10.0], [880.0, 710.0], 65)
    assert untouched(seen([thrown, other], [0.9, 0.95]))


def test_what_goes_one_way_at_one_side_is_not_left_out() -> None:
    match, _ = two_rallies(1, 1)
    way = np.full((COUNT, 2), np.nan)
    rows = [*range(5, 25), *range(40, 60), *range(130, 150)]  # three pieces of one fall
    way[rows] = np.linspace([920.0, 20.0], [1270.0, 700.0], len(rows))
    assert untouched(seen([match, way], [0.9, 0.95]))
