"""Groups of frames, speeds, gaps and ranking, by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from balltrack.evaluation.breakdowns import (
    Gap,
    by_confidence,
    by_repetition,
    by_shot,
    by_speed,
    by_visibility,
    gap_lengths,
)
from balltrack.evaluation.comparison import CRITERIA, Comparison, ball_speed, compare, join
from balltrack.evaluation.metrics import Counts, count, mean_confidence
from balltrack.evaluation.page.runs import runs
from balltrack.evaluation.ranking import rank
from balltrack.structures import Labels, Source, Track

HD = (1280, 720)  # 2.5 source pixels are one of the grid, on both axes
RIGHT, WRONG, NONE = (100.0, 100.0), (900.0, 600.0), (math.nan, math.nan)
WORDS = {"r": RIGHT, "w": WRONG, "-": NONE}


def truth(balls: str, frames: list[int] | None = None) -> Labels:
    """A visibility class for every frame; all balls at one place."""
    visibility = np.array([int(ball) for ball in balls], dtype=np.int8)
    xy = np.where(visibility[:, None] > 0, RIGHT, np.nan)
    index = np.arange(len(balls)) if frames is None else np.array(frames)
    return Labels(index, visibility, xy, np.full(len(balls), -1, np.int8))


def found(words: str, scores: list[float] | None = None, shots: str = "") -> Track:
    """Right, wrong or no position for every frame."""
    xy = np.array([WORDS[word] for word in words]).reshape(-1, 2)
    seen = np.isfinite(xy[:, 0])
    n = len(words)
    return Track(
        np.arange(n),
        np.full(n, np.nan),
        xy,
        (seen if scores is None else np.array(scores)).astype(np.float32),
        np.where(seen, Source.DETECTED, Source.NONE).astype(np.int8),
        np.array([int(shot) for shot in shots or "0" * n], dtype=np.int64),
    )


def held(balls: str, words: str, **more: object) -> Comparison:
    return compare(truth(balls), found(words, **more), HD, CRITERIA["512x288"])  # type: ignore[arg-type]


def test_what_is_stated_is_held_against_what_is_true():
    """0.7 belongs to the upper tenth; what was filled in states nothing, nor does no answer."""
    clip = held("11111110", "rwrrrr-w", scores=[0.7, 0.7, 0.65, 1.0, 0.95, 0.0, 0.0, 0.72])
    filled = np.arange(8) == 5
    clip = replace(clip, source=np.where(filled, Source.INPAINTED, clip.source).astype(np.int8))
    groups = by_confidence(clip)
    assert {name: (len(g), count(g).tp) for name, g in groups.items()} == {
        "0.6-0.7": (1, 1),
        "0.7-0.8": (3, 1),
        "0.9-1": (2, 2),
    }
    assert mean_confidence(groups["0.7-0.8"]) == pytest.approx(2.12 / 3)
    assert math.isnan(mean_confidence(held("1", "-")))


def test_labels_of_four_columns_state_no_confidence():
    clip = held("1111", "rwr-")
    assert by_confidence(clip) == {}
    assert math.isnan(mean_confidence(clip))
    both = join([clip, held("11", "rw", scores=[0.8, 0.6])])
    assert mean_confidence(both) == pytest.approx(0.7)


def test_average_precision_by_hand():
    """Ranked: right, wrong, right, wrong (no ball); five balls, of which one is misplaced.

    Precision after the right ones is 1/1 and 2/3. The strict recall rises by 1/5 at each,
    WASB's, whose balls are the right and the unanswered ones (2 + 2), by 1/4.
    """
    comparison = held("111110", "rwr--w", scores=[0.9, 0.8, 0.7, 0, 0, 0.6])
    ranking = rank(comparison)
    assert ranking.positions == 4
    assert ranking.strict_average_precision == pytest.approx((1 + 2 / 3) / 5)
    assert ranking.average_precision == pytest.approx((1 + 2 / 3) / 4)


def upstreams(comparison: Comparison) -> float:
    """nttcom/WASB-SBDT src/utils/evaluator.py ``ap``, retold: best precision of each recall."""
    shown = comparison.predicted
    right = (comparison.outcome[shown] == 0)[np.argsort(-comparison.score[shown], kind="stable")]
    counts = count(comparison)
    best: dict[float, float] = {}
    for place in range(1, len(right) + 1):
        recall = right[:place].sum() / (counts.tp + counts.fn)
        best[recall] = max(best.get(recall, 0), right[:place].mean())
    steps = np.diff([0, *best])
    return float((steps * list(best.values())).sum())


def test_average_precision_is_wasbs_where_no_scores_are_equal():
    rng = np.random.default_rng(3)
    for _ in range(20):
        words = "".join(rng.choice(["r", "w", "-"], 30))
        scores = np.where([word == "-" for word in words], 0, rng.random(30)).tolist()
        comparison = held("".join(rng.choice(["0", "1"], 30)), words, scores=scores)
        assert rank(comparison).average_precision == pytest.approx(upstreams(comparison))


def test_equal_scores_are_one_place_whatever_their_order():
    for words in ("rrww", "wwrr", "rwrw"):
        ranking = rank(held("1111", words))
        assert ranking.strict_average_precision == 0.5 * 0.5  # precision x recall


def test_average_precision_without_a_ball_and_without_a_position():
    assert math.isnan(rank(held("00", "w-")).average_precision)
    assert rank(held("11", "--")).strict_average_precision == 0


def test_speed_is_the_mean_of_the_steps_on_both_sides():
    xy = np.array([[0, 0], [25, 0], [25, 50], [np.nan] * 2, [100, 0], [110, 0]])
    labels = Labels(
        np.array([0, 1, 2, 3, 4, 6]),
        np.array([1, 1, 1, 0, 1, 1], np.int8),
        xy,
        np.full(6, -1, np.int8),
    )
    # Steps of 10 and 20 px of the grid; beside a frame without a ball or a row there is none.
    np.testing.assert_array_equal(ball_speed(labels, HD), [10, 15, 20, np.nan, np.nan, np.nan])
    assert np.isnan(ball_speed(labels, None)).all()


def test_frames_by_speed():
    x = np.array([0, 0, 2.5, 2.5 + 62.5, 900])
    xy = np.stack([x, np.zeros(5)], axis=1)
    labels = Labels(np.array([0, 1, 2, 3, 9]), np.ones(5, np.int8), xy, np.full(5, -1, np.int8))
    groups = by_speed(compare(labels, found("----"), HD, CRITERIA["512x288"]))
    # Speeds 0, (0+1)/2, (1+25)/2, 25, unknown.
    assert {name: len(group) for name, group in groups.items()} == {
        "0-1": 2,
        "12-24": 1,
        "24-": 1,
        "unknown": 1,
    }
    assert set(by_speed(held("010", "www"))) == {"unknown"}


def test_frames_by_visibility_and_by_shot():
    clip = held("012311", "wrr-rw", shots="000111")
    assert {name: count(group) for name, group in by_visibility(clip).items()} == {
        "no ball": Counts(fp2=1),
        "easy": Counts(tp=2, fp1=1),
        "hard": Counts(tp=1),
        "occluded": Counts(fn=1),
    }
    assert {shot: count(group) for shot, group in by_shot({"a": clip})["a"].items()} == {
        0: Counts(tp=2, fp2=1),
        1: Counts(tp=1, fp1=1, fn=1),
    }


def test_a_frame_without_a_row_is_of_the_shot_before_it():
    labels = truth("1111", frames=[0, 1, 5, 9])
    prediction = found("rrr", shots="013")
    prediction = Track(np.array([1, 4, 7]), *list(vars(prediction).values())[1:])
    comparison = compare(labels, prediction, HD, CRITERIA["512x288"])
    assert comparison.shot.tolist() == [0, 0, 1, 3]


def test_gaps_are_runs_of_balls_without_a_right_position():
    a = held("1111111", "-w-r-r-")  # 3 (one misplaced), 1, 1
    b = held("111011", "r--w-r")  # 2, then no ball, then 1
    assert gap_lengths([a, b]) == {1: Gap(3, 3, 0), 2: Gap(1, 2, 0), 3: Gap(1, 2, 1)}
    assert gap_lengths([held("10", "r-")]) == {}


def test_an_unlabelled_frame_ends_a_gap():
    labels = truth("1111", frames=[0, 1, 3, 4])
    comparison = compare(labels, found("-----"), HD, CRITERIA["512x288"])
    assert gap_lengths([comparison]) == {2: Gap(2, 4, 0)}


def test_runs():
    mask = np.array([True, True, False, True, True, True])
    frames = np.array([0, 1, 2, 3, 4, 8])
    assert [rows.tolist() for rows in runs(mask, frames)] == [[0, 1], [3, 4], [5]]
    assert runs(np.zeros(3, bool), np.arange(3)) == []


def test_frames_with_and_without_repetition():
    clips = {"a": held("1111", "r-rr"), "b": held("11", "ww")}
    groups = by_repetition(clips, {"a": np.array([1, 3])})
    assert count(groups["new"]) == Counts(tp=2)
    assert count(groups["repeated"]) == Counts(tp=1, fn=1)
    assert count(groups["new"]) + count(groups["repeated"]) == count(join([clips["a"]]))
