"""The evaluation protocols, by hand: every number here was worked out on paper.

On a 1280x720 video one pixel of the 512x288 grid is 2.5 source pixels on both axes, so 4 px
on the grid are 10 in the source. The expected ratios follow qaz812345/TrackNetV3
``utils/metric.py`` and nttcom/WASB-SBDT ``src/utils/evaluator.py``.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from balltrack.evaluation.comparison import CRITERIA, Outcome, compare
from balltrack.evaluation.metrics import count, evaluate, localisation
from balltrack.structures import Labels, Source, Track

HD = (1280, 720)
GRID, SOURCE = CRITERIA["512x288"], CRITERIA["source"]
UNSEEN = (math.nan, math.nan)


def truth(*rows: tuple[int, int, tuple[float, float]]) -> Labels:
    """Rows of (frame, visibility class, position)."""
    frames, visibility, xy = zip(*rows, strict=True)
    return Labels(
        frame_index=np.array(frames, dtype=np.int64),
        visibility=np.array(visibility, dtype=np.int8),
        xy=np.array(xy, dtype=np.float64),
        status=np.full(len(rows), -1, dtype=np.int8),
    )


def track(*rows: tuple[int, tuple[float, float]]) -> Track:
    """Rows of (frame, position)."""
    frames, xy = zip(*rows, strict=True)
    xy = np.array(xy, dtype=np.float64)
    seen = np.isfinite(xy[:, 0])
    return Track(
        frame_index=np.array(frames, dtype=np.int64),
        time_s=np.full(len(rows), np.nan),
        xy=xy,
        score=seen.astype(np.float32),
        source=np.where(seen, Source.DETECTED, Source.NONE).astype(np.int8),
        shot=np.zeros(len(rows), dtype=np.int64),
    )


TRUTH = truth(
    (0, 1, (100, 100)),
    (1, 0, UNSEEN),
    (2, 1, (100, 100)),
    (3, 0, UNSEEN),
    (4, 1, (100, 100)),
    (5, 2, (600, 300)),
    (6, 1, (0, 0)),
    (9, 1, (50, 50)),
)
PREDICTION = track(
    (0, (103, 104)),  # 5 source px are 2 on the grid: TP
    (1, UNSEEN),  # TN
    (2, (100, 111)),  # 11 source px are 4.4 on the grid: FP1
    (3, (500, 500)),  # FP2
    (4, UNSEEN),  # FN
    (5, (606, 308)),  # 10 source px are exactly 4 on the grid: TP
    (6, (0, 0)),  # the corner is a place like any other: TP at distance 0
    (7, (1, 1)),  # nobody labelled this frame: not counted
)  # 9 has no row: FN, missing


def test_every_outcome_of_tracknet_v3():
    comparison = compare(TRUTH, PREDICTION, HD, GRID)
    assert [Outcome(code).name for code in comparison.outcome] == [
        "TP",
        "TN",
        "FP1",
        "FP2",
        "FN",
        "TP",
        "TP",
        "FN",
    ]
    np.testing.assert_allclose(
        comparison.distance, [2, np.nan, 4.4, np.nan, np.nan, 4, 0, np.nan], rtol=1e-12
    )


def test_every_figure_of_tracknet_v3():
    scores = evaluate(TRUTH, PREDICTION, HD, GRID)
    assert scores == {
        "frames": 8,
        "tp": 3,
        "tn": 1,
        "fp1": 1,
        "fp2": 1,
        "fn": 2,
        "missing_rows": 1,
        "fp2_in_label_gaps": 0,
        "accuracy": 4 / 8,
        "precision": 3 / 5,
        "recall": 3 / 5,
        "f1": pytest.approx(2 * 0.6 * 0.6 / (0.6 + 0.6)),
        "strict_recall": 3 / 6,
        "strict_f1": pytest.approx(2 * 0.6 * 0.5 / (0.6 + 0.5)),
        "mean_confidence": pytest.approx(math.nan, nan_ok=True),  # four columns state none
        "error_1080p_px": 1.5 * (5 + 11 + 10 + 0) / 4,
        "error_px": {
            "median": 2.0,
            "mean": 2.0,
            "rmse": pytest.approx(math.sqrt((4 + 16 + 0) / 3)),
        },
        "by_visibility": {
            "0": {"right": 1, "total": 2},
            "1": {"right": 2, "total": 5},
            "2": {"right": 1, "total": 1},
        },
        "by_source": {"detected": {"right": 3, "total": 5}},
    }


def test_wasb_measures_source_pixels_and_a_distance_of_the_tolerance_is_wrong():
    labels = truth(*[(i, 1, (100, 100)) for i in range(3)])
    found = track((0, (103.9, 100)), (1, (104, 100)), (2, (100, 104.1)))
    counts = count(compare(labels, found, None, SOURCE))
    assert (counts.tp, counts.fp1) == (1, 2)
    assert count(compare(labels, found, None, replace(SOURCE, inclusive=True))).tp == 2


@pytest.mark.parametrize(("offset", "tp"), [(9.99, 1), (10, 1), (10.01, 0)])
def test_a_distance_of_exactly_the_tolerance_is_right_on_the_grid(offset, tp):
    for start in (0.1, 100, 110.1, 333.3):  # the last bits of these differ after subtracting
        for step in ((offset, 0), (0, -offset), (0.6 * offset, 0.8 * offset)):
            labels = truth((0, 1, (start, start)))
            found = track((0, (start + step[0], start + step[1])))
            assert count(compare(labels, found, HD, GRID)).tp == tp, (start, step)


def test_x_and_y_are_scaled_each_by_itself():
    square = (512, 1152)  # x as it is, y four times finer than the grid
    labels = truth((0, 1, (100, 100)), (1, 1, (100, 100)), (2, 1, (100, 100)))
    found = track((0, (100, 116)), (1, (105, 100)), (2, (104, 100)))
    comparison = compare(labels, found, square, GRID)
    assert comparison.distance.tolist() == [4, 5, 4]
    assert count(comparison).tp == 2


def test_the_recall_trap_an_answer_that_is_always_wrong_lowers_no_recall():
    """One ball found, nine answered at the wrong place: upstream's recall is still 1."""
    labels = truth(*[(i, 1, (100, 100)) for i in range(10)])
    found = track((0, (100, 100)), *[(i, (900, 600)) for i in range(1, 10)])
    counts = count(compare(labels, found, HD, GRID))
    assert (counts.tp, counts.fp1, counts.fn) == (1, 9, 0)
    assert counts.recall == 1.0
    assert counts.strict_recall == 0.1
    assert counts.precision == 0.1
    assert counts.f1 == pytest.approx(2 * 0.1 * 1 / 1.1)
    assert counts.strict_f1 == pytest.approx(0.1)


def test_an_occluded_ball_counts_as_visible_unless_asked_otherwise():
    labels = truth((0, 3, (100, 100)), (1, 3, (100, 100)))
    found = track((0, (100, 100)), (1, UNSEEN))
    counts = count(compare(labels, found, HD, GRID))
    assert (counts.tp, counts.fn) == (1, 1)
    counts = count(compare(labels, found, HD, replace(GRID, visible=(1, 2))))  # WASB's tennis
    assert (counts.fp2, counts.tn) == (1, 1)


def test_answers_in_short_gaps_of_the_labels_are_told_apart():
    """Way of 100 source px in 4 steps; on the grid 10 px are 4, the tolerance."""
    ends = ((0, 1, (100, 100)), (4, 1, (200, 100)))
    labels = truth(ends[0], *[(i, 0, UNSEEN) for i in (1, 2, 3)], ends[1])
    found = track(
        (0, (100, 100)),
        (1, (125, 110)),  # 4 px beside the way
        (2, (150, 110.1)),  # a little more
        (3, (175, 100)),
        (4, (200, 109)),
    )
    scores = evaluate(labels, found, HD, GRID)
    assert (scores["fp2"], scores["fp2_in_label_gaps"]) == (3, 2)
    assert scores["precision"] == 2 / 5, "the figures stay what they are"
    strictly = evaluate(labels, found, HD, replace(GRID, inclusive=False))
    assert strictly["fp2_in_label_gaps"] == 1


@pytest.mark.parametrize(
    ("gap", "last"),
    [
        (range(1, 5), (150, 100)),  # too long
        (range(1, 4), (150, 500)),  # what follows is wrong
        ((1, 3), (140, 100)),  # frame 2 has no label at all
    ],
)
def test_a_longer_gap_or_one_that_nobody_agrees_on_is_none(gap, last):
    end = max(gap) + 1
    way = [(i, (100 + 10 * i, 100)) for i in range(end)]
    labels = truth(
        (0, 1, (100, 100)), *[(i, 0, UNSEEN) for i in gap], (end, 1, (100 + 10 * end, 100))
    )
    scores = evaluate(labels, track(*way, (end, last)), HD, GRID)
    assert scores["fp2"] == len(gap)
    assert scores["fp2_in_label_gaps"] == 0


def test_localisation_is_that_of_the_right_ones_alone():
    labels = truth(*[(i, 1, (100, 100)) for i in range(4)])
    found = track((0, (100, 102.5)), (1, (107.5, 100)), (2, (100, 100)), (3, (900, 100)))
    error = localisation(compare(labels, found, HD, GRID))
    assert (error.median, error.mean) == (1.0, pytest.approx(4 / 3))
    assert error.rmse == pytest.approx(math.sqrt(10 / 3))
