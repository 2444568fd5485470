"""The best path through candidates: what it finds, what it refuses, and how it streams."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balltrack.streaks import Streak
from balltrack.structures import Candidate, FrameCandidates, Source, Track
from balltrack.trajectory.linking import best_choices, choose, link, to_track
from balltrack.trajectory.motion import DEFAULT, LinkingParameters
from balltrack.trajectory.path_search import PathSearch
from simulated_candidates import RATE, SIZE, detections, rally

PLAIN = LinkingParameters(
    score_offset=0.0,  # a score is a probability
    score_slope=1.0,
    start_cost=3.0,
    miss_cost=1.5,
    motion_weight=0.5,
    jitter=0.001,
)
"""For the simulated detector; what is fitted to a network may change under these tests."""


def frames(*found: list[tuple[float, float, float]], shot: int = 0) -> list[FrameCandidates]:
    return [
        FrameCandidates(i, i / RATE, shot, tuple(Candidate(*c) for c in candidates))
        for i, candidates in enumerate(found)
    ]


def linked(candidates: list[FrameCandidates], parameters: LinkingParameters = PLAIN) -> Track:
    return link(candidates, threshold=0.5, frame_rate=RATE, size=SIZE, parameters=parameters)


def right(track: Track, truth: np.ndarray) -> np.ndarray:
    """Whether each frame's answer is within 10 px, or rightly none."""
    near = np.hypot(*(track.xy - truth).T) < 10
    return np.where(np.isfinite(truth[:, 0]), near, ~track.visible)


def flight(count: int) -> list[tuple[float, float]]:
    return [(300.0 + 12 * t, 500.0 - 9 * t + 0.3 * t * t) for t in range(count)]


def test_finds_the_ball_where_the_best_of_each_frame_is_often_something_else() -> None:
    rng = np.random.default_rng(3)
    shares = {"link": [], "best": []}
    for _ in range(4):
        truth = rally(rng)
        truth[60:75] = np.nan  # out of the picture
        candidates = detections(truth, rng, clutter=2.5)
        shares["link"].append(right(linked(candidates), truth).mean())
        shares["best"].append(right(best_of_each(candidates, threshold=0.3), truth).mean())
    assert np.mean(shares["link"]) > 0.97
    assert np.mean(shares["best"]) < 0.92  # or else the simulation is too easy to tell


def test_says_how_a_position_was_found() -> None:
    path = flight(20)
    score = [0.9] * 8 + [0.3] * 4 + [0.9] * 8
    track = linked(frames(*([(x, y, s)] for (x, y), s in zip(path, score, strict=True))))
    assert (
        track.source.tolist() == [Source.DETECTED] * 8 + [Source.LINKED] * 4 + [Source.DETECTED] * 8
    )
    np.testing.assert_array_equal(track.xy, path)
    np.testing.assert_allclose(track.score, score, rtol=1e-6)


def test_rejects_a_strong_candidate_beside_the_path() -> None:
    found = [[(x, y, 0.8)] for x, y in flight(20)]
    found[10].insert(0, (1200.0, 40.0, 0.9))
    track = linked(frames(*found))
    assert track.xy[10] == pytest.approx(flight(20)[10])


def test_bridges_a_gap_and_leaves_its_frames_unseen() -> None:
    found = [[(x, y, 0.8)] for x, y in flight(30)]
    for lost in range(12, 18):
        found[lost] = [(900.0, 100.0 + 60 * (lost % 2), 0.2)]
    track = linked(frames(*found))
    assert track.visible.tolist() == [not 12 <= i < 18 for i in range(30)]


@pytest.mark.parametrize("score", [0.95, 0.99])
def test_keeps_a_strong_ball_seen_on_two_frames_only(score: float) -> None:
    found: list[list[tuple[float, float, float]]] = [[] for _ in range(40)]
    found[20], found[21] = [(640.0, 300.0, score)], [(655.0, 290.0, score)]
    for parameters in (PLAIN, DEFAULT):
        assert np.flatnonzero(linked(frames(*found), parameters).visible).tolist() == [20, 21]


def test_weak_clutter_all_over_the_picture_is_no_ball() -> None:
    rng = np.random.default_rng(0)
    found = [[(*rng.uniform(0, SIZE), rng.uniform(0.1, 0.3)) for _ in range(3)] for _ in range(90)]
    assert linked(frames(*found)).visible.mean() < 0.05


def test_weak_clutter_that_stays_in_place_is_no_ball() -> None:
    rng = np.random.default_rng(1)
    found = [[(800 + rng.normal(0, 0.5), 90.0, 0.25)] for _ in range(90)]
    for parameters in (PLAIN, DEFAULT):
        assert not linked(frames(*found), parameters).visible.any()


def test_a_ball_in_the_hand_is_a_track() -> None:
    found = [[(500.0, 400.0, 0.9)] for _ in range(60)]
    found[30] = [(500.0, 400.0, 0.4)]
    for parameters in (PLAIN, DEFAULT):
        assert linked(frames(*found), parameters).visible.all()


def test_repeated_frames_do_not_break_a_track() -> None:
    """25 frames a second shown at 30: every sixth frame stands still."""
    path = [p for i, p in enumerate(flight(50)) for p in ([p, p] if i % 5 == 4 else [p])]
    found = [[(x, y, 0.35 if i % 6 == 0 else 0.8)] for i, (x, y) in enumerate(path)]
    for i in range(0, len(found), 6):  # a stronger distraction after each repeated frame
        found[i].insert(0, (path[i][0] - 80, path[i][1] + 70, 0.5))
    track = linked(frames(*found))
    np.testing.assert_array_equal(track.xy, path)


def test_no_path_crosses_a_cut() -> None:
    """The ball's path goes on after the cut, but there it is weak and starts afresh."""
    found = frames(*([(x, y, 0.9)] for x, y in flight(12)))
    weak = [(*p, 0.3) for p in flight(14)[12:]]
    after = [
        FrameCandidates(12 + i, float("nan"), shot, (Candidate(*c),))
        for i, c in enumerate(weak)
        for shot in [1]
    ]
    same_shot = [replace(frame, shot=0) for frame in after]
    assert linked(found + same_shot).visible[12:].all()
    assert not linked(found + after).visible[12:].any()
    assert linked(found + after).shot.tolist() == [0] * 12 + [1] * 2


def test_the_same_at_another_resolution() -> None:
    rng = np.random.default_rng(5)
    small = detections(rally(rng, 90), rng)
    large = [
        replace(f, candidates=tuple(replace(c, x=c.x * 3, y=c.y * 3) for c in f.candidates))
        for f in small
    ]
    size = (SIZE[0] * 3, SIZE[1] * 3)
    big = link(large, threshold=0.5, frame_rate=RATE, size=size, parameters=PLAIN)
    np.testing.assert_allclose(big.xy, linked(small).xy * 3)


def three_weak(step: float) -> list[FrameCandidates]:
    """Three sightings in a row that are a track if the ball can have moved so, and none else."""
    found: list[list[tuple[float, float, float]]] = [[] for _ in range(15)]
    for i in range(3):
        found[6 + i] = [(20 + step * i, 300.0, 0.25)]
    return frames(*found)


@pytest.mark.parametrize(("rate", "seen"), [(30.0, True), (240.0, False)])
def test_a_step_is_judged_by_the_time_it_took(rate: float, seen: bool) -> None:
    """20 px in a thirtieth of a second are a ball's; in an eighth of that they are not."""
    track = link(three_weak(20), threshold=0.5, frame_rate=rate, size=SIZE, parameters=PLAIN)
    assert track.visible.sum() == (3 if seen else 0)


@pytest.mark.parametrize(("width", "seen"), [(1280, True), (72, False)])
def test_that_something_is_near_says_less_in_a_narrow_picture(width: int, seen: bool) -> None:
    """Clutter may lie anywhere in the picture, and the less room there is, the nearer it lies."""
    track = link(
        three_weak(10), threshold=0.5, frame_rate=RATE, size=(width, 720), parameters=PLAIN
    )
    assert track.visible.sum() == (3 if seen else 0)


@pytest.mark.parametrize(("most", "seen"), [(1, False), (2, True)])
def test_the_strongest_candidates_are_looked_at(most: int, seen: bool) -> None:
    """So many of them: the ball is the second of five on a frame."""
    found = [[(x, y, 0.9)] for x, y in flight(20)]
    weaker = [(50.0 + 200 * i, 700.0, 0.3 - 0.05 * i) for i in range(3)]
    found[10] = [(1200.0, 40.0, 0.6), (*flight(20)[10], 0.5), *weaker]
    track = linked(frames(*found), replace(PLAIN, max_candidates=most))
    assert track.visible[10] == seen
    assert np.delete(track.visible, 10).all()


def test_a_frame_is_final_once_the_lag_has_passed() -> None:
    rng = np.random.default_rng(6)
    candidates = detections(rally(rng, 100), rng)
    search = PathSearch(RATE, SIZE, replace(PLAIN, lag_s=0.5))
    given_out: list[int] = []
    for seen, frame in enumerate(candidates):
        given_out += [f.frame_index for f, _ in search.push(frame)]
        assert len(given_out) == max(0, seen + 1 - 15)
        assert len(search.nodes) <= 17  # memory does not grow with the shot
    given_out += [f.frame_index for f, _ in search.finish()]
    assert given_out == list(range(100))


def test_a_long_lag_decides_as_the_whole_shot_does() -> None:
    """Looking one second ahead costs almost nothing against looking at everything."""
    rng = np.random.default_rng(7)
    candidates = detections(rally(rng, 200), rng)
    whole = linked(candidates, replace(PLAIN, lag_s=1e3))
    same = np.isclose(whole.xy, linked(candidates).xy, equal_nan=True).all(axis=1)
    assert same.mean() > 0.97


@pytest.mark.parametrize("rate", [10.0, 30.0, 60.0])
def test_choices_stream(rate: float) -> None:
    """`choose` asks for no more frames than the lag needs."""
    asked = []

    def source():
        for frame in frames(*([(x, y, 0.9)] for x, y in flight(200))):
            asked.append(frame.frame_index)
            yield frame

    first, _ = next(choose(source(), frame_rate=rate, size=SIZE))
    assert first.frame_index == 0
    assert len(asked) == 1 + round(DEFAULT.lag_s * rate)


candidate = st.builds(Candidate, st.floats(0, 1280), st.floats(0, 720), st.floats(0, 1))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.lists(candidate, max_size=10), st.booleans()), max_size=40))
def test_one_row_a_frame_whatever_is_seen(rows: list[tuple[list[Candidate], bool]]) -> None:
    shots = np.cumsum([cut for _, cut in rows])
    candidates = [
        FrameCandidates(3 + i, float("nan"), int(shot), tuple(found))
        for i, ((found, _), shot) in enumerate(zip(rows, shots, strict=True))
    ]
    for track in (linked(candidates), best_of_each(candidates, threshold=0.5)):
        assert track.frame_index.tolist() == [f.frame_index for f in candidates]
        for row, frame in enumerate(candidates):
            if track.visible[row]:
                assert (*track.xy[row],) in {(c.x, c.y) for c in frame.candidates}


def best_of_each(found: list[FrameCandidates], *, threshold: float) -> Track:
    return to_track(best_choices(found, threshold), threshold)


def test_best_of_each_takes_the_highest_score_above_the_threshold() -> None:
    found = frames([(1, 2, 0.4), (3, 4, 0.6), (5, 6, 0.5)], [(7, 8, 0.49)], [])
    track = best_of_each(found, threshold=0.5)
    assert track.source.tolist() == [Source.DETECTED, Source.NONE, Source.NONE]
    assert track.xy[0].tolist() == [3, 4]


def test_a_row_says_what_its_ball_draws_and_whether_anybody_looked() -> None:
    ball = Candidate(3, 4, 0.9, streak=Streak(1, 2, 7.0, 1.0, 30.0))
    frames = [FrameCandidates(0, 0.0, 0, (ball,)), FrameCandidates(1, 0.1, 0, (), play=False)]
    rows = to_track([(frames[0], ball), (frames[1], None)], 0.5)
    assert rows.play.tolist() == [True, False]
    assert rows.blur[0].tolist() == [7.0, 30.0]
    assert rows.xy[0].tolist() == [3.0, 4.0]
