"""What linking believes of one network's candidates: fitted numbers travel with its weights."""

from __future__ import annotations

import json
from dataclasses import asdict

from balltrack.errors import WeightsError
from balltrack.trajectory.motion import DEFAULT, LinkingParameters
from balltrack.weights.handle import Weights, open_weights

HEADER_KEY = "linking"
"""Entry of a weights file's header that holds the parameters as JSON."""

RETIRED = ("clutter_persistence",)
"""Parameters that older headers carry and nothing needs any more."""


def fitted_parameters(weights: str | Weights) -> LinkingParameters:
    """The parameters that were fitted to a network and travel with its weights; else `DEFAULT`.

    Args:
        weights: open ones, a registered name, or a file.

    Raises:
        UnknownNameError: neither a registered name nor an existing file.
        WeightsError: damaged, or its header cannot be understood.
    """
    weights = open_weights(weights)
    text = weights.metadata.get(HEADER_KEY)
    if text is None:
        return DEFAULT
    try:
        values = json.loads(text)
        for name in RETIRED:
            values.pop(name, None)
        return LinkingParameters(**values)
    except (AttributeError, TypeError, ValueError, RecursionError) as error:
        raise WeightsError(
            f"{weights.path}: linking parameters in its header are not this version's ({error}); "
            "fit them again with `balltrack fit-linking`"
        ) from error


def as_header(parameters: LinkingParameters) -> dict[str, str]:
    """Header entries that `fitted_parameters` reads back."""
    return {HEADER_KEY: json.dumps(asdict(parameters))}
