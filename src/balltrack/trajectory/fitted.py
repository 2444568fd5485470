"""What linking believes of one network's candidates: fitted numbers travel with its weights."""

from __future__ import annotations

import json
from dataclasses import asdict

from balltrack.errors import WeightsError
from balltrack.trajectory.motion import DEFAULT, LinkingParameters
from balltrack.weights.header import read_header
from balltrack.weights.registry import find_entry

HEADER_KEY = "linking"
"""Entry of a weights file's header that holds the parameters as JSON."""

RETIRED = ("clutter_persistence",)
"""Parameters that older headers carry and nothing needs any more."""


def fitted_parameters(weights: str) -> LinkingParameters:
    """The parameters that were fitted to registered weights or to a file; else `DEFAULT`.

    Raises:
        UnknownNameError, WeightsError: no such weights, or a header that cannot be understood.
    """
    path = find_entry(weights).path
    if path.suffix != ".safetensors":
        return DEFAULT
    text = read_header(path).metadata.get(HEADER_KEY)
    if text is None:
        return DEFAULT
    try:
        values = json.loads(text)
        for name in RETIRED:
            values.pop(name, None)
        return LinkingParameters(**values)
    except (AttributeError, TypeError, ValueError) as error:
        raise WeightsError(
            f"{path}: linking parameters in its header are not this version's ({error}); fit them "
            "again with `balltrack fit-linking`"
        ) from error


def as_header(parameters: LinkingParameters) -> dict[str, str]:
    """Header entries that `fitted_parameters` reads back."""
    return {HEADER_KEY: json.dumps(asdict(parameters))}
