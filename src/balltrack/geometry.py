"""Source pixels ↔ network pixels, pixel-centre correct.

A resize maps pixel *areas* onto each other, so the centre of source pixel 0 lies at
``0.5 * scale - 0.5`` on the small grid, not at 0. Every conversion goes through
here; an image resized with OpenCV's INTER_AREA/INTER_LINEAR or swscale follows the
same convention.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from balltrack.structures import FloatArray

PAPER_GRID = (512, 288)
"""(width, height) in pixels of the pictures that TrackNetV2 and V3 look at, on which both papers
count a ball as found within 4 px (Sun et al. 2020; Chen and Wang 2023; qaz812345/TrackNetV3
utils/general.py WIDTH and HEIGHT)."""


@dataclass(frozen=True)
class Scaling:
    """The resize from a source of ``source`` (width, height) to ``target`` (width, height)."""

    source: tuple[int, int]
    target: tuple[int, int]

    @property
    def factors(self) -> FloatArray:
        """(2,) target pixels per source pixel, x then y."""
        return np.array(self.target, dtype=np.float64) / np.array(self.source, dtype=np.float64)

    def to_target(self, xy: FloatArray) -> FloatArray:
        """(..., 2) source pixels → (..., 2) target pixels; NaN stays NaN."""
        return (np.asarray(xy, dtype=np.float64) + 0.5) * self.factors - 0.5

    def to_source(self, xy: FloatArray) -> FloatArray:
        """(..., 2) target pixels → (..., 2) source pixels; NaN stays NaN."""
        return (np.asarray(xy, dtype=np.float64) + 0.5) / self.factors - 0.5
