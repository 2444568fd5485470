"""Average precision: whether the tracker is surer of right positions than of wrong ones.

All predicted positions of all frames are ranked by their score, best first. At every place
of the ranking, precision is the share of right positions up to there and recall the right
ones up to there over the balls there were; average precision is the area under this curve
taken as steps, the sum of (rise in recall) x (precision after it), without interpolation:
the convention of nttcom/WASB-SBDT ``src/utils/evaluator.py`` (``Evaluator.ap``).

Two things differ. Positions of one score stand in one place, so that the figure does not
hang on the order of files (upstream: whatever order the sort leaves them in). And beside
upstream's recall, which leaves FP1 out, stands the strict one over all balls; only the
strict figure is lowered by balls that were given a wrong place.

A tracker answers above its threshold alone, so the curve ends at its recall there: a lower
``--threshold`` shows more of it. Filled-in positions have score 0 and come last; a file
without scores is one place, and its average precision is precision x recall.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from balltrack.evaluation.comparison import Comparison, Outcome
from balltrack.evaluation.metrics import count, ratio


@dataclass(frozen=True)
class Ranking:
    """Average precision over some frames; NaN without a ball.

    Attributes:
        positions: how many there were to rank.
        scored: whether their scores differ.
        average_precision: over the recall of WASB and TrackNetV3, TP / (TP + FN).
        strict_average_precision: over the share of balls found, TP / (TP + FP1 + FN).
    """

    positions: int
    scored: bool
    average_precision: float
    strict_average_precision: float


def rank(comparison: Comparison) -> Ranking:
    """Average precision of all predictions; see the module for the convention."""
    predicted = comparison.predicted
    score = comparison.score[predicted]
    right = comparison.outcome[predicted] == Outcome.TP
    _, place = np.unique(-score, return_inverse=True)
    positions = np.bincount(place)
    found = np.bincount(place, weights=right)
    precision = found.cumsum() / positions.cumsum()
    area = float((found * precision).sum())
    counts = count(comparison)
    return Ranking(
        positions=len(score),
        scored=len(positions) > 1,
        average_precision=ratio(area, counts.tp + counts.fn),
        strict_average_precision=ratio(area, counts.tp + counts.fp1 + counts.fn),
    )
