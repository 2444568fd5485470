"""The pictures a verifier looks at, and what its answers are worth, without loading torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

PICTURE_HEIGHT = 720
"""Height in pixels to which a video is brought before patches are cut from it."""

SIDE = 64
"""Of a patch, pixels; the candidate lies on pixel (32, 32)."""

OFFSETS = (-15, -6, -3, -1, 0, 1, 3, 6, 15)
"""Frames of a patch, counted from the candidate's: near ones show motion, far ones what was there
before and after."""

NOW = OFFSETS.index(0)

CELL = 4
"""Pixels of a patch that share one answer."""

REACH = 10.5
"""Distance from the middle, in pixels, within which an answer counts for the candidate: the
4 px on the 512x288 grid within which a position is right."""

DISC_RADIUS = 6.5
"""Of the ball as the verifier is taught it, pixels: TrackNet's 2.5 on the 512x288 grid."""

SCORE_LIMIT = 1e-3
"""Scores are held this far from 0 and 1."""

EVIDENCE_LIMITS = (-8.0, 6.0)
"""Beyond these the verifier's answer says nothing more."""


@dataclass(frozen=True)
class Belief:
    """How far a verifier is believed.

    Attributes:
        weight: log-odds of a score for each unit of evidence.
        neutral: the evidence that changes nothing.
        fill_score: of a verified candidate, from which a gap's frame is filled in beside it; takes
            the place of the linking parameter of that name, which unverified candidates gave.
    """

    weight: float
    neutral: float
    fill_score: float = 0.3

    def put_right(
        self, scores: npt.NDArray[np.floating], evidence: npt.NDArray[np.floating]
    ) -> npt.NDArray[np.float64]:
        """(N,) scores in [0, 1] with (N,) evidence taken into account."""
        held = np.clip(scores.astype(np.float64), SCORE_LIMIT, 1 - SCORE_LIMIT)
        logit = np.log(held) - np.log1p(-held)
        logit += self.weight * (np.clip(evidence, *EVIDENCE_LIMITS) - self.neutral)
        return np.asarray(1 / (1 + np.exp(-logit)))
