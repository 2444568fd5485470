"""A flying ball is moved along its way, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest

from balltrack.structures import FloatArray, Source, Track
from balltrack.trajectory.streak import move_ahead


def track(xy: list[tuple[float, float]], **changes: list[int]) -> Track:
    count = len(xy)
    columns = {"frame_index": list(range(count)), "shot": [0] * count} | changes
    positions = np.array(xy, dtype=np.float64)
    source = np.where(np.isfinite(positions[:, 0]), Source.DETECTED, Source.NONE)
    return Track(
        frame_index=np.array(columns["frame_index"], dtype=np.int64),
        time_s=np.arange(count) / 25,
        xy=positions,
        score=np.ones(count, dtype=np.float32),
        source=source.astype(np.int8),
        shot=np.array(columns["shot"], dtype=np.int64),
    )


def moved(given: Track) -> FloatArray:
    return move_ahead(given, 0.1).xy - given.xy


def test_a_flight_is_moved_by_a_part_of_its_shorter_step() -> None:
    way = moved(track([(0, 0), (10, 20), (30, 60), (40, 80)]))
    np.testing.assert_allclose(way, [(0, 0), (1, 2), (1, 2), (0, 0)])


@pytest.mark.parametrize(
    ("xy", "changes"),
    [
        ([(0, 0), (10, 0), (0, 0)], {}),  # hit back
        ([(0, 0), (10, 0), (10, 20)], {}),  # bounced
        ([(0, 0), (10, 0), (10, 0)], {}),  # a repeated frame
        ([(0, 0), (10, 0), (np.nan, np.nan)], {}),
        ([(np.nan, np.nan), (10, 0), (20, 0)], {}),
        ([(0, 0), (10, 0), (20, 0)], {"shot": [0, 1, 1]}),
        ([(0, 0), (10, 0), (20, 0)], {"frame_index": [0, 1, 9]}),
        ([(5, 5)], {}),
    ],
)
def test_where_the_way_is_not_known_the_ball_stays(
    xy: list[tuple[float, float]], changes: dict[str, list[int]]
) -> None:
    np.testing.assert_allclose(np.nan_to_num(moved(track(xy, **changes))), 0)


def test_no_lead_moves_nothing_and_rows_stay_what_they_were() -> None:
    given = track([(0, 0), (10, 20), (20, 40)])
    np.testing.assert_array_equal(move_ahead(given, 0.0).xy, given.xy)
    ahead = move_ahead(given, 0.3)
    np.testing.assert_array_equal(ahead.source, given.source)
    np.testing.assert_array_equal(ahead.frame_index, given.frame_index)
