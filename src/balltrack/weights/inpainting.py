"""Weights that fill gaps, read without torch where they are ours."""

from __future__ import annotations

from safetensors.numpy import load_file

from balltrack.errors import WeightsError
from balltrack.models.inpaintnet_arrays import SHAPES, ArrayInpaintNet, Coordinates
from balltrack.weights.header import TORCH_SUFFIXES, inpaintnet_coordinates, read_header
from balltrack.weights.registry import find_weights


def read_inpaintnet(name_or_path: str) -> tuple[ArrayInpaintNet, Coordinates]:
    """The inpainting network of a registered name or of a file, and its coordinates.

    Raises:
        UnknownNameError: neither a registered name nor an existing file.
        WeightsError: damaged, or not an InpaintNet.
    """
    path = find_weights(name_or_path)
    if path.suffix.lower() in TORCH_SUFFIXES:
        from balltrack.weights.checkpoints import load_inpaintnet  # noqa: PLC0415  # loads torch

        network = load_inpaintnet(name_or_path)
        tensors = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
        return ArrayInpaintNet(tensors), network.coordinates
    coordinates = inpaintnet_coordinates(path, read_header(path).metadata)
    tensors = load_file(path)
    differing = dict({n: t.shape for n, t in tensors.items()}.items() ^ SHAPES.items())
    if differing:
        raise WeightsError(
            f"{path}: does not fit InpaintNet: {len(differing)} of {len(SHAPES)} tensors differ, "
            f"first {min(differing)!r}"
        )
    return ArrayInpaintNet(tensors), coordinates
