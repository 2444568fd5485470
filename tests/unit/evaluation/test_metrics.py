"""Sums, undefined ratios, breakdowns, and truths that do not fit their video."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balltrack.errors import DatasetError, OptionError
from balltrack.evaluation.comparison import CRITERIA, Comparison, Criterion, compare, join
from balltrack.evaluation.metrics import (
    Counts,
    Share,
    by_source,
    by_visibility,
    count,
    localisation,
    scores,
)
from balltrack.structures import Labels, Source, Track

GRID = CRITERIA["512x288"]
sums = st.builds(Counts, *[st.integers(0, 1000)] * 6)


def labels(visibility: list[int], at: float = 50.0) -> Labels:
    visible = np.array(visibility, dtype=np.int8)
    xy = np.where(visible[:, None] > 0, at, np.nan) * np.ones((1, 2))
    n = len(visible)
    return Labels(np.arange(n), visible, xy, np.full(n, -1, dtype=np.int8))


def track(sources: list[Source], at: float = 50.0) -> Track:
    source = np.array(sources, dtype=np.int8)
    n = len(source)
    xy = np.where(source[:, None] > 0, at, np.nan) * np.ones((1, 2))
    return Track(
        np.arange(n), np.zeros(n), xy, np.zeros(n, np.float32), source, np.zeros(n, np.int64)
    )


@given(sums)
def test_ratios_are_upstreams_wherever_upstream_defines_them(c):
    """qaz812345/TrackNetV3 utils/metric.py get_metric, which says 0 for 0/0."""
    if c.tp:
        precision, recall = c.tp / (c.tp + c.fp1 + c.fp2), c.tp / (c.tp + c.fn)
        strict = c.tp / (c.tp + c.fp1 + c.fn)
        assert c.precision == precision
        assert c.recall == recall
        assert c.f1 == pytest.approx(2 * precision * recall / (precision + recall))
        assert c.strict_recall == strict
        assert c.strict_f1 == pytest.approx(2 * precision * strict / (precision + strict))
    assert not c.strict_recall > c.recall
    assert not c.strict_f1 > c.f1


def test_nothing_of_nothing_is_nan_and_nothing_of_something_is_zero():
    for name in ("accuracy", "precision", "recall", "f1", "strict_recall", "strict_f1"):
        assert math.isnan(getattr(Counts(), name)), name
    only_negatives = Counts(tn=5)
    assert only_negatives.accuracy == 1
    assert math.isnan(only_negatives.recall)
    assert math.isnan(only_negatives.f1)
    all_missed = Counts(fn=5)
    assert (all_missed.recall, all_missed.f1) == (0, 0)
    assert math.isnan(all_missed.precision)


def test_counts_add_up_field_by_field():
    assert Counts(1, 2, 3, 4, 5, 6) + Counts(10, 20, 30, 40, 50, 60) == Counts(
        11, 22, 33, 44, 55, 66
    )


def test_the_counts_of_joined_clips_are_the_sum_of_their_counts():
    a = compare(labels([1, 0, 1]), track([Source.DETECTED] * 3), (1280, 720), GRID)
    b = compare(labels([1, 1]), track([Source.NONE]), (1280, 720), GRID)
    assert count(join([a, b])) == count(a) + count(b)
    assert count(join([a, b])) == Counts(tp=2, fp2=1, fn=2, missing_rows=1)


def test_who_was_right_by_visibility_and_by_source():
    found = track([Source.DETECTED, Source.LINKED, Source.INPAINTED, Source.NONE, Source.DETECTED])
    comparison = compare(labels([1, 2, 0, 0, 3]), found, (1280, 720), GRID)
    assert by_visibility(comparison) == {
        0: Share(1, 2),
        1: Share(1, 1),
        2: Share(1, 1),
        3: Share(1, 1),
    }
    assert by_source(comparison) == {
        Source.DETECTED: Share(2, 2),
        Source.LINKED: Share(1, 1),
        Source.INPAINTED: Share(0, 1),
    }


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("visibility", [[], [0, 0]])
def test_a_clip_without_a_ball_or_without_a_row(visibility):
    comparison = compare(labels(visibility), track([]), (1280, 720), GRID)
    assert count(comparison) == Counts(tn=len(visibility), missing_rows=len(visibility))
    assert math.isnan(localisation(comparison).rmse)
    assert scores(comparison)["by_source"] == {}


def test_labels_of_a_larger_video_are_noticed():
    with pytest.raises(DatasetError, match=r"outside a picture of 640x360 \(x or y is 3\.33 times"):
        compare(labels([1], at=1200), track([Source.DETECTED]), (640, 360), GRID)
    compare(labels([1], at=1200), track([Source.DETECTED]), (1920, 1080), GRID)


def test_a_grid_needs_a_size_and_source_pixels_do_not():
    with pytest.raises(DatasetError, match="size of the video is needed"):
        compare(labels([1]), track([Source.DETECTED]), None, GRID)
    found = compare(labels([1]), track([Source.DETECTED]), None, CRITERIA["source"])
    assert isinstance(found, Comparison)


@pytest.mark.parametrize("tolerance", [0, -1, math.nan, math.inf])
def test_a_tolerance_is_above_zero(tolerance):
    with pytest.raises(OptionError, match="tolerance must be above 0"):
        Criterion(grid=None, tolerance=tolerance)
