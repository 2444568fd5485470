"""What a detector sees, as heatmaps: a network's own, or candidates drawn as soft discs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from typing import Protocol, runtime_checkable

import numpy as np

from balltrack.detection.detector import Detector
from balltrack.detection.ensemble import Heatmap
from balltrack.geometry import PAPER_GRID, Scaling
from balltrack.stages import UNOBSERVED, Observer
from balltrack.structures import Candidate, Frame

SPREAD = 2.5
"""Standard deviation of a disc in pixels of `PAPER_GRID`: the radius of TrackNet's target."""


@runtime_checkable
class HeatmapDetector(Detector, Protocol):
    """A `Detector` whose candidates come from heatmaps, which it can hand out."""

    def heatmaps(
        self, frames: Iterable[Frame], scaling: Scaling, observer: Observer = UNOBSERVED
    ) -> Iterator[tuple[Frame, Heatmap]]:
        """Each frame, in order, with its (h, w) float32 heatmap in [0, 1].

        Arguments as those of `candidates`.
        """
        ...


def heatmaps_of(
    detector: Detector,
    frames: Iterable[Frame],
    scaling: Scaling,
    observer: Observer = UNOBSERVED,
) -> Iterator[tuple[int, Heatmap]]:
    """Numbers of the frames, in order, each with an (h, w) float32 heatmap in [0, 1].

    Args:
        detector: its own heatmaps are given where it has some, else its candidates as
            `soft_discs` in the pixels of its pictures.
        frames, scaling, observer: see `Detector.candidates`.
    """
    if isinstance(detector, HeatmapDetector):
        for frame, heatmap in detector.heatmaps(frames, scaling, observer):
            yield frame.index, heatmap
    else:
        for entry in detector.candidates(frames, scaling, observer):
            yield entry.frame_index, soft_discs(entry.candidates, scaling)


def soft_discs(candidates: Sequence[Candidate], scaling: Scaling) -> Heatmap:
    """(h, w) float32: a bell around every candidate, as high as its score.

    Args:
        candidates: in source pixels.
        scaling: from source pixels to those of the result.
    """
    width, height = scaling.target
    spread = SPREAD * height / PAPER_GRID[1]
    columns, rows = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    bells = []
    for candidate in candidates:
        x, y = scaling.to_target(np.array([candidate.x, candidate.y])).tolist()
        across, down = (
            np.exp(-((places - place) ** 2) / (2 * spread**2))
            for places, place in ((columns, x), (rows, y))
        )
        bells.append(np.float32(candidate.score) * np.outer(down, across))
    return reduce(np.maximum, bells, np.zeros((height, width), np.float32))
