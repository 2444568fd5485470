"""How far a verifier is believed, which its file says of itself; read without torch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from balltrack.errors import WeightsError
from balltrack.weights.handle import Weights, open_weights

SCORE_LIMIT = 1e-3
"""Scores are held this far from 0 and 1: beyond, a heatmap's logit says nothing more."""

EVIDENCE_LIMITS = (-8.0, 6.0)
"""Beyond these the verifier's answer says nothing more."""


BELIEF_KEY = "belief"
"""Entry of the header that says, as JSON, how far the verifier is to be believed."""


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
        logit = log_odds(scores, SCORE_LIMIT)
        logit += self.weight * (np.clip(evidence, *EVIDENCE_LIMITS) - self.neutral)
        return np.asarray(1 / (1 + np.exp(-logit)))


def log_odds(chance: npt.NDArray[np.floating], limit: float) -> npt.NDArray[np.float64]:
    """(...) of chances in [0, 1], held ``limit`` away from 0 and 1."""
    held = np.clip(chance.astype(np.float64), limit, 1 - limit)
    return np.asarray(np.log(held) - np.log1p(-held))


def read_belief(weights: str | Weights) -> Belief:
    """How far a verifier is to be believed.

    Args:
        weights: open ones, a registered name, or a file.

    Raises:
        UnknownNameError: neither a registered name nor an existing file.
        WeightsError: not a verifier, or one whose belief nobody has found out.
    """
    weights = open_weights(weights)
    weights.require("verifier")
    try:
        return Belief(**json.loads(weights.metadata[BELIEF_KEY]))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise WeightsError(
            f"{weights.path}: its header does not say how far it is to be believed ({error}); "
            "finish its training with `balltrack train --network verifier`"
        ) from error


def belief_header(belief: Belief) -> dict[str, str]:
    """Header entries that `read_belief` reads back."""
    return {BELIEF_KEY: json.dumps(asdict(belief))}
