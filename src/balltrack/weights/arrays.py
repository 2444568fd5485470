"""Weights of networks so small that they run on arrays, read without torch where they are ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast, get_args

from balltrack.errors import WeightsError
from balltrack.models.play import arrays as play
from balltrack.models.trajectory import inpaintnet_arrays
from balltrack.models.trajectory.eventnet_arrays import (
    LIVE,
    WHOLE,
    ArrayEventNet,
    ArrayLiveNet,
    Plan,
)
from balltrack.models.trajectory.inpaintnet_arrays import ArrayInpaintNet, Coordinates
from balltrack.weights.handle import Arrays, Weights, open_weights
from balltrack.weights.kinds import KINDS


def read_inpaintnet(weights: str | Weights) -> tuple[ArrayInpaintNet, Coordinates]:
    """The inpainting network of weights, and its coordinates.

    Args:
        weights: open ones, a registered name, or a file.

    Raises:
        UnknownNameError: neither a registered name nor an existing file.
        WeightsError: damaged, or another network.
    """
    weights = open_weights(weights)
    coordinates = inpaintnet_coordinates(weights)
    arrays = _fitting(weights, inpaintnet_arrays.SHAPES, "InpaintNet")
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


def read_eventnet(weights: str | Weights) -> ArrayEventNet:
    """The events network of weights; arguments and errors as `read_inpaintnet`."""
    return ArrayEventNet(_of_plan(weights, WHOLE))


def read_livenet(weights: str | Weights) -> ArrayLiveNet:
    """The live events network of weights; arguments and errors as `read_inpaintnet`."""
    return ArrayLiveNet(_of_plan(weights, LIVE))


def _of_plan(weights: str | Weights, plan: Plan) -> Arrays:
    weights = open_weights(weights)
    weights.require(plan.architecture)
    return _fitting(weights, plan.shapes, KINDS[plan.architecture].noun)


def read_playnet(weights: str | Weights) -> play.ArrayPlayNet:
    """The play network of weights; arguments and errors as `read_inpaintnet`."""
    weights = open_weights(weights)
    weights.require("play")
    return play.ArrayPlayNet(_fitting(weights, play.SHAPES, "the play network"))


def _fitting(weights: Weights, shapes: Mapping[str, tuple[int, ...]], network: str) -> Arrays:
    """The tensors of weights, which have to be of these shapes."""
    arrays = weights.arrays()
    differing = dict({n: a.shape for n, a in arrays.items()}.items() ^ shapes.items())
    if differing:
        raise WeightsError(
            f"{weights.path}: does not fit {network}: {len(differing)} of {len(shapes)} tensors "
            f"differ, first {min(differing)!r}; if another version made it, train it anew"
        )
    return arrays
