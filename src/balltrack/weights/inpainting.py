"""Weights that fill gaps, read without torch where they are ours."""

from __future__ import annotations

from typing import cast, get_args

from balltrack.errors import WeightsError
from balltrack.models.trajectory.inpaintnet_arrays import SHAPES, ArrayInpaintNet, Coordinates
from balltrack.weights.handle import Weights, open_weights


def read_inpaintnet(weights: str | Weights) -> tuple[ArrayInpaintNet, Coordinates]:
    """The inpainting network of weights, and its coordinates.

    Args:
        weights: open ones, a registered name, or a file.

    Raises:
        UnknownNameError: neither a registered name nor an existing file.
        WeightsError: damaged, or not an InpaintNet.
    """
    weights = open_weights(weights)
    coordinates = inpaintnet_coordinates(weights)
    arrays = weights.arrays()
    differing = dict({n: a.shape for n, a in arrays.items()}.items() ^ SHAPES.items())
    if differing:
        raise WeightsError(
            f"{weights.path}: does not fit InpaintNet: {len(differing)} of {len(SHAPES)} tensors "
            f"differ, first {min(differing)!r}"
        )
    return ArrayInpaintNet(arrays), coordinates


def inpaintnet_coordinates(weights: Weights) -> Coordinates:
    """What the 0 and 1 of an InpaintNet are; `WeightsError` if it is none."""
    weights.require("inpaintnet")
    coordinates = weights.metadata.get("coordinates", "window")
    if coordinates not in get_args(Coordinates):
        raise WeightsError(
            f"{weights.path}: its header says coordinates {coordinates!r}, not known here"
        )
    return cast(Coordinates, coordinates)
