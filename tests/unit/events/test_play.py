"""What the ball does on each row, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest

from balltrack.events import load_finder, play_of, with_play
from balltrack.structures import Gap, Mode, Play, Track
from balltrack.synthetic import render_clip
from balltrack.tracks import join_tracks, take_rows

SIZE = (1280, 720)
FPS = 30.0
FINDER = load_finder()


@pytest.fixture(scope="module")
def rally() -> Track:
    """Two shots of a rendered rally, all of it seen."""
    clip = render_clip(size=(1280, 720), frame_count=500, seed=5, bounces=True)
    count = len(clip.truth.frame_index)
    xy = clip.truth.xy.copy()
    return Track(
        frame_index=clip.truth.frame_index,
        time_s=clip.truth.frame_index / FPS,
        xy=xy,
        score=np.where(clip.truth.visibility > 0, 0.9, 0).astype(np.float32),
        source=(clip.truth.visibility > 0).astype(np.int8),
        shot=(np.arange(count) >= 400).astype(np.int64),
    )


def pieces(track: Track, ends: list[int]) -> Iterator[Track]:
    for first, stop in pairwise([0, *ends, len(track)]):
        yield take_rows(track, slice(first, stop))


def played(track: Track, ends: list[int]) -> tuple[Track, Play]:
    parts = list(with_play(pieces(track, ends), SIZE, FPS, FINDER))
    values = {
        field.name: np.concatenate([getattr(play, field.name) for _, play in parts])
        for field in fields(Play)
    }
    return join_tracks(rows for rows, _ in parts), Play(**values)


def test_no_rows_have_no_play(rally: Track) -> None:
    play = play_of(take_rows(rally, slice(0, 0)), SIZE, FPS, FINDER)
    assert [len(getattr(play, field.name)) for field in fields(Play)] == [0] * 5
    assert play.mode.dtype == np.int8


@pytest.mark.parametrize("ends", [[400], [30, 200, 210, 400, 401], list(range(1, 500, 11))])
def test_rows_stay_and_play_does_not_depend_on_the_pieces(rally: Track, ends: list[int]) -> None:
    cuts = sorted({*ends, 400})
    rows, play = played(rally, cuts)
    for field in fields(Track):
        np.testing.assert_array_equal(getattr(rows, field.name), getattr(rally, field.name))
    _, whole = played(rally, [400])
    assert {Mode.FLYING, Mode.HIT, Mode.BOUNCE} <= {Mode(mode) for mode in whole.mode}
    np.testing.assert_array_equal(play.mode, whole.mode)
    np.testing.assert_array_equal(play.gap, whole.gap)
    assert set(np.flatnonzero(play.gap)) == set(np.flatnonzero(~rows.visible))
    np.testing.assert_allclose(play.speed, whole.speed, atol=1e-6)
    np.testing.assert_allclose(play.direction, whole.direction, atol=1e-6)


def test_rows_of_an_endless_shot_leave(rally: Track) -> None:
    shot = take_rows(rally, slice(0, 400))
    taken = 0

    def one_by_one() -> Iterator[Track]:
        nonlocal taken
        for piece in pieces(shot, list(range(7, 400, 7))):
            taken += len(piece)
            yield piece

    given = 0
    for rows, _ in with_play(one_by_one(), SIZE, FPS, FINDER):
        given += len(rows)
        if taken < 400:
            assert taken - given < 150
    assert given == 400


def test_rows_without_times_go_by_the_frame_rate(rally: Track) -> None:
    _, play = played(rally, [400])
    for times in (np.full(500, np.nan), np.zeros(500)):
        rows, found = played(replace(rally, time_s=times), [400])
        np.testing.assert_array_equal(rows.time_s, times)
        np.testing.assert_allclose(found.speed, play.speed, rtol=1e-6)


def test_a_whole_track_at_once(rally: Track) -> None:
    _, pieced = played(rally, [100, 400])
    whole = play_of(rally, SIZE, FPS, FINDER)
    np.testing.assert_array_equal(whole.mode, pieced.mode)
    np.testing.assert_array_equal(whole.gap, pieced.gap)


def test_an_empty_track_has_no_play() -> None:
    assert list(with_play([], SIZE, FPS, FINDER)) == []


def test_a_play_without_a_value_a_row_is_refused() -> None:
    with pytest.raises(ValueError, match="a value a row"):
        Play(np.zeros(2), np.zeros(2), np.zeros(3, np.int8), np.zeros(2, np.int8), np.zeros(2))


def test_gaps_on_both_sides_of_a_cut_are_the_cuts(rally: Track) -> None:
    """And those at the ends of the video are not."""
    hidden = np.zeros(500, bool)
    hidden[[0, 1, 398, 399, 400, 401, 498, 499]] = True
    track = replace(
        rally,
        xy=np.where(hidden[:, None], np.nan, rally.xy),
        source=np.where(hidden, 0, rally.source).astype(np.int8),
        score=np.where(hidden, 0, rally.score).astype(np.float32),
    )
    _, play = played(track, [100, 400])
    assert set(play.gap[398:402].tolist()) == {Gap.CUT}
    assert Gap.CUT not in play.gap[[0, 1, 498, 499]]
