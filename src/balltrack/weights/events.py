"""Weights that find events, read without torch."""

from __future__ import annotations

from balltrack.errors import WeightsError
from balltrack.models.trajectory.eventnet_arrays import SHAPES, ArrayEventNet
from balltrack.weights.handle import Weights, open_weights


def read_eventnet(weights: str | Weights) -> ArrayEventNet:
    """The events network of weights.

    Args:
        weights: open ones, a registered name, or a file.

    Raises:
        UnknownNameError: neither a registered name nor an existing file.
        WeightsError: damaged, or another network.
    """
    weights = open_weights(weights)
    weights.require("events")
    arrays = weights.arrays()
    differing = dict({n: a.shape for n, a in arrays.items()}.items() ^ SHAPES.items())
    if differing:
        raise WeightsError(
            f"{weights.path}: does not fit the events network: {len(differing)} of {len(SHAPES)} "
            f"tensors differ, first {min(differing)!r}"
        )
    return ArrayEventNet(arrays)
