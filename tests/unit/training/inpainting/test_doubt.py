"""Doubt is fitted so that the asked share of truths lies inside."""

from __future__ import annotations

import numpy as np
import pytest

from balltrack.events.gaps import gap_features
from balltrack.structures import FloatArray
from balltrack.training.inpainting.doubt import (
    Misses,
    fit_doubt,
    hidden_misses,
    leave_out_in_turn,
    together,
)
from balltrack.training.inpainting.hiding import Mask, Trajectory


def misses(seed: int, scale: float = 1.0) -> Misses:
    """Errors that grow with depth and speed as the formula has it."""
    rng = np.random.default_rng(seed)
    features = np.concatenate(
        [
            gap_features(
                np.arange(length), length, (float(rng.uniform(0.005, 0.05)), float(rng.random()))
            )
            for length in rng.integers(1, 9, 600)
        ]
    )
    spread = np.exp(features @ np.array([-3.0, 0.5, 0.2, 0.6, 0.4]))
    return Misses(features, scale * spread * rng.exponential(1.0, len(spread)))


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_the_share_lies_inside_and_the_numbers_come_back(share: float) -> None:
    drawn = misses(1)
    fitted = fit_doubt(drawn, share)
    assert drawn.within(fitted) == pytest.approx(share, abs=0.01)
    assert misses(2).within(fitted) == pytest.approx(share, abs=0.03)
    assert fitted.by_depth == pytest.approx(0.5, abs=0.2)
    assert fitted.by_speed == pytest.approx(0.6, abs=0.15)


def test_a_match_left_out_is_judged_by_the_others() -> None:
    shares = leave_out_in_turn({"a": misses(1), "b": misses(2), "wild": misses(3, scale=3.0)})
    assert shares["wild"] < 0.55
    assert shares["a"] > 0.8
    assert len(together([misses(1), misses(2)]).off) > 4000


def linear(positions: FloatArray, mask: Mask) -> FloatArray:
    seen = np.flatnonzero(~mask)
    rows = np.arange(len(mask))
    return np.column_stack([np.interp(rows, seen, positions[seen, axis]) for axis in (0, 1)])


def test_hidden_rows_are_compared_with_the_truth() -> None:
    """Of x = t² / 1000 straight lines are off by a known bit; y is in heights already."""
    rows = np.arange(60.0)
    xy = np.column_stack([rows**2 / 10_000, np.full(60, 0.5)])
    found = hidden_misses(linear, [Trajectory("a", "tennis", xy)], aspect=2.0, stride=7)
    single = found.off[found.features[:, 2] == 0]  # gaps of one row: log 1
    np.testing.assert_allclose(single, 2.0 / 10_000)
