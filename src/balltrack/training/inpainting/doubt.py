"""Fit how far filled positions may be off, on stretches hidden from labelled rallies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from balltrack.events.gaps import DoubtParameters, gap_features, motion_around, radius
from balltrack.structures import FloatArray
from balltrack.training.inpainting.filling_error import CONTEXT, hidden_stretches
from balltrack.training.inpainting.hiding import Trajectory
from balltrack.trajectory.rectification import Inpainter

SHARE = 0.8
"""Of the truths that are to lie within the radius."""

LENGTHS = (1, 2, 3, 4, 5, 6, 7, 8)
"""Of the stretches that are hidden: all that are filled by default."""

SMALLEST = 1e-4
"""Heights that a position is off at the least: labels are whole pixels."""


@dataclass(frozen=True)
class Misses:
    """What filling one row each of M came to.

    Attributes:
        features: (M, 5), see `gap_features`.
        off: (M,) distance from the truth, heights of the picture.
    """

    features: FloatArray
    off: FloatArray

    def within(self, parameters: DoubtParameters) -> float:
        """Share of the truths inside the radius."""
        return float((self.off <= radius(self.features, parameters)).mean())


def hidden_misses(
    fill: Inpainter, trajectories: Sequence[Trajectory], *, aspect: float, stride: int = 5
) -> Misses:
    """Hide stretches of rallies, fill them, and compare.

    Args:
        fill: what fills them.
        trajectories: positions in shares of the picture.
        aspect: of the picture, width by height.
        stride: every so many-th stretch is hidden.
    """
    heights = np.array([aspect, 1.0])
    features: list[FloatArray] = []
    off: list[FloatArray] = []
    for length in LENGTHS:
        gap = slice(CONTEXT, CONTEXT + length)
        for trajectory in trajectories:
            for xy, mask in hidden_stretches(trajectory.xy, length, stride):
                seen = np.where(mask[:, None], np.nan, xy)
                motion = motion_around(seen * heights, gap)
                features.append(gap_features(np.arange(length), length, motion))
                off.append(np.hypot(*((fill(seen, mask) - xy)[gap] * heights).T))
    return Misses(np.concatenate(features), np.concatenate(off))


def fit_doubt(misses: Misses, share: float = SHARE) -> DoubtParameters:
    """Quantile regression on logarithms (Koenker and Bassett 1978)."""
    truth = np.log(np.maximum(misses.off, SMALLEST))

    def loss(weights: Any) -> float:
        away = truth - misses.features @ weights
        return float(np.where(away > 0, share * away, (share - 1) * away).mean())

    weights: Any = np.linalg.lstsq(misses.features, truth, rcond=None)[0]
    for _ in range(3):  # a simplex that begins anew does not stay where it collapsed
        weights = minimize(
            loss,
            weights,
            method="Nelder-Mead",
            options={"maxiter": 4000, "fatol": 1e-8, "xatol": 1e-5},
        ).x
    return DoubtParameters(*weights.tolist())


def leave_out_in_turn(misses: Mapping[str, Misses]) -> dict[str, float]:
    """Match → share of its truths within the radius that all the others gave."""
    shares = {}
    for name, left_out in misses.items():
        others = [other for match, other in misses.items() if match != name]
        shares[name] = left_out.within(fit_doubt(together(others)))
    return shares


def together(misses: Iterable[Misses]) -> Misses:
    """Those of several matches as one."""
    each = list(misses)
    return Misses(
        np.concatenate([one.features for one in each]), np.concatenate([one.off for one in each])
    )
