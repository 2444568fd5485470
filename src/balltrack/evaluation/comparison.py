"""A track held against its truth: what became of every labelled frame.

The conventions are those of `balltrack.evaluation.metrics`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import IntEnum
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from balltrack.errors import DatasetError, OptionError
from balltrack.geometry import PAPER_GRID, Scaling, far_outside
from balltrack.structures import FloatArray, Labels, Source, Track
from balltrack.tracks import says_how_found

Size = tuple[int, int]


@dataclass(frozen=True)
class Criterion:
    """When a prediction is right.

    Attributes:
        grid: (width, height) to which both positions are scaled, each axis by itself,
            before they are compared; None compares source pixels.
        tolerance: largest distance, in pixels of the grid.
        inclusive: whether a distance of exactly ``tolerance`` is right.
        visible: classes of `Labels.visibility` that count as a ball in the picture.
    """

    grid: Size | None
    tolerance: float = 4.0
    inclusive: bool = True
    visible: tuple[int, ...] = (1, 2, 3)

    def __post_init__(self) -> None:
        if not 0 < self.tolerance < math.inf:
            raise OptionError(f"tolerance must be above 0, got {self.tolerance:g}")

    def is_near(self, distance: FloatArray) -> npt.NDArray[np.bool_]:
        """Where a distance in pixels of the grid is right; NaN is not."""
        return distance <= self.tolerance if self.inclusive else distance < self.tolerance


ON_PAPER_GRID = Criterion(grid=PAPER_GRID)
"""qaz812345/TrackNetV3 test.py: wrong is `dist > tolerance` on the heatmap."""

ON_SOURCE = Criterion(grid=None, inclusive=False)
"""nttcom/WASB-SBDT src/utils/evaluator.py: right is `norm < dist_threshold`, original size."""

CRITERIA: dict[str, Criterion] = {"512x288": ON_PAPER_GRID, "source": ON_SOURCE}


FULL_HD = Criterion(grid=(1920, 1080))
"""Where RacketVision (arXiv 2511.17045) measures how far a ball that was found is off."""

LABEL_GAP = 3
"""The longest run of frames without a ball that may be a gap of the labels."""


class Outcome(IntEnum):
    """What became of a labelled frame."""

    TP = 0
    TN = 1
    FP1 = 2
    FP2 = 3
    FN = 4


@dataclass(frozen=True)
class Comparison:
    """A track held against its truth, frame by labelled frame.

    Attributes:
        frame_index: (N,) int64 labelled frames; increasing within a clip.
        outcome: (N,) int8 of `Outcome`.
        distance: (N,) float64 pixels of the criterion's grid; NaN unless there is a ball
            and a prediction.
        visibility: (N,) int8 class that the truth gives.
        speed: (N,) float64 see `ball_speed`; NaN where it cannot be told.
        source: (N,) int8 of `Source`; NONE where nothing was predicted.
        score: (N,) float32 of the prediction; 0 where nothing was predicted or seen.
        scored: (N,) bool, whether the prediction's labels say how sure they are.
        shot: (N,) int64 the prediction's shot, that of the row before where there is none.
        missing: (N,) bool, no row in the prediction.
        truth_xy, xy: (N, 2) float64 source pixels of the truth and the prediction.
        in_label_gap: (N,) bool, FP2 in a short gap of the labels, see `in_label_gaps`.
        full_hd: (N,) float64 like ``distance``, in pixels of `FULL_HD`; NaN also without a size.
    """

    frame_index: npt.NDArray[np.int64]
    outcome: npt.NDArray[np.int8]
    distance: FloatArray
    visibility: npt.NDArray[np.int8]
    speed: FloatArray
    source: npt.NDArray[np.int8]
    score: npt.NDArray[np.float32]
    scored: npt.NDArray[np.bool_]
    shot: npt.NDArray[np.int64]
    missing: npt.NDArray[np.bool_]
    truth_xy: FloatArray
    xy: FloatArray
    in_label_gap: npt.NDArray[np.bool_]
    full_hd: FloatArray

    def __len__(self) -> int:
        return len(self.frame_index)

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """(N,) TP or TN."""
        return np.asarray(self.outcome <= Outcome.TN)

    @property
    def ball(self) -> npt.NDArray[np.bool_]:
        """(N,) whether the truth has a ball in the picture."""
        return np.isin(self.outcome, (Outcome.TP, Outcome.FP1, Outcome.FN))

    @property
    def predicted(self) -> npt.NDArray[np.bool_]:
        """(N,) whether there is a prediction."""
        return np.asarray(self.source != Source.NONE)

    @property
    def seen(self) -> npt.NDArray[np.bool_]:
        """(N,) whether there is a prediction that was not filled in."""
        return np.isin(self.source, (Source.DETECTED, Source.LINKED))

    def where(self, mask: npt.NDArray[np.bool_]) -> Comparison:
        """The frames of ``mask`` alone."""
        return Comparison(*(getattr(self, f.name)[mask] for f in fields(self)))


def validate(truth: Labels, size: Size | None, criterion: Criterion) -> None:
    """Check that the truth can be measured on the criterion's grid.

    Raises:
        DatasetError: the grid needs the source's size and there is none, or the labels
            lie so far outside the picture that the size must be another video's.
    """
    if criterion.grid is None:
        return
    if size is None or min(size) < 1:
        raise DatasetError(f"the size of the video is needed for the grid, got {size}")
    if far := far_outside(truth.xy, size):
        raise DatasetError(far)


def compare(
    truth: Labels, prediction: Track, size: Size | None, criterion: Criterion
) -> Comparison:
    """Hold a track against its truth.

    Args:
        truth: N labelled frames.
        prediction: rows for the same frames, or some of them, or more.
        size: (width, height) of the source video in pixels; None suits source pixels
            only, and then no speeds are known.
        criterion: when a prediction is right.

    Raises:
        DatasetError: see `validate`.
    """
    validate(truth, size, criterion)
    _, at_truth, at_prediction = np.intersect1d(
        truth.frame_index, prediction.frame_index, assume_unique=True, return_indices=True
    )
    xy = np.full(truth.xy.shape, np.nan)
    xy[at_truth] = prediction.xy[at_prediction]
    source = np.full(len(truth), Source.NONE, dtype=np.int8)
    source[at_truth] = prediction.source[at_prediction]
    score = np.zeros(len(truth), dtype=np.float32)
    score[at_truth] = prediction.score[at_prediction]
    missing = np.ones(len(truth), dtype=bool)
    missing[at_truth] = False

    ball = np.isin(truth.visibility, criterion.visible)
    predicted = source != Source.NONE
    distance = _distance(xy, truth.xy, size, criterion)
    distance[~ball] = np.nan
    full_hd = _distance(xy, truth.xy, size, FULL_HD) if size else np.full(len(truth), np.nan)
    full_hd[~ball] = np.nan
    near = criterion.is_near(distance)
    outcome = np.select(
        [ball & near, ball & predicted, ball, predicted],
        [Outcome.TP, Outcome.FP1, Outcome.FN, Outcome.FP2],
        Outcome.TN,
    ).astype(np.int8)
    return Comparison(
        frame_index=truth.frame_index,
        outcome=outcome,
        distance=distance,
        visibility=truth.visibility,
        speed=ball_speed(truth, size),
        source=source,
        score=score,
        scored=np.full(len(truth), says_how_found(prediction)),
        shot=_shots(truth, prediction),
        missing=missing,
        truth_xy=truth.xy,
        xy=xy,
        in_label_gap=in_label_gaps(truth, xy, outcome, size, criterion),
        full_hd=full_hd,
    )


def in_label_gaps(
    truth: Labels,
    xy: FloatArray,
    outcome: npt.NDArray[np.int8],
    size: Size | None,
    criterion: Criterion,
) -> npt.NDArray[np.bool_]:
    """Answers where the labels have none, that are probably right all the same.

    A run of at most `LABEL_GAP` frames without a ball, right between two frames on which labels
    and prediction agree: an answer within the tolerance of the straight way between the two
    labels lies on the flight, and whoever labelled may have left it out.

    Args:
        truth: N labelled frames.
        xy: (N, 2) the prediction, source pixels; NaN where there is none.
        outcome: (N,) of `Outcome`.
        size, criterion: see `compare`.

    Returns:
        (N,) True on such frames, which all are FP2.
    """
    found = np.zeros(len(truth), dtype=bool)
    agreed = np.flatnonzero(outcome == Outcome.TP)
    for before, after in pairwise(agreed.tolist()):
        gap = slice(before + 1, after)
        together = truth.frame_index[after] - truth.frame_index[before] == after - before
        empty = np.isin(outcome[gap], (Outcome.FP2, Outcome.TN)).all()
        if 1 < after - before <= LABEL_GAP + 1 and together and empty:
            share = np.arange(1, after - before)[:, None] / (after - before)
            way = truth.xy[before] + share * (truth.xy[after] - truth.xy[before])
            found[gap] = criterion.is_near(_distance(xy[gap], way, size, criterion))
    return found


def ball_speed(truth: Labels, size: Size | None) -> FloatArray:
    """How fast the labelled ball is, in pixels of `PAPER_GRID` a frame.

    The mean length of the steps from the frame before and to the frame after, which a hit
    or a bounce between them does not shorten; of one step where the other's frame has no
    ball or no row.

    Returns:
        (N,) NaN without either step, and everywhere without a size.
    """
    if size is None:
        return np.full(len(truth), np.nan)
    step = np.linalg.norm(np.diff(truth.xy, axis=0) * Scaling(size, PAPER_GRID).factors, axis=1)
    step[np.diff(truth.frame_index) != 1] = np.nan
    steps = np.full((2, len(truth)), np.nan)
    steps[0, 1:] = step
    steps[1, :-1] = step
    known = np.isfinite(steps)
    total = np.where(known, steps, 0).sum(axis=0)
    count = known.sum(axis=0)
    speed: FloatArray = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return speed


def join(comparisons: Iterable[Comparison]) -> Comparison:
    """One after the other, as if they were of one clip."""
    kept = [*comparisons]
    columns = (np.concatenate([getattr(c, f.name) for c in kept]) for f in fields(Comparison))
    return Comparison(*columns)


def _shots(truth: Labels, prediction: Track) -> npt.NDArray[np.int64]:
    """(N,) shot of the last row up to each labelled frame; of the first row before it."""
    if not len(prediction):
        return np.zeros(len(truth), dtype=np.int64)
    row = np.searchsorted(prediction.frame_index, truth.frame_index, side="right") - 1
    return np.asarray(prediction.shot[np.maximum(row, 0)])


def _distance(a: FloatArray, b: FloatArray, size: Size | None, criterion: Criterion) -> FloatArray:
    """(N,) pixels of the grid; the shift of half a pixel between grids cancels out."""
    offset = a - b
    if criterion.grid is not None and size is not None:
        offset = offset * Scaling(size, criterion.grid).factors
    distance: FloatArray = np.hypot(offset[:, 0], offset[:, 1])
    return distance.round(9)  # 110.1 - 100.1 is 10, whatever its last bit says
