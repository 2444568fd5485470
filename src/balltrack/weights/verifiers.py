"""What a verifier's file says of itself, read without torch."""

from __future__ import annotations

import json
from dataclasses import asdict

from balltrack.errors import WeightsError
from balltrack.models.patches import Belief
from balltrack.weights.handle import Weights, open_weights

BELIEF_KEY = "belief"
"""Entry of the header that says, as JSON, how far the verifier is to be believed."""


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
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(
            f"{weights.path}: its header does not say how far it is to be believed ({error}); "
            "finish its training with `balltrack train --network verifier`"
        ) from error


def belief_header(belief: Belief) -> dict[str, str]:
    """Header entries that `read_belief` reads back."""
    return {BELIEF_KEY: json.dumps(asdict(belief))}
