"""Weights files ↔ torch networks.

A balltrack checkpoint is a safetensors file whose header says of which kind it is
(``architecture``, a key of `balltrack.weights.kinds.KINDS`) and all that its network is built
from: the `NetworkSpec` as JSON, or what an InpaintNet's coordinates stand for. So a file rebuilds
its own network. What other projects save loads as well, see `balltrack.weights.upstream`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn

from balltrack.errors import WeightsError
from balltrack.models.build import build
from balltrack.models.network import HeatmapNetwork
from balltrack.models.play.network import PlayNet
from balltrack.models.specs import NetworkSpec
from balltrack.models.trajectory.eventnet import EventNet
from balltrack.models.trajectory.eventnet_arrays import LIVE
from balltrack.models.trajectory.inpaintnet import InpaintNet
from balltrack.models.verifier.network import Verifier
from balltrack.outputs import whole_file
from balltrack.weights.arrays import inpaintnet_coordinates
from balltrack.weights.handle import Weights, open_weights
from balltrack.weights.kinds import KINDS

Metadata = dict[str, str]


class Described(Protocol):
    """A network that says what its file's header has to hold so that it can be built again."""

    def header(self) -> Metadata:
        """``architecture``, a key of `KINDS`, and whatever else building it takes."""
        ...


def save_checkpoint(
    path: str | os.PathLike[str],
    network: nn.Module,
    metadata: Mapping[str, str],
    *,
    half: bool = False,
) -> None:
    """Write a network with its description, whole or not at all.

    Args:
        path: of the ``.safetensors`` file.
        network: a `Described` one.
        metadata: further header entries, text to text.
        half: store the floating-point tensors as float16.

    Raises:
        OutputError: the file cannot be written.
    """
    described: Described = network  # type: ignore[assignment]  # a module's attributes are untyped
    tensors = {
        name: (tensor.half() if half and tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in network.state_dict().items()
    }
    with whole_file(Path(path), SafetensorError) as partial:
        save_file(tensors, partial, metadata=dict(metadata) | described.header())


def load_network(weights: str | os.PathLike[str] | Weights) -> tuple[HeatmapNetwork, Metadata]:
    """The heatmap network of weights, in float32 and eval mode, and its header's entries.

    Args:
        weights: open ones, a registered name, or a file.

    Raises:
        UnknownNameError: neither a registered name nor an existing file.
        WeightsError: damaged, not a heatmap network, or not fitting its spec.
    """
    network, metadata = load_any(weights, "tracknet")
    assert isinstance(network, HeatmapNetwork)
    return network, metadata


def load_inpaintnet(weights: str | os.PathLike[str] | Weights) -> InpaintNet:
    """The inpainting network of weights; arguments and errors as `load_network`."""
    network, _ = load_any(weights, "inpaintnet")
    assert isinstance(network, InpaintNet)
    return network


def load_verifier(weights: str | os.PathLike[str] | Weights) -> tuple[Verifier, Metadata]:
    """The verifier of weights; arguments and errors as `load_network`."""
    network, metadata = load_any(weights, "verifier")
    assert isinstance(network, Verifier)
    return network, metadata


def load_any(
    weights: str | os.PathLike[str] | Weights, kind: str | None = None
) -> tuple[nn.Module, Metadata]:
    """A network of any kind, or of one; arguments and errors as `load_network`."""
    weights = open_weights(weights)
    weights.require(kind or weights.kind or "tracknet")
    assert weights.kind is not None
    tensors = weights.tensors()
    with torch.device("meta"):  # a network without numbers: a file must not fill the memory
        _check_fits(KINDS[weights.kind].build(weights), tensors, weights.path)
    network = KINDS[weights.kind].build(weights)
    _fill(network, tensors)
    return network, dict(weights.metadata)


def build_heatmap_network(weights: Weights) -> HeatmapNetwork:
    """See `balltrack.weights.kinds.Kind.builder`."""
    return build(read_spec(weights))


def build_inpaintnet(weights: Weights) -> InpaintNet:
    """See `balltrack.weights.kinds.Kind.builder`."""
    return InpaintNet(inpaintnet_coordinates(weights))


def build_verifier(_: Weights) -> Verifier:
    """See `balltrack.weights.kinds.Kind.builder`."""
    with torch.device("cpu"):  # its `arange` on "meta" loads the compiler, and that makes a folder
        return Verifier()


def build_eventnet(_: Weights) -> EventNet:
    """See `balltrack.weights.kinds.Kind.builder`."""
    return EventNet()


def build_livenet(_: Weights) -> EventNet:
    """See `balltrack.weights.kinds.Kind.builder`."""
    return EventNet(LIVE)


def build_playnet(_: Weights) -> PlayNet:
    """See `balltrack.weights.kinds.Kind.builder`."""
    return PlayNet().folded()


def read_spec(weights: Weights) -> NetworkSpec:
    """The shape of a heatmap network, from its header; `WeightsError` if it is none."""
    weights.require("tracknet")
    try:
        return NetworkSpec(**json.loads(weights.metadata["spec"]))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise WeightsError(
            f"{weights.path}: its header holds no usable network spec ({error})"
        ) from error


def _check_fits(network: nn.Module, tensors: Mapping[str, torch.Tensor], path: Path) -> None:
    """Say in one line what differs."""
    wanted = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    given = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if wanted != given:
        differing = sorted(dict(wanted.items() ^ given.items()))
        first = differing[0]
        raise WeightsError(
            f"{path}: does not fit its network: {len(differing)} of {len(wanted)} tensors "
            f"differ, first {first!r}: expected {wanted.get(first)}, found {given.get(first)}"
        )


def _fill(network: nn.Module, tensors: Mapping[str, torch.Tensor]) -> None:
    """Load the tensors as float32 and switch to eval mode."""
    network.load_state_dict(
        {
            name: tensor.float() if tensor.is_floating_point() else tensor
            for name, tensor in tensors.items()
        }
    )
    network.eval()
