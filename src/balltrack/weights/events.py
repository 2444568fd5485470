"""Weights that find events, read without torch."""

from __future__ import annotations

from safetensors.numpy import load_file

from balltrack.errors import WeightsError
from balltrack.models.eventnet_arrays import SHAPES, ArrayEventNet
from balltrack.weights.header import read_header
from balltrack.weights.registry import find_weights

EVENTS = "events"
"""The architecture, as headers name it."""


def read_eventnet(name_or_path: str) -> ArrayEventNet:
    """The events network of a registered name or of a file.

    Raises:
        UnknownNameError: neither a registered name nor an existing file.
        WeightsError: damaged, or another network.
    """
    path = find_weights(name_or_path)
    architecture = read_header(path).metadata.get("architecture")
    if architecture != EVENTS:
        raise WeightsError(
            f"{path}: holds {architecture or 'no known network'}, not one that finds events; "
            "`balltrack weights list` shows one that ships"
        )
    tensors = load_file(path)
    differing = dict({n: t.shape for n, t in tensors.items()}.items() ^ SHAPES.items())
    if differing:
        raise WeightsError(
            f"{path}: does not fit the events network: {len(differing)} of {len(SHAPES)} tensors "
            f"differ, first {min(differing)!r}"
        )
    return ArrayEventNet(tensors)
