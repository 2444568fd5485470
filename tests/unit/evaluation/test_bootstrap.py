"""Intervals from clips drawn again."""

from __future__ import annotations

import numpy as np
import pytest

from balltrack.evaluation.bootstrap import Interval, intervals
from balltrack.evaluation.metrics import Counts


def test_clips_that_are_all_alike_leave_no_doubt():
    found = intervals([Counts(tp=8, tn=1, fp1=1, fn=1)] * 5)
    assert found is not None
    assert found["strict_recall"] == Interval(0.8, 0.8)
    assert found["precision"] == Interval(8 / 9, 8 / 9)


@pytest.mark.parametrize(
    ("level", "low", "high"),
    [
        (0.95, 30 / 100, 10 / 10),  # a clip is drawn three times in 1 of 27: more than 2.5 %
        (0.90, 65 / 210, 25 / 30),  # 5 % lie in the next: the worst with the third, 3 of 27
    ],
)
def test_three_clips_by_hand(level, low, high):
    """Balls found: 10 of 10, 30 of 100, 5 of 10."""
    clips = [Counts(tp=10), Counts(tp=30, fn=70), Counts(tp=5, fp1=5)]
    found = intervals(clips, resamples=20_000, level=level)
    assert found is not None
    assert found["strict_recall"] == Interval(low, high)


def test_a_seed_makes_them_the_same_again():
    clips = [Counts(tp=n, fn=10 - n) for n in range(10)]
    assert intervals(clips) == intervals(clips)
    assert intervals(clips, seed=1) != intervals(clips, seed=2)


@pytest.mark.filterwarnings("error")
def test_a_ratio_that_no_draw_has_is_not_a_number():
    found = intervals([Counts(tn=3)] * 3)
    assert found is not None
    assert np.isnan(found["precision"].low)
    assert found["accuracy"] == Interval(1, 1)


def test_two_clips_are_too_few():
    assert intervals([Counts(tp=1)] * 2) is None
    assert intervals([Counts(tp=1)] * 3) is not None
