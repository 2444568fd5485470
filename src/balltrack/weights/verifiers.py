"""What a verifier's file says of itself, read without torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from balltrack.errors import WeightsError
from balltrack.models.patches import Belief
from balltrack.weights.header import read_header
from balltrack.weights.registry import find_weights

VERIFIER = "verifier"
"""A verifier's architecture, as headers name it."""

BELIEF_KEY = "belief"
"""Entry of the header that says, as JSON, how far the verifier is to be believed."""


def read_belief(name_or_path: str) -> Belief:
    """How far the verifier of a registered name or of a file is to be believed.

    Raises:
        UnknownNameError: neither a registered name nor an existing file.
        WeightsError: not a verifier, or one whose belief nobody has found out.
    """
    path = find_weights(name_or_path)
    metadata = read_header(path).metadata
    check_verifier(path, metadata)
    try:
        return Belief(**json.loads(metadata[BELIEF_KEY]))
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(
            f"{path}: its header does not say how far it is to be believed ({error}); finish its "
            "training with `balltrack train --network verifier`"
        ) from error


def belief_header(belief: Belief) -> dict[str, str]:
    """Header entries that `read_belief` reads back."""
    return {BELIEF_KEY: json.dumps(asdict(belief))}


def check_verifier(path: Path, metadata: Mapping[str, str]) -> None:
    """Raise `WeightsError` unless the header is a verifier's."""
    architecture = metadata.get("architecture")
    if architecture != VERIFIER:
        raise WeightsError(
            f"{path}: holds {architecture or 'no known network'}, not a verifier; "
            "`balltrack weights list` shows one that ships"
        )
