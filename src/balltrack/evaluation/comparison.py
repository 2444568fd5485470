"""A track held against its truth: what became of every labelled frame.

The conventions are those of `balltrack.evaluation.metrics`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from balltrack.errors import DatasetError, OptionError
from balltrack.geometry import Scaling
from balltrack.structures import FloatArray, Labels, Source, Track

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


CRITERIA: dict[str, Criterion] = {
    # qaz812345/TrackNetV3 test.py: wrong is `dist > tolerance` on the 512x288 heatmap
    "512x288": Criterion(grid=(512, 288)),
    # nttcom/WASB-SBDT src/utils/evaluator.py: right is `norm < dist_threshold`, original size
    "source": Criterion(grid=None, inclusive=False),
}


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
        outcome: (N,) int8 of `Outcome`.
        distance: (N,) float64 pixels of the criterion's grid; NaN unless there is a ball
            and a prediction.
        visibility: (N,) int8 class that the truth gives.
        source: (N,) int8 of `Source`; NONE where nothing was predicted.
        missing: (N,) bool, no row in the prediction.
    """

    outcome: npt.NDArray[np.int8]
    distance: FloatArray
    visibility: npt.NDArray[np.int8]
    source: npt.NDArray[np.int8]
    missing: npt.NDArray[np.bool_]

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """(N,) TP or TN."""
        return np.asarray(self.outcome <= Outcome.TN)


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
    excess = np.nanmax(truth.xy / size, axis=0, initial=0)
    if np.any(excess > 1.25):
        raise DatasetError(
            f"labels reach far outside the {size[0]}x{size[1]} picture (x or y is "
            f"{excess.max():.2f} times its size); is the size right?"
        )


def compare(
    truth: Labels, prediction: Track, size: Size | None, criterion: Criterion
) -> Comparison:
    """Hold a track against its truth.

    Args:
        truth: N labelled frames.
        prediction: rows for the same frames, or some of them, or more.
        size: (width, height) of the source video in pixels; None with source pixels.
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
    missing = np.ones(len(truth), dtype=bool)
    missing[at_truth] = False

    ball = np.isin(truth.visibility, criterion.visible)
    predicted = source != Source.NONE
    distance = _distance(xy, truth.xy, size, criterion)
    distance[~ball] = np.nan
    tolerance = criterion.tolerance
    near = distance <= tolerance if criterion.inclusive else distance < tolerance
    outcome = np.select(
        [ball & near, ball & predicted, ball, predicted],
        [Outcome.TP, Outcome.FP1, Outcome.FN, Outcome.FP2],
        Outcome.TN,
    ).astype(np.int8)
    return Comparison(outcome, distance, truth.visibility, source, missing)


def join(comparisons: Iterable[Comparison]) -> Comparison:
    """One after the other, as if they were of one clip."""
    kept = [*comparisons]
    columns = (np.concatenate([getattr(c, f.name) for c in kept]) for f in fields(Comparison))
    return Comparison(*columns)


def _distance(a: FloatArray, b: FloatArray, size: Size | None, criterion: Criterion) -> FloatArray:
    """(N,) pixels of the grid; the shift of half a pixel between grids cancels out."""
    offset = a - b
    if criterion.grid is not None and size is not None:
        offset = offset * Scaling(size, criterion.grid).factors
    distance: FloatArray = np.hypot(offset[:, 0], offset[:, 1])
    return distance.round(9)  # 110.1 - 100.1 is 10, whatever its last bit says
