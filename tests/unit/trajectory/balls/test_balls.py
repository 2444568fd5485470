"""The ball in play is told from one that rolls; others are kept where they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from balltrack.structures import Candidate, FloatArray, FrameCandidates, Track
from balltrack.tracks import join_tracks
from balltrack.trajectory.balls.contest import contested
from balltrack.trajectory.balls.pieces import find_pieces
from balltrack.trajectory.motion import DEFAULT
from balltrack.trajectory.path import PathFinder

SIZE = (1280, 720)
RATE = 30.0
LINKING = {"frame_rate": RATE, "size": SIZE, "parameters": DEFAULT}

Way = Callable[[int], tuple[float, float]]


def rally(i: int) -> tuple[float, float]:
    """Struck every second and a bit, from one end of the court to the other."""
    return 500 + 200 * np.sin(i / 40), 360 + 250 * (abs((i % 70) - 35) / 17.5 - 1)


def rolling(i: int) -> tuple[float, float]:
    return 1000 - 2.0 * i, 150 + 0.5 * i


def drifting(i: int) -> tuple[float, float]:
    """As slow as one that rolls, and never struck."""
    return 300 + 1.5 * i, 500.0


def thrown(i: int) -> tuple[float, float]:
    """Fast, and never struck."""
    return 100 + 16.0 * i, 400.0


def held(i: int) -> tuple[float, float]:
    """To and fro, and too slow for play."""
    return 300.0, 400 + 63 * np.sin(i / 6)


def seen(ways: dict[Way, float], count: int = 140, shot: int = 0) -> list[FrameCandidates]:
    """Balls, each with its score; the rally's is hidden on every tenth frame."""
    frames = []
    for i in range(count):
        found = [
            Candidate(*way(i), score) for way, score in ways.items() if way is not rally or i % 10
        ]
        found.sort(key=lambda one: -one.score)
        frames.append(FrameCandidates(i, i / RATE, shot, tuple(found)))
    return frames


def track(frames: list[FrameCandidates], **options: object) -> Track:
    finder = PathFinder(rectify=False, **options)  # type: ignore[arg-type]
    return join_tracks(finder.rows(frames, RATE, SIZE))


def at(rows: Track, way: Way) -> float:
    """Share of the rows with a ball on which it is that one."""
    places: FloatArray = np.array([way(i) for i in rows.frame_index.tolist()])
    return float((np.hypot(*(rows.xy - places)[rows.visible].T) < 3).mean())


def test_the_ball_that_is_struck_wins_over_a_surer_one_that_rolls() -> None:
    frames = seen({rally: 0.8, rolling: 0.99})
    assert at(track(frames), rally) == 1
    assert at(track(frames, lag=40), rolling) > 0.9  # nothing is known of what comes


@pytest.mark.parametrize(
    "ways",
    [
        {rally: 0.8},
        {rolling: 0.99},
        {rolling: 0.99, drifting: 0.8},
        {rolling: 0.99, thrown: 0.9},
        {rolling: 0.99, held: 0.9},
        {rolling: 0.99, rally: 0.45},
    ],
)
def test_without_a_sure_rally_nothing_is_left_out(ways: dict[Way, float]) -> None:
    frames = seen(ways)
    (stretch,) = contested(frames, **LINKING)  # type: ignore[arg-type]
    assert all(kept is frame for kept, frame in zip(stretch.frames, frames, strict=True))


def test_a_network_whose_scores_are_all_high_is_sure_of_no_rally() -> None:
    """Then what is fast may be a racket, and what is slow the ball before it is served."""
    frames = seen({rally: 0.8, rolling: 0.99})
    doubting = replace(DEFAULT, sure_offset=-10.0, sure_slope=4.0)
    (stretch,) = contested(frames, frame_rate=RATE, size=SIZE, parameters=doubting)
    assert stretch.frames == tuple(frames)


def test_a_ball_that_rolls_after_the_rally_is_the_one_that_was_played() -> None:
    frames = [
        FrameCandidates(i, i / RATE, 0, (Candidate(*(rally(i) if i < 70 else rolling(i)), 0.9),))
        for i in range(140)
    ]
    (stretch,) = contested(frames, **LINKING)  # type: ignore[arg-type]
    assert stretch.frames == tuple(frames)


def test_each_shot_has_its_own_contest_and_a_long_one_several() -> None:
    frames = seen({rally: 0.8, rolling: 0.99}, 1100)
    later = [replace(one, shot=1, frame_index=one.frame_index + 1100) for one in seen({rolling: 1})]
    stretches = [*contested(frames + later, **LINKING)]  # type: ignore[arg-type]
    assert [len(one.frames) for one in stretches] == [1024, 76, 140]
    assert {len(frame.candidates) for frame in stretches[2].frames} == {1}


def test_a_piece_ends_where_it_is_struck_and_bridges_a_short_gap() -> None:
    def turning(i: int) -> tuple[float, float]:
        return 200 + 15.0 * abs(30 - i), 300.0

    frames = seen({turning: 0.9}, 60)
    frames[10] = replace(frames[10], candidates=())
    pieces = find_pieces(frames, RATE, SIZE[1], 8)
    assert [(piece.rows[0], piece.rows[-1]) for piece in pieces] == [(0, 30), (31, 59)]
    assert 10 not in pieces[0].rows


def test_other_balls_have_places_of_their_own_the_surest_first() -> None:
    frames = seen({rally: 0.8, rolling: 0.99, drifting: 0.7})
    one, two, three = (track(frames, balls=count) for count in (1, 2, 3))
    for several in (two, three):
        np.testing.assert_array_equal(several.xy, one.xy)
    assert [len(rows.others) for rows in (one, two, three)] == [0, 1, 2]
    assert at(two.others[0], rolling) == at(three.others[0], rolling) == 1
    assert at(three.others[1], drifting) == 1
    assert three.others[1].visible.all()


def test_the_ball_in_play_is_no_other_one_and_places_without_a_ball_are_empty() -> None:
    rows = track(seen({rally: 0.8}), balls=3)
    assert [int(other.visible.sum()) for other in rows.others] == [0, 0]
