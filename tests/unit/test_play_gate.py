"""Which rows keep their ball, and when they leave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balltrack.pipeline.lost import hide_ball
from balltrack.pipeline.play import MOST_TAKEN, NO_PLAY, SURE_PLAY, WAIT, PlayGate
from balltrack.scene.play import AMID, SPACING, Look, PlayWatch
from balltrack.structures import Source, Track
from balltrack.tracks import join_tracks, take_rows

PLAY, NONE, UNSURE = SURE_PLAY - 1, NO_PLAY + 1, 0.0


class Told(PlayWatch):
    """Knows what each shot looks like."""

    def __init__(self, *odds: float) -> None:
        super().__init__(lambda _: 0.0)
        self.odds = odds

    def no_play(self, shot: int, last: int) -> float:
        del last
        return self.odds[shot]

    def without_play(self, shot: int, first: int, last: int, least: float) -> list[tuple[int, int]]:
        del shot, first, last, least
        return []


def pieces(*shots: int, length: int = 3) -> Iterator[Track]:
    """A piece for each shot named, with a ball on every row."""
    for number, shot in enumerate(shots):
        rows = np.arange(number * length, (number + 1) * length)
        yield Track(
            frame_index=rows,
            time_s=rows / 25,
            xy=np.full((length, 2), 5.0),
            score=np.ones(length, np.float32),
            source=np.full(length, Source.DETECTED, np.int8),
            shot=np.full(length, shot),
            blur=np.full((length, 2), 9.0),
        )


def shown(gate: PlayGate, *shots: int) -> list[bool]:
    """Whether each piece kept its ball."""
    return [bool(piece.visible.all()) for piece in gate.rows(pieces(*shots))]


def test_other_balls_of_a_shot_without_play_are_lost_too() -> None:
    both = [replace(piece, others=(piece,)) for piece in pieces(0, 1)]
    for keep in (False, True):
        found = list(PlayGate(Told(PLAY, NONE), keep=keep).rows(iter(both)))
        others = [piece.others[0] for piece in found]
        assert [other.play.any() for other in others] == [True, False]
        assert [other.visible.any() for other in others] == [True, keep]


def test_a_shot_without_play_beside_one_with_play_loses_its_ball() -> None:
    found = list(PlayGate(Told(PLAY, NONE, UNSURE)).rows(pieces(0, 1, 2)))
    assert [piece.visible.any() for piece in found] == [True, False, True]
    assert [piece.play.any() for piece in found] == [True, False, True]
    assert (found[1].score == 0).all()
    assert np.isnan(found[1].xy).all()
    assert np.isnan(found[1].blur).all()


def test_its_ball_may_be_kept() -> None:
    found = list(PlayGate(Told(PLAY, NONE), keep=True).rows(pieces(0, 1)))
    assert [piece.visible.all() for piece in found] == [True, True]
    assert [piece.play.any() for piece in found] == [True, False]


@pytest.mark.parametrize("odds", [(NONE,), (NONE, NONE, NONE), (UNSURE, NONE), (NONE, UNSURE)])
def test_without_a_shot_that_surely_shows_play_nothing_is_touched(odds: tuple[float, ...]) -> None:
    assert all(shown(PlayGate(Told(*odds)), *range(len(odds))))


def test_a_video_of_one_shot_is_never_touched_whatever_its_parts_look_like() -> None:
    class Fading(Told):
        def no_play(self, shot: int, last: int) -> float:
            return PLAY if last < 5 else NONE

    assert shown(PlayGate(Fading()), 0, 0, 0) == [True, True, True]


def test_a_long_shot_that_leaves_play_is_judged_beside_the_next_that_shows_it() -> None:
    class Leaving(Told):
        def no_play(self, shot: int, last: int) -> float:
            return NONE if shot == 0 and last > 2 else PLAY

    assert shown(PlayGate(Leaving()), 0, 0, 1) == [True, False, True]


def test_an_opening_without_play_waits_for_play() -> None:
    assert shown(PlayGate(Told(NONE, NONE, PLAY)), 0, 1, 2) == [False, False, True]


def test_a_picture_that_looks_like_play_costs_a_strange_match_little() -> None:
    kept = shown(PlayGate(Told(PLAY, *[NONE] * 9)), *range(10))
    assert kept == [True, *[False] * MOST_TAKEN, *[True] * (9 - MOST_TAKEN)]


def test_what_has_no_ball_costs_nothing() -> None:
    """Nor is it taken to show no play where nothing surely shows it."""
    rows = list(pieces(*range(12)))
    for number in range(1, 11):
        rows[number] = hide_ball(rows[number], np.ones(3, np.bool_))
    for first, kept in ((PLAY, False), (UNSURE, True)):
        gate = PlayGate(Told(first, *[NONE] * 11))
        assert [piece.play.all() for piece in gate.rows(rows)] == [True, *[kept] * 11]


def seen(*odds: float) -> PlayWatch:
    """Of shot 0, a look every fifteen frames."""
    watch = PlayWatch(lambda _: 0.0)
    for number, one in enumerate(odds):
        watch.remember(Look(0, SPACING * number, one))
    return watch


@pytest.mark.parametrize("length", [20 * SPACING, 40, 7])
def test_a_shot_loses_the_ball_where_it_leaves_play(length: int) -> None:
    """In pieces a part is known once it was looked at often enough, up to the next look."""
    watch = seen(*[PLAY] * 8, *[NONE] * 5, *[PLAY] * 2, *[NONE] * 2, *[PLAY] * 3)
    count = 20 * SPACING
    (whole,) = pieces(0, length=count)
    cut = [take_rows(whole, slice(at, at + length)) for at in range(0, count, length)]
    found = join_tracks(PlayGate(watch).rows(cut))
    assert found.frame_index.tolist() == list(range(count))
    lost = np.flatnonzero(~found.play)
    latest = 8 * SPACING + (0 if length == count else (AMID - 1) * SPACING + length)
    assert 8 * SPACING <= lost[0] <= latest
    assert 12 * SPACING <= lost[-1] < 13 * SPACING
    assert np.diff(lost).max() == 1
    np.testing.assert_array_equal(found.visible, found.play)


def test_a_shot_that_ends_without_play_loses_its_ball_to_the_end() -> None:
    (whole,) = pieces(0, length=170)
    found = join_tracks(PlayGate(seen(*[PLAY] * 8, *[NONE] * 4)).rows([whole]))
    assert np.flatnonzero(~found.play).tolist() == list(range(8 * SPACING, 170))


def test_a_shot_that_is_not_surely_play_keeps_its_ball_throughout() -> None:
    (whole,) = pieces(0, length=300)
    for odds in ([UNSURE] * 15 + [NONE] * 5, [NONE] * 20):
        assert join_tracks(PlayGate(seen(*odds)).rows([whole])).play.all()


def test_what_waits_is_bounded() -> None:
    taken = 0

    def counted() -> Iterator[Track]:
        nonlocal taken
        for piece in pieces(*range(9), length=WAIT // 4):
            taken += 1
            yield piece

    gate = PlayGate(Told(*[NONE] * 9))
    assert next(iter(gate.rows(counted()))).visible.all()
    assert taken == 5


def test_rows_that_have_left_wait_no_more() -> None:
    lengths = (WAIT + 1, 3, 3)
    rows = [list(pieces(0, 1, 2, length=count))[shot] for shot, count in enumerate(lengths)]
    gate = PlayGate(Told(UNSURE, NONE, PLAY))
    assert [piece.play.all() for piece in gate.rows(rows)] == [True, False, True]


def test_the_part_of_a_shot_without_play_speaks_for_none() -> None:
    """Of 300 rows 150 surely show play: too few to take 150 and 500 balls."""
    watch = seen(*[PLAY] * 10, *[NONE] * 10)
    for look in range(34):
        watch.remember(Look(1, 300 + SPACING * look, NONE))
    (first,) = pieces(0, length=300)
    later = replace(next(pieces(1, length=500)), frame_index=np.arange(300, 800))
    kept = [bool(piece.play.all()) for piece in PlayGate(watch).rows([first, later])]
    assert kept == [True, False, True]


def test_a_live_row_waits_for_nothing() -> None:
    assert shown(PlayGate(Told(NONE, PLAY, NONE), patient=False), 0, 1, 2) == [True, True, False]


@given(
    odds=st.lists(st.sampled_from([PLAY, NONE, UNSURE]), min_size=1, max_size=8),
    length=st.sampled_from([1, 3, WAIT // 2]),
    patient=st.booleans(),
)
def test_every_row_leaves_once_in_order(odds: list[float], length: int, patient: bool) -> None:
    given_rows = list(pieces(*range(len(odds)), length=length))
    found = join_tracks(PlayGate(Told(*odds), patient=patient).rows(given_rows))
    assert found.frame_index.tolist() == join_tracks(given_rows).frame_index.tolist()
    surely = np.array(odds)[found.shot] <= SURE_PLAY
    assert found.visible[surely].all()
    assert (~found.visible).sum() <= MOST_TAKEN * surely.sum()


def judged_by(*shots: Sequence[float]) -> PlayWatch:
    """Looks at shots, one every fifteen frames."""
    watch = PlayWatch(lambda _: 0.0)
    numbered = [(shot, one) for shot, odds in enumerate(shots) for one in odds]
    for place, (shot, one) in enumerate(numbered):
        watch.remember(Look(shot, SPACING * place, one))
    return watch


def rows_of(shot: int, first: int, count: int, skipped: range = range(0)) -> Track:
    """Rows with a ball each, though nobody looked at those that were ``skipped``, of ``count``."""
    (rows,) = pieces(shot, length=count)
    play = ~np.isin(np.arange(count), skipped)
    return replace(rows, frame_index=np.arange(first, first + count), play=play)


def test_what_was_skipped_has_no_ball_and_costs_nothing() -> None:
    """Two shots of 60 rows may be taken beside one of 15, where one of them was skipped."""
    watch = judged_by([PLAY], [NONE] * 4, [NONE] * 4)
    shots = [rows_of(0, 0, 15), rows_of(1, 15, 60, range(60)), rows_of(2, 75, 60)]
    rows = join_tracks(PlayGate(watch).rows(shots))
    assert rows.play.tolist() == rows.visible.tolist() == [True] * 15 + [False] * 120


def test_a_shot_is_cut_where_it_was_skipped() -> None:
    watch = judged_by([PLAY] * 2, [UNSURE] * 10)
    shots = [rows_of(0, 0, 30), rows_of(1, 30, 150, range(60, 100))]
    rows = join_tracks(PlayGate(watch).rows(shots))
    assert rows.frame_index.tolist() == list(range(180))
    assert np.flatnonzero(~rows.play).tolist() == np.flatnonzero(~rows.visible).tolist()
    assert np.flatnonzero(~rows.play).tolist() == list(range(90, 130))


def test_what_was_skipped_speaks_for_nothing() -> None:
    """Ten of 60 rows surely show play: too few to take 45."""
    watch = judged_by([PLAY] * 4, [NONE] * 3)
    shots = [rows_of(0, 0, 60, range(10, 60)), rows_of(1, 60, 45)]
    assert join_tracks(PlayGate(watch).rows(shots)).play[60:].all()


def test_a_look_at_the_very_limit_counts() -> None:
    watch = judged_by([SURE_PLAY] * 4, [NO_PLAY])
    rows = join_tracks(PlayGate(watch).rows([rows_of(0, 0, 60), rows_of(1, 60, 15)]))
    assert rows.play.tolist() == [True] * 60 + [False] * 15
