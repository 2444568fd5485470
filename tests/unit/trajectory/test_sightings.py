"""Weak candidates beside a path: what is remembered, moved and filled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from balltrack.structures import Candidate, FloatArray, FrameCandidates, Source, Track
from balltrack.trajectory.motion import DEFAULT
from balltrack.trajectory.rectification import rectify
from balltrack.trajectory.sightings import Sightings, strongest

SIZE = (1280, 720)
BELIEF = replace(DEFAULT, path_share=0.5, path_reach=0.02, fill_score=0.2)  # reach: 14.4 px
COUNT = 20


def straight() -> FloatArray:
    return np.stack([100.0 + 20 * np.arange(COUNT), np.full(COUNT, 400.0)], axis=1)


def make_track(xy: FloatArray, source: dict[int, Source]) -> Track:
    kinds = np.full(COUNT, Source.DETECTED, dtype=np.int8)
    for row, kind in source.items():
        kinds[row] = kind
    seen = kinds != Source.NONE
    return Track(
        np.arange(COUNT, dtype=np.int64),
        np.arange(COUNT) / 30,
        np.where(seen[:, None], xy, np.nan),
        np.where(seen, 0.9, 0).astype(np.float32),
        kinds,
        np.zeros(COUNT, dtype=np.int64),
    )


def saw(*found: tuple[int, float, float, float]) -> Sightings:
    """Sightings of candidates given as row, x, y, score."""
    sightings = Sightings()
    for row in range(COUNT):
        here = tuple(Candidate(x, y, s) for at, x, y, s in found if at == row)
        list(sightings.watch([FrameCandidates(row, row / 30, 0, here)]))
    return sightings


def look_back(track: Track, sightings: Sightings | None = None) -> Track:
    return rectify(track, max_gap=8, size=SIZE, sightings=sightings, parameters=BELIEF)


def test_what_goes_by_is_remembered_row_by_row() -> None:
    frames = [
        FrameCandidates(7, 0.0, 0, (Candidate(1.5, 2.5, 0.25), Candidate(3, 4, 0.5))),
        FrameCandidates(8, 0.1, 0, ()),
        FrameCandidates(9, 0.2, 0, (Candidate(5, 6, 0.75),)),
    ]
    sightings = Sightings()
    assert list(sightings.watch(frames)) == frames
    assert len(sightings) == 3
    assert sightings[0].tolist() == [[1.5, 2.5, 0.25], [3, 4, 0.5]]
    assert sightings[1].shape == (0, 3)
    assert sightings[2].tolist() == [[5, 6, 0.75]]


def test_the_strongest_within_reach_supports_a_place() -> None:
    seen = np.array([[100.0, 100, 0.3], [108, 100, 0.4], [130, 100, 0.9]])
    score, at = strongest(seen, np.array([100.0, 100.0]), 720, BELIEF)
    assert (score, at.tolist()) == (0.4, [108, 100])
    score, at = strongest(seen, np.array([100.0, 300.0]), 720, BELIEF)
    assert (score, at.tolist()) == (0, [100, 300])


@pytest.mark.parametrize(("kind", "moved"), [(Source.LINKED, 5.0), (Source.DETECTED, 10.0)])
def test_a_weak_answer_is_moved_half_way_to_the_path(kind: Source, moved: float) -> None:
    xy = straight()
    xy[10, 1] += 10
    track = look_back(make_track(xy, {10: kind}))
    assert track.xy[10].tolist() == pytest.approx([300, 400 + moved])
    assert track.source[10] == kind


def test_a_weak_answer_far_from_the_path_or_at_its_end_stays() -> None:
    xy = straight()
    xy[10, 1] += 15
    xy[19, 1] += 5
    track = look_back(make_track(xy, {10: Source.LINKED, 19: Source.LINKED}))
    np.testing.assert_array_equal(track.xy, xy)


def test_a_gap_is_filled_only_where_something_was_seen() -> None:
    gap = dict.fromkeys((8, 9, 10), Source.NONE)
    track = make_track(straight(), gap)
    weak, elsewhere = (8, 264.0, 406.0, 0.25), (9, 280.0, 420.0, 0.4)
    filled = look_back(track, saw(weak, elsewhere, (10, 300.0, 400.0, 0.15)))
    assert filled.source[8:11].tolist() == [Source.INPAINTED, Source.NONE, Source.NONE]
    assert filled.xy[8] == pytest.approx([262, 403])
    assert look_back(track).source[8:11].tolist() == [Source.INPAINTED] * 3
