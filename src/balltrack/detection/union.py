"""Several detectors that look at the same frames: what any of them sees is a candidate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial, reduce
from itertools import tee

import numpy as np

from balltrack.detection.blobs import TOP_K
from balltrack.detection.detector import Detector
from balltrack.detection.ensemble import Heatmap
from balltrack.detection.heat import heatmaps_of
from balltrack.errors import OptionError
from balltrack.geometry import Scaling
from balltrack.stages import UNOBSERVED, Observer
from balltrack.structures import Candidate, Frame, FrameCandidates

SAME_BALL_PX = 4.0
"""Candidates of two detectors no farther apart than this, in network pixels, are one."""

JOIN_COST = 0.2
"""Taken off every log-odds: two networks together have nearly twice the false candidates of
one. Chosen on dev, see docs/experiments.md."""


class UnionDetector:
    """A `Detector` of several; linking, verifier and picture size are those of the first.

    Args:
        detectors: at least one.

    Raises:
        OptionError: they look at pictures of different sizes, or made in different ways.
    """

    def __init__(self, detectors: Sequence[Detector]) -> None:
        first, *others = detectors
        for other in others:
            if other.size != first.size:
                raise OptionError(
                    "{} looks at pictures of {}x{}, ".format(other.description.weights, *other.size)
                    + "{} at {}x{}; ".format(first.description.weights, *first.size)
                    + "detectors that look together must look at the same"
                )
            if other.fit != first.fit:
                one, two = other.description.weights, first.description.weights
                raise OptionError(
                    f"one of {one} and {two} looks at pictures in a letter-box, the other at "
                    "stretched ones; detectors that look together must look at the same"
                )
        self.size, self.fit = first.size, first.fit
        self.linking = first.linking
        self.verifier = first.verifier
        self.lag = max(detector.lag for detector in detectors)
        names = " + ".join(detector.description.weights for detector in detectors)
        self.description = replace(first.description, weights=names)
        self._detectors = detectors

    def candidates(
        self, frames: Iterable[Frame], scaling: Scaling, observer: Observer = UNOBSERVED
    ) -> Iterator[FrameCandidates]:
        """See `Detector`. Frames that one is done with wait for the others."""
        copies = tee(frames, len(self._detectors))
        seen = (
            detector.candidates(copy, scaling, observer)
            for copy, detector in zip(copies, self._detectors, strict=True)
        )
        for entries in zip(*seen, strict=True):
            yield reduce(partial(join, scaling=scaling), entries)

    def heatmaps(
        self, frames: Iterable[Frame], scaling: Scaling, observer: Observer = UNOBSERVED
    ) -> Iterator[tuple[Frame, Heatmap]]:
        """See `HeatmapDetector`: at every pixel the higher one."""
        copies = tee(frames, len(self._detectors) + 1)
        seen = (
            heatmaps_of(detector, copy, scaling, observer)
            for copy, detector in zip(copies[1:], self._detectors, strict=True)
        )
        for frame, *found in zip(copies[0], *seen, strict=True):
            yield frame, reduce(np.maximum, (heatmap for _, heatmap in found))


def join(one: FrameCandidates, other: FrameCandidates, scaling: Scaling) -> FrameCandidates:
    """The candidates that either has, best first, at most `TOP_K`.

    What both have keeps the higher score, and the place that goes with it.

    Args:
        one, other: of the same frame.
        scaling: from source pixels to the networks'.
    """
    left = list(other.candidates)
    joined: list[Candidate] = []
    for candidate in one.candidates:
        twin = next((c for c in left if _apart(candidate, c, scaling) <= SAME_BALL_PX), None)
        if twin is None:
            joined.append(candidate)
        else:
            left.remove(twin)
            joined.append(max(candidate, twin, key=lambda c: c.score))
    joined = sorted(joined + left, key=lambda c: -c.score)[:TOP_K]
    return replace(one, candidates=tuple(replace(c, score=_after_cost(c.score)) for c in joined))


def _apart(one: Candidate, other: Candidate, scaling: Scaling) -> float:
    across, down = scaling.factors
    return math.hypot((one.x - other.x) * across, (one.y - other.y) * down)


def _after_cost(score: float) -> float:
    """A score with `JOIN_COST` taken off its log-odds; 0 and 1 stay."""
    odds = math.exp(-JOIN_COST)
    return score * odds / (1 - score + score * odds)
