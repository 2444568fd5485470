"""Which rows keep their ball, and when they leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balltrack.pipeline.play import MOST_TAKEN, NO_PLAY, SURE_PLAY, WAIT, PlayGate
from balltrack.scene.play import PlayWatch
from balltrack.structures import Source, Track
from balltrack.tracks import join_tracks

PLAY, NONE, UNSURE = SURE_PLAY - 1, NO_PLAY + 1, 0.0


class Told(PlayWatch):
    """Knows what each shot looks like."""

    def __init__(self, *odds: float) -> None:
        super().__init__(lambda _: 0.0)
        self.odds = odds

    def no_play(self, shot: int, last: int) -> float:
        del last
        return self.odds[shot]


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
    assert shown(PlayGate(Told(PLAY, NONE, NONE, NONE, NONE)), 0, 1, 2, 3, 4) == [
        True,
        False,
        False,
        True,
        True,
    ]


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
