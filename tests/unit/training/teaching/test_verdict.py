"""Whether it was worth it, by held-back clips."""

from __future__ import annotations

from typing import Any

import numpy as np

from balltrack.evaluation.report import Clip, evaluate_clips
from balltrack.structures import Labels, Source, Track
from balltrack.training.teaching.verdict import judge


def report(right: str) -> Any:
    """Of a clip in which the ball is found on the frames marked "r"."""
    count = len(right)
    rows = np.arange(count)
    place = np.full((count, 2), 50.0)
    truth = Labels(rows, np.ones(count, np.int8), place, np.full(count, -1, np.int8))
    seen = np.array([mark == "r" for mark in right])
    found = Track(
        rows,
        rows / 25,
        np.where(seen[:, None], place, np.nan),
        seen.astype(np.float32),
        np.where(seen, Source.DETECTED, Source.NONE).astype(np.int8),
        np.zeros(count, np.int64),
    )
    return evaluate_clips([Clip("a", truth, found, (512, 288))])


def test_a_gain_is_claimed_only_where_it_is_none_of_chance() -> None:
    much = judge(report("-" * 60 + "r" * 40), report("r" * 100))
    assert (much.gained, much.lost, much.better, much.worse) == (60, 0, True, False)
    assert much.sentence().endswith("60 frames gained, 0 lost of 100: better")
    little = judge(report("-" * 6 + "r" * 94), report("r" * 100))
    assert (little.gained, little.better) == (6, False)
    assert "could be chance" in little.sentence()
    harm = judge(report("r" * 100), report("-" * 60 + "r" * 40))
    assert (harm.lost, harm.worse) == (60, True)
    assert "do not use" in harm.sentence()
