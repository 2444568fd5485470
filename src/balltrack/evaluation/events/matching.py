"""How many events were found on the right frame: F1 at a tolerance, and mAP.

Conventions of jhong93/spot ``util/score.py`` (Hong et al. 2022): predictions of one kind are
taken best first, each claims the nearest true event of its kind and video that is still free, and
is right when that lies within the tolerance. Average precision is the area under the precision
over recall, precision raised to the best of any higher recall; mAP its mean over the kinds that
the truth has. Predictions of one score stand in the order of their frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from balltrack.evaluation.metrics import ratio
from balltrack.events.rows import every
from balltrack.structures import Event


@dataclass(frozen=True)
class EventCounts:
    """Raw sums; add those of several videos, then read the ratios."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: EventCounts) -> EventCounts:
        return EventCounts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def precision(self) -> float:
        return ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float:
        return ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float:
        return ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)


@dataclass(frozen=True)
class Pair:
    """One video's events of every kind: what is true, and what was found.

    Attributes:
        truth: true events.
        chosen: those that the finder says there are.
        ranked: all that it considered, with scores, for average precision.
        fps: frames a second of the video: tolerances are in frames of 25 to 30 a second, each of
            which is two of 50 to 60, four of 120 and so on.
    """

    truth: Sequence[Event]
    chosen: Sequence[Event]
    ranked: Sequence[Event]
    fps: float = 30.0

    def tolerance(self, frames: int) -> int:
        """``frames`` of 25 to 30 a second in frames of this video."""
        return frames * every(self.fps)


def match(
    predicted: Sequence[Event], truth: Sequence[int], tolerance: int
) -> npt.NDArray[np.bool_]:
    """(P,) whether each prediction of one kind is right; greedy, one true event each.

    Args:
        predicted: in any order; the answer is in theirs.
        truth: frames of the true events.
        tolerance: frames.
    """
    right = np.zeros(len(predicted), dtype=bool)
    free = list(truth)
    for place in _best_first(predicted):
        frame = predicted[place].frame_index
        nearest = min(free, key=lambda other: abs(other - frame), default=None)
        if nearest is not None and abs(nearest - frame) <= tolerance:
            free.remove(nearest)
            right[place] = True
    return right


def count_events(pairs: Iterable[Pair], kind: str, tolerance: int) -> EventCounts:
    """Hits and misses of one kind over all videos, ``tolerance`` in frames of 25 to 30 a second."""
    total = EventCounts()
    for pair in pairs:
        truth = [event.frame_index for event in pair.truth if event.kind == kind]
        chosen = [event for event in pair.chosen if event.kind == kind]
        tp = int(match(chosen, truth, pair.tolerance(tolerance)).sum())
        total += EventCounts(tp, len(chosen) - tp, len(truth) - tp)
    return total


def average_precision(pairs: Iterable[Pair], kind: str, tolerance: int) -> float:
    """Of one kind over all videos; NaN where the truth has none."""
    scores: list[float] = []
    right: list[bool] = []
    total = 0
    for pair in pairs:
        truth = [event.frame_index for event in pair.truth if event.kind == kind]
        ranked = [event for event in pair.ranked if event.kind == kind]
        scores += [event.score for event in ranked]
        right += match(ranked, truth, pair.tolerance(tolerance)).tolist()
        total += len(truth)
    order = np.argsort(-np.array(scores), kind="stable")
    found = np.array(right, dtype=bool)[order]
    precision = found.cumsum() / np.arange(1, len(found) + 1)
    raised = np.maximum.accumulate(precision[::-1])[::-1]
    return ratio(float(raised[found].sum()), total)


def event_scores(
    pairs: Sequence[Pair], tolerance: int = 2, ranks: Sequence[int] = (0, 1, 2)
) -> dict[str, object]:
    """Every figure by name.

    Args:
        pairs: one a video.
        tolerance: of the F1, frames of 25 to 30 a second.
        ranks: tolerances of the mAP.
    """
    kinds = sorted({event.kind for pair in pairs for event in pair.truth})
    counts = {kind: count_events(pairs, kind, tolerance) for kind in kinds}
    mean: Mapping[str, float] = {
        str(frames): ratio(
            sum(average_precision(pairs, kind, frames) for kind in kinds), len(kinds)
        )
        for frames in ranks
    }
    return {
        "videos": len(pairs),
        "tolerance_frames": tolerance,
        "video_frames_each": sorted({pair.tolerance(1) for pair in pairs}),
        "kinds": {
            kind: {
                "true": count.tp + count.fn,
                **vars(count),
                "precision": count.precision,
                "recall": count.recall,
                "f1": count.f1,
            }
            for kind, count in counts.items()
        },
        "map": dict(mean),
    }


def _best_first(events: Sequence[Event]) -> list[int]:
    return sorted(
        range(len(events)), key=lambda place: (-events[place].score, events[place].frame_index)
    )
