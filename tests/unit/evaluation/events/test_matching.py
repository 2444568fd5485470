"""F1 and mAP of events against figures worked out by hand."""

from __future__ import annotations

import math

import pytest

from balltrack.evaluation.events.matching import (
    EventCounts,
    Pair,
    average_precision,
    count_events,
    event_scores,
    match,
)
from balltrack.structures import Event
from trajectories import event


def hits(*those: tuple[int, float]) -> list[Event]:
    return [event(frame, "hit", score) for frame, score in those]


def pair(truth: list[int], found: list[tuple[int, float]], fps: float = 30.0) -> Pair:
    ranked = hits(*found)
    return Pair(hits(*((frame, 1.0) for frame in truth)), ranked, ranked, fps)


def test_each_true_event_is_claimed_once_the_best_first() -> None:
    assert match(hits((10, 0.5), (11, 0.9)), [10], 2).tolist() == [False, True]
    assert match(hits((10, 0.9), (11, 0.5)), [10], 2).tolist() == [True, False]
    assert match(hits((10, 0.9), (12, 0.8)), [11, 13], 1).tolist() == [True, True]
    assert match([], [3], 2).tolist() == []


def test_the_nearest_free_event_is_claimed() -> None:
    """The best takes 12 and leaves 10, which is too far for the other."""
    assert match(hits((12, 0.9), (13, 0.8)), [10, 12], 2).tolist() == [True, False]


@pytest.mark.parametrize(("tolerance", "tp"), [(0, 1), (1, 2), (2, 3)])
def test_the_tolerance_is_inclusive(tolerance: int, tp: int) -> None:
    clip = pair([10, 20, 30], [(10, 0.9), (21, 0.9), (28, 0.9), (50, 0.9)])
    assert count_events([clip], "hit", tolerance) == EventCounts(tp, 4 - tp, 3 - tp)


@pytest.mark.parametrize(("fps", "right"), [(25, 0), (30, 0), (50, 1), (60, 1), (120, 1)])
def test_tolerances_are_of_25_to_30_frames_a_second(fps: float, right: int) -> None:
    pairs = [pair([10], [(14, 1.0)], fps)]
    assert count_events(pairs, "hit", 2).tp == right
    assert event_scores(pairs)["video_frames_each"] == [{25: 1, 30: 1, 120: 4}.get(fps, 2)]


def test_counts_add_up_before_ratios() -> None:
    total = EventCounts(8, 2, 0) + EventCounts(1, 1, 6)
    assert (total.precision, total.recall, total.f1) == (9 / 12, 9 / 15, 18 / 27)
    assert math.isnan(EventCounts().f1)


def test_average_precision_by_hand() -> None:
    """Ranked right, wrong, right, wrong, and one of three never found: (1 + 2/3) / 3."""
    clip = pair([10, 20, 30], [(10, 0.9), (100, 0.8), (21, 0.7), (200, 0.6)])
    assert average_precision([clip], "hit", 1) == pytest.approx((1 + 2 / 3) / 3)
    assert average_precision([clip], "hit", 0) == pytest.approx(1 / 3)


def test_precision_is_raised_to_the_best_of_higher_recall() -> None:
    """Wrong, right, right: precisions 1/2 and 2/3, raised to 2/3 and 2/3 (E2E-Spot)."""
    clip = pair([10, 20], [(100, 0.9), (10, 0.8), (20, 0.7)])
    assert average_precision([clip], "hit", 0) == pytest.approx(2 / 3)


def test_videos_are_ranked_together() -> None:
    clips = [pair([10], [(10, 0.5)]), pair([10], [(99, 0.9)])]
    assert average_precision(clips, "hit", 0) == pytest.approx(0.5 / 2)


def test_all_figures() -> None:
    truth = [event(10, "hit"), event(20, "bounce")]
    found = [event(11, "hit", 0.9), event(40, "bounce", 0.9)]
    scores = event_scores([Pair(truth, found, found)])
    kinds = scores["kinds"]
    assert isinstance(kinds, dict)
    assert kinds["hit"]["f1"] == 1
    assert kinds["bounce"] == {
        "true": 1, "tp": 0, "fp": 1, "fn": 1, "precision": 0, "recall": 0, "f1": 0,
    }  # fmt: skip
    assert scores["map"] == {"0": 0.0, "1": 0.5, "2": 0.5}
    assert scores["videos"] == 1
