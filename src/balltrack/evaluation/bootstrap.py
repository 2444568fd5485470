"""How far a figure may be trusted: percentile intervals from clips drawn again.

Frames of one clip resemble each other, so whole clips are drawn, with replacement, as many
as there are; each draw gives the figure from its summed counts, and the interval holds the
middle share of the draws (Efron and Tibshirani, An Introduction to the Bootstrap, 1993,
chapter 13). It speaks of clips like these: it knows nothing of other venues.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from balltrack.evaluation.metrics import Counts

LEVEL = 0.95
RESAMPLES = 2000
SEED = 0
FEWEST_CLIPS = 3
RATIOS = ("accuracy", "precision", "recall", "f1", "strict_recall", "strict_f1")


@dataclass(frozen=True)
class Interval:
    """Where the figure lies in the middle share of the draws; NaN where no draw has one."""

    low: float
    high: float


def intervals(
    clips: Sequence[Counts],
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = SEED,
) -> dict[str, Interval] | None:
    """An interval for each of `RATIOS`, the same at every call.

    Args:
        clips: counts of each clip.
        resamples: how often to draw.
        level: share of the draws inside.
        seed: of the drawing.

    Returns:
        None with fewer than `FEWEST_CLIPS`, of which an interval would say nothing.
    """
    if len(clips) < FEWEST_CLIPS:
        return None
    sums = np.array([[getattr(clip, f.name) for f in fields(Counts)] for clip in clips])
    evenly = np.full(len(clips), 1 / len(clips))
    times = np.random.default_rng(seed).multinomial(len(clips), evenly, size=resamples)
    draws = [Counts(*row) for row in (times @ sums).tolist()]  # one place has the formulas
    return {name: _interval([getattr(draw, name) for draw in draws], level) for name in RATIOS}


def _interval(values: list[float], level: float) -> Interval:
    defined = np.array(values)
    defined = defined[np.isfinite(defined)]
    if not len(defined):
        return Interval(np.nan, np.nan)
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2]).tolist()
    return Interval(low, high)
