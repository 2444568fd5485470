"""How far filled positions lie from the truth, on stretches hidden from labelled clips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from balltrack.geometry import PAPER_GRID
from balltrack.structures import FloatArray
from balltrack.training.inpainting.hiding import Mask, Trajectory
from balltrack.trajectory.rectification import Inpainter

LENGTHS = (1, 2, 4, 8, 16)
CONTEXT = 8
"""Rows around a hidden stretch, all of them visible."""

TOLERANCE = 4.0
"""Of TrackNetV3's evaluation, pixels of the 512x288 grid."""


@dataclass(frozen=True)
class FillingError:
    """Distances between filled and true positions, pixels of the 512x288 grid.

    ``within`` is the share within `TOLERANCE`, what filling adds to recall; leaving the
    gap has 0.
    """

    rows: int
    mean: float
    median: float
    within: float


def compare_fillers(
    fillers: Mapping[str, Inpainter],
    trajectories: Sequence[Trajectory],
    lengths: Sequence[int] = LENGTHS,
    *,
    stride: int = 3,
) -> dict[str, dict[int, FillingError]]:
    """By filler and length, the error on every ``stride``-th stretch that can be hidden."""
    table: dict[str, dict[int, FillingError]] = {name: {} for name in fillers}
    for length in lengths:
        hidden = [h for t in trajectories for h in hidden_stretches(t.xy, length, stride)]
        for name, fill in fillers.items():
            distances = [
                np.hypot(
                    *((fill(np.where(mask[:, None], np.nan, xy), mask) - xy)[mask] * PAPER_GRID).T
                )
                for xy, mask in hidden
            ]
            table[name][length] = _summary(np.concatenate([np.zeros(0), *distances]))
    return table


def hidden_stretches(xy: FloatArray, length: int, stride: int) -> Iterator[tuple[FloatArray, Mask]]:
    """Rows (length + 2 * `CONTEXT`, 2) without a missing position, and which are to be hidden."""
    rows = length + 2 * CONTEXT
    mask = np.zeros(rows, dtype=bool)
    mask[CONTEXT : CONTEXT + length] = True
    for start in range(0, len(xy) - rows + 1, stride):
        window = xy[start : start + rows]
        if np.isfinite(window).all():
            yield window, mask


def _summary(distance: FloatArray) -> FillingError:
    if not len(distance):
        return FillingError(0, np.nan, np.nan, np.nan)
    return FillingError(
        rows=len(distance),
        mean=float(distance.mean()),
        median=float(np.median(distance)),
        within=float((distance <= TOLERANCE).mean()),
    )
