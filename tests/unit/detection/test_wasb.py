"""WASB's regions and its online tracker, against the plain rules."""

from __future__ import annotations

import numpy as np
import pytest

from balltrack.detection.wasb import regions
from balltrack.errors import OptionError
from balltrack.geometry import Scaling
from balltrack.options import TrackOptions
from balltrack.pipeline import Tracker
from balltrack.structures import Candidate, FrameCandidates, Source
from balltrack.tracks import join_tracks
from balltrack.trajectory.wasb import OnlineTracker

GRID = (64, 48)


def heat(places: dict[tuple[int, int], float]) -> np.ndarray:
    """Zero but for (column, row) → heat."""
    picture = np.zeros(GRID[::-1], np.float32)
    for (x, y), value in places.items():
        picture[y, x] = value
    return picture


def test_a_region_lies_at_the_mean_of_its_heat_and_counts_by_its_sum() -> None:
    """A broad region goes before a bright pixel; what only touches at a corner is one."""
    broad = {(10, 10): 0.6, (11, 10): 0.9, (12, 11): 0.6}
    picture = heat({**broad, (40, 30): 1.0, (50, 5): 0.5})
    first, second = regions(picture, 0.5, Scaling(GRID, GRID))
    assert (second.x, second.y) == (40.0, 30.0)
    assert first.x == pytest.approx((10 * 0.6 + 11 * 0.9 + 12 * 0.6) / 2.1)
    assert first.y == pytest.approx((10 * 1.5 + 11 * 0.6) / 2.1)
    assert first.score == pytest.approx(2.1 / 3.1)
    assert second.score == pytest.approx(0.5)


def test_places_are_those_of_the_source_and_nothing_is_none() -> None:
    (found,) = regions(heat({(10, 10): 0.9}), 0.7, Scaling((128, 96), GRID))
    assert (found.x, found.y) == (20.5, 20.5)
    assert regions(heat({(10, 10): 0.7}), 0.7, Scaling(GRID, GRID)) == ()


def test_of_a_network_that_paints_streaks_a_region_is_one() -> None:
    """Upstream's ``lengths`` are half of it, its angles turn the other way round."""
    picture = heat({(10 + i, 30 - i): 0.9 for i in range(6)})
    (found,) = regions(picture, 0.7, Scaling((128, 96), GRID), streaks=True)
    assert found.streak is not None
    assert found.streak.length == pytest.approx(2 * 5 * np.sqrt(2))
    assert found.streak.angle == pytest.approx(45)
    (track,) = OnlineTracker().rows([FrameCandidates(0, 0.0, 0, (found,))], 25.0, (128, 96))
    np.testing.assert_allclose(track.blur, [[found.streak.length, 45]])
    assert regions(picture, 0.7, Scaling(GRID, GRID))[0].streak is None


def frames(*rows: list[tuple[float, float]]) -> list[FrameCandidates]:
    """Of each frame (x, score) in a line."""
    return [
        FrameCandidates(i, i / 25, 0, tuple(Candidate(x, 50.0, score) for x, score in row))
        for i, row in enumerate(rows)
    ]


def test_the_best_within_reach_is_taken_and_after_a_miss_any() -> None:
    seen = frames(
        [(100, 0.9), (900, 0.8)],
        [(500, 0.99), (380, 0.6)],  # 400 px away, and 280
        [(380 + 300, 0.9)],  # as far as the reach is too far
        [(1000, 0.7)],  # after a miss, wherever it is
        [],
        [(20, 0.6), (30, 0.7)],
    )
    pieces = list(OnlineTracker().rows(seen, 25.0, (1280, 720)))
    assert [len(piece) for piece in pieces] == [1] * 6
    track = join_tracks(pieces)
    np.testing.assert_array_equal(track.xy[:, 0], [100, 380, np.nan, 1000, np.nan, 30])
    assert set(track.source.tolist()) == {Source.DETECTED, Source.NONE}


def test_what_the_rules_leave_no_choice_about_is_refused() -> None:
    with pytest.raises(OptionError, match="rules wasb decide on verify"):
        TrackOptions(rules="wasb", verify="none")
    with pytest.raises(OptionError, match="rules wasb decide on ensemble"):
        TrackOptions(rules="wasb", ensemble="weight")
    assert TrackOptions(rules="wasb", threshold=0.7, precision="bf16", lag=20).lag == 20
    with pytest.raises(OptionError, match="rules wasb are for networks, classical is none"):
        Tracker(TrackOptions("classical", rules="wasb"))
