"""What the ball does on rows that leave at a fixed lag."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np
import pytest

from balltrack.events import load_finder, load_live_finder, play_of, with_play_live
from balltrack.structures import Gap, Mode, Play, Source, Track
from balltrack.synthetic import render_clip
from balltrack.tracks import join_tracks, take_rows
from trajectories import track_of

SIZE = (1280, 720)
FPS = 30.0
FINDER = load_live_finder(6)
CUT, COUNT = 110, 160


@pytest.fixture(scope="module")
def rally() -> Track:
    """Two shots of a rendered rally, all of it seen."""
    clip = render_clip(size=SIZE, frame_count=COUNT, seed=5, bounces=True)
    track = track_of(clip.truth.xy, fps=FPS, shot=(np.arange(COUNT) >= CUT))
    return replace(track, score=np.where(track.visible, 0.9, 0).astype(np.float32))


def one_by_one(track: Track) -> Iterator[Track]:
    for row in range(len(track)):
        yield take_rows(track, slice(row, row + 1))


def played(track: Track) -> tuple[Track, Play]:
    parts = list(with_play_live(one_by_one(track), SIZE, FPS, FINDER))
    values = {
        field.name: np.concatenate([getattr(play, field.name) for _, play in parts])
        for field in fields(Play)
    }
    return join_tracks(rows for rows, _ in parts), Play(**values)


@pytest.fixture(scope="module")
def live(rally: Track) -> tuple[Track, Play]:
    return played(rally)


def test_rows_stay_and_say_nearly_what_is_said_later(
    rally: Track, live: tuple[Track, Play]
) -> None:
    rows, play = live
    for field in fields(Track):
        np.testing.assert_array_equal(getattr(rows, field.name), getattr(rally, field.name))
    whole = play_of(rally, SIZE, FPS, load_finder())
    assert {Mode.FLYING, Mode.BOUNCE} <= {Mode(mode) for mode in play.mode}
    calm = (play.mode == Mode.FLYING) & (whole.mode == Mode.FLYING)
    both = calm & np.isfinite(play.speed) & np.isfinite(whole.speed)
    assert both.sum() > 80
    np.testing.assert_allclose(np.median(play.speed[both] / whole.speed[both]), 1, atol=0.01)


def test_a_row_waits_for_the_look_ahead_alone_and_then_stays(
    rally: Track, live: tuple[Track, Play]
) -> None:
    """Whatever comes after the frames that it may wait for."""
    _, whole = live
    taken = 0

    def counted() -> Iterator[Track]:
        nonlocal taken
        for piece in one_by_one(take_rows(rally, slice(0, 80))):
            taken += 1
            yield piece

    for number, (row, play) in enumerate(with_play_live(counted(), SIZE, FPS, FINDER)):
        assert row.frame_index.tolist() == [number]
        if taken < 80:
            assert taken - 1 - number == 6
            for field in fields(Play):
                np.testing.assert_array_equal(
                    getattr(play, field.name)[0], getattr(whole, field.name)[number]
                )


def test_times_that_are_missing_or_jump_back_do_no_harm(
    rally: Track, live: tuple[Track, Play]
) -> None:
    _, play = live
    for times in (np.full(COUNT, np.nan), np.zeros(COUNT)):
        rows, found = played(replace(rally, time_s=times))
        np.testing.assert_array_equal(rows.time_s, times)
        np.testing.assert_array_equal(found.mode, play.mode)
        np.testing.assert_allclose(found.speed, play.speed, rtol=1e-6)


def test_gaps_and_a_ball_that_lies(rally: Track) -> None:
    """A gap at a cut is the cut's; what was filled in has a doubt once the gap's end is known."""
    source = rally.source.copy()
    xy = rally.xy.copy()
    for hidden in (slice(CUT - 3, CUT + 3), slice(80, 83)):
        source[hidden], xy[hidden] = Source.NONE, np.nan
    source[60:62] = Source.INPAINTED
    xy[130:] = xy[130]
    source[130:] = Source.DETECTED
    score = np.where(source == Source.DETECTED, 0.9, 0).astype(np.float32)
    _, play = played(replace(rally, source=source, xy=xy, score=score))
    assert set(play.gap[CUT : CUT + 3].tolist()) == {Gap.CUT}
    assert set(np.flatnonzero(play.gap)) == set(np.flatnonzero(source != Source.DETECTED))
    assert np.isfinite(play.doubt[60:62]).all()
    assert np.isnan(np.delete(play.doubt, [60, 61])).all()
    still = np.flatnonzero(play.mode == Mode.STILL)
    assert still[0] in range(130, 146)
    assert set(play.mode[150:].tolist()) == {Mode.STILL}
    assert np.nanmax(play.speed[155:]) == 0


def test_no_rows_have_no_play() -> None:
    assert list(with_play_live([], SIZE, FPS, FINDER)) == []
