from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from balltrack.detection.blobs import TOP_K
from balltrack.detection.union import JOIN_COST, join
from balltrack.geometry import Scaling
from balltrack.structures import Candidate, FrameCandidates

SCALING = Scaling((1280, 720), (512, 288))  # 2.5 source pixels a network pixel

places = st.builds(
    Candidate,
    x=st.floats(0, 1279),
    y=st.floats(0, 719),
    score=st.floats(0, 1),
)
entries = st.lists(places, max_size=TOP_K).map(
    lambda seen: entry(*sorted(seen, key=lambda c: -c.score))
)


def entry(*candidates: Candidate) -> FrameCandidates:
    return FrameCandidates(7, 0.25, 2, candidates)


def cheaper(score: float) -> float:
    return 1 / (1 + math.exp(JOIN_COST) * (1 - score) / score)


@pytest.mark.parametrize("better", [0, 1])
def test_what_both_see_is_one_candidate_as_the_surer_of_them_has_it(better: int) -> None:
    seen = [Candidate(100, 100, 0.4), Candidate(107, 107, 0.4)]  # 3.96 px apart
    seen[better] = Candidate(seen[better].x, seen[better].y, 0.8)
    (found,) = join(entry(seen[0]), entry(seen[1]), SCALING).candidates
    assert (found.x, found.y) == (seen[better].x, seen[better].y)
    assert found.score == pytest.approx(cheaper(0.8))


def test_what_one_sees_alone_is_kept() -> None:
    one = entry(Candidate(100, 100, 0.4), Candidate(500, 500, 0.2))
    other = entry(Candidate(107.2, 107.2, 0.3))  # 4.07 px away
    found = join(one, other, SCALING)
    assert [c.x for c in found.candidates] == [100, 107.2, 500]
    assert (found.frame_index, found.time_s, found.shot) == (7, 0.25, 2)


def test_two_of_one_network_do_not_melt_into_one_of_the_other() -> None:
    one = entry(Candidate(100, 100, 0.9), Candidate(104, 100, 0.5))
    assert len(join(one, entry(Candidate(102, 100, 0.7)), SCALING).candidates) == 2


@given(one=entries, other=entries)
def test_joined_candidates_come_from_either_and_best_first(
    one: FrameCandidates, other: FrameCandidates
) -> None:
    found = join(one, other, SCALING).candidates
    known = {(c.x, c.y) for c in (*one.candidates, *other.candidates)}
    assert {(c.x, c.y) for c in found} <= known
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)
    assert len(found) <= TOP_K
    assert len(found) >= min(TOP_K, max(len(one.candidates), len(other.candidates)))
    best = max((c.score for c in (*one.candidates, *other.candidates)), default=0.0)
    assert not found or found[0].score <= best
