"""How well a track agrees with what a person labelled.

Conventions
-----------
Truth is a `Labels`, a prediction a `Track`, both in source pixels. Only frames with a row
in the truth count; where the prediction has no row for one, nothing was predicted there,
and the frame is counted in ``missing_rows`` as well. A position that the tracker filled
in is a prediction like any other.

Every labelled frame has one of five outcomes (qaz812345/TrackNetV3 ``test.py evaluate``):

===  ==================================================================
TP   ball in the picture, predicted within the tolerance
TN   no ball, none predicted
FP1  ball in the picture, predicted too far from it
FP2  no ball, but one predicted
FN   ball in the picture, none predicted
===  ==================================================================

The ratios are that project's (``utils/metric.py get_metric``): accuracy = (TP + TN) / all,
precision = TP / (TP + FP1 + FP2), recall = TP / (TP + FN). **FP1 is not in the recall's
denominator**, so a tracker that always answers has recall 1 however often it is wrong.
Beside it stands the strict recall = TP / (TP + FP1 + FN), the share of balls found. F1 is
the harmonic mean of precision and either recall. A ratio of nothing to nothing is NaN
(upstream: 0). Ratios over clips come from summed counts, never from a mean of ratios.

Labels have gaps of a few frames amid a flight, and an answer there counts as FP2 however right it
is. How many FP2 are such is said beside the figures (`comparison.in_label_gaps`), never in them.

RacketVision (arXiv 2511.17045) calls the strict recall its recall, at the same 4 px on the same
grid, and beside it has the mean distance in pixels of a picture of 1920x1080. Its figures, up to
36 px for detectors that see single frames, are beyond what 4 px of the grid are there, 15 px: balls
in the wrong place count. So does `Localisation.full_hd`, over TP and FP1.

Upstream measures between positions truncated to whole pixels of the network's grid; here
both keep their fractions, so that a prediction is not judged by how it was rounded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from balltrack.evaluation.comparison import Comparison, Criterion, Outcome, Size, compare
from balltrack.structures import Labels, Source, Track


@dataclass(frozen=True)
class Counts:
    """Raw sums; add those of several clips, then read the ratios."""

    tp: int = 0
    tn: int = 0
    fp1: int = 0
    fp2: int = 0
    fn: int = 0
    missing_rows: int = 0

    def __add__(self, other: Counts) -> Counts:
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return Counts(*(mine + theirs for mine, theirs in pairs))

    @property
    def frames(self) -> int:
        return self.tp + self.tn + self.fp1 + self.fp2 + self.fn

    @property
    def accuracy(self) -> float:
        return ratio(self.tp + self.tn, self.frames)

    @property
    def precision(self) -> float:
        return ratio(self.tp, self.tp + self.fp1 + self.fp2)

    @property
    def recall(self) -> float:
        """TrackNetV3's, which leaves FP1 out."""
        return ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float:
        return ratio(2 * self.tp, 2 * self.tp + self.fp1 + self.fp2 + self.fn)

    @property
    def strict_recall(self) -> float:
        """Share of the balls in the picture that were found."""
        return ratio(self.tp, self.tp + self.fp1 + self.fn)

    @property
    def strict_f1(self) -> float:
        return ratio(2 * self.tp, 2 * self.tp + 2 * self.fp1 + self.fp2 + self.fn)


@dataclass(frozen=True)
class Localisation:
    """Distances of the TP in pixels of the criterion's grid; NaN without any.

    ``full_hd`` is the mean of TP and FP1 in pixels of a picture of 1920x1080.
    """

    median: float
    mean: float
    rmse: float
    full_hd: float


@dataclass(frozen=True)
class Share:
    """How many of a group were right."""

    right: int
    total: int


def ratio(part: float, whole: float) -> float:
    """part / whole, NaN for nothing of nothing."""
    return part / whole if whole else math.nan


def count(comparison: Comparison) -> Counts:
    """The raw sums."""
    tp, tn, fp1, fp2, fn = np.bincount(comparison.outcome, minlength=len(Outcome)).tolist()
    return Counts(tp, tn, fp1, fp2, fn, missing_rows=int(comparison.missing.sum()))


def localisation(comparison: Comparison) -> Localisation:
    """How far predictions are from the truth."""
    apart = comparison.full_hd[np.isfinite(comparison.full_hd)]
    full_hd = float(apart.mean()) if len(apart) else math.nan
    distance = comparison.distance[comparison.outcome == Outcome.TP]
    if not len(distance):
        return Localisation(math.nan, math.nan, math.nan, full_hd)
    return Localisation(
        median=float(np.median(distance)),
        mean=float(distance.mean()),
        rmse=float(np.sqrt(np.square(distance).mean())),
        full_hd=full_hd,
    )


def mean_confidence(comparison: Comparison) -> float:
    """What predictions say of themselves, those that were filled in aside; NaN where none does.

    Where it is the precision, they say what is true.
    """
    stated = comparison.score[comparison.seen & comparison.scored]
    return float(stated.mean(dtype=np.float64)) if len(stated) else math.nan


def by_visibility(comparison: Comparison) -> dict[int, Share]:
    """How many frames of each visibility class were right (TP or TN)."""
    return {
        int(kind): _share(comparison, comparison.visibility == kind)
        for kind in np.unique(comparison.visibility)
    }


def by_source(comparison: Comparison) -> dict[Source, Share]:
    """How many of the predictions of each source were right (TP)."""
    return {
        source: _share(comparison, comparison.source == source)
        for source in Source
        if source != Source.NONE and (comparison.source == source).any()
    }


def evaluate(
    truth: Labels, prediction: Track, size: Size | None, criterion: Criterion
) -> dict[str, object]:
    """Every metric of one clip by name; see `compare` for the arguments."""
    return scores(compare(truth, prediction, size, criterion))


def scores(comparison: Comparison) -> dict[str, object]:
    """Every metric by name: numbers, and dicts of numbers."""
    return {
        **figures(comparison),
        "by_visibility": {str(k): vars(share) for k, share in by_visibility(comparison).items()},
        "by_source": {k.label: vars(share) for k, share in by_source(comparison).items()},
    }


def figures(comparison: Comparison) -> dict[str, object]:
    """The counts, ratios and distances by name."""
    counts = count(comparison)
    error = localisation(comparison)
    return {
        "frames": counts.frames,
        **{field.name: getattr(counts, field.name) for field in fields(counts)},
        "fp2_in_label_gaps": int(comparison.in_label_gap.sum()),
        "accuracy": counts.accuracy,
        "precision": counts.precision,
        "recall": counts.recall,
        "f1": counts.f1,
        "strict_recall": counts.strict_recall,
        "strict_f1": counts.strict_f1,
        "mean_confidence": mean_confidence(comparison),
        "error_px": {"median": error.median, "mean": error.mean, "rmse": error.rmse},
        "error_1080p_px": error.full_hd,
    }


def _share(comparison: Comparison, group: npt.NDArray[np.bool_]) -> Share:
    return Share(int((comparison.right & group).sum()), int(group.sum()))
