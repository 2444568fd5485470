"""Weights files ↔ networks.

A balltrack checkpoint is a safetensors file whose header says which architecture it fits
(``architecture``: "tracknet", "inpaintnet", "verifier" or "events") and all that its network is
built from: the `NetworkSpec` as JSON, or what an InpaintNet's coordinates stand for. So a file
rebuilds its own network. Checkpoints of qaz812345/TrackNetV3 (``.pt``), both kinds, load as well.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from balltrack.errors import OutputError, WeightsError
from balltrack.models.eventnet import EventNet
from balltrack.models.inpaintnet import InpaintNet
from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.models.verifier import Verifier
from balltrack.weights.events import EVENTS
from balltrack.weights.header import TORCH_SUFFIXES, inpaintnet_coordinates, read_header
from balltrack.weights.registry import find_weights
from balltrack.weights.upstream import read_upstream
from balltrack.weights.verifiers import VERIFIER, check_verifier

Metadata = dict[str, str]


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
        network: a `TrackNet`, an `InpaintNet`, a `Verifier` or an `EventNet`.
        metadata: further header entries, text to text.
        half: store the floating-point tensors as float16.

    Raises:
        OutputError: the file cannot be written.
    """
    header = dict(metadata)
    if isinstance(network, TrackNet):
        header |= {"architecture": "tracknet", "spec": json.dumps(asdict(network.spec))}
    elif isinstance(network, InpaintNet):
        header |= {"architecture": "inpaintnet"}
        header.setdefault("coordinates", network.coordinates)
    elif isinstance(network, Verifier):
        header |= {"architecture": VERIFIER}
    elif isinstance(network, EventNet):
        header |= {"architecture": EVENTS}
    tensors = {
        name: (tensor.half() if half and tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in network.state_dict().items()
    }
    target = Path(path)
    partial = target.with_name(target.name + ".partial")
    try:
        save_file(tensors, partial, metadata=header)
        partial.replace(target)
    except (OSError, SafetensorError) as error:
        partial.unlink(missing_ok=True)
        raise OutputError(f"{target}: cannot write the weights ({error})") from error


def load_network(name_or_path: str) -> tuple[TrackNet, Metadata]:
    """The heatmap network of a registered name or of a file, in float32 and eval mode.

    Raises:
        UnknownNameError: neither a registered name nor an existing file.
        WeightsError: damaged, not a heatmap network, or not fitting its spec.
    """
    path = find_weights(name_or_path)
    metadata, tensors = _read(path)
    network = TrackNet(_read_spec(path, metadata))
    _fill(network, tensors, path)
    return network, metadata


def load_inpaintnet(name_or_path: str) -> InpaintNet:
    """The inpainting network of a registered name or of a file; errors as `load_network`."""
    path = find_weights(name_or_path)
    metadata, tensors = _read(path)
    network = InpaintNet(inpaintnet_coordinates(path, metadata))
    _fill(network, tensors, path)
    return network


def load_verifier(name_or_path: str) -> tuple[Verifier, Metadata]:
    """The verifier of a registered name or of a file; errors as `load_network`."""
    path = find_weights(name_or_path)
    metadata, tensors = _read(path)
    check_verifier(path, metadata)
    network = Verifier()
    _fill(network, tensors, path)
    return network, metadata


def load_eventnet(name_or_path: str) -> tuple[EventNet, Metadata]:
    """The events network of a registered name or of a file; errors as `load_network`."""
    path = find_weights(name_or_path)
    metadata, tensors = _read(path)
    network = EventNet()
    _fill(network, tensors, path)
    return network, metadata


def load_any(name_or_path: str) -> tuple[nn.Module, str, Metadata]:
    """A network of any kind, the name of its spec and its metadata; errors as `load_network`."""
    metadata, _ = _read(find_weights(name_or_path))
    if metadata.get("architecture") == VERIFIER:
        return load_verifier(name_or_path)[0], VERIFIER, metadata
    if metadata.get("architecture") == EVENTS:
        return load_eventnet(name_or_path)[0], EVENTS, metadata
    if metadata.get("architecture") == "inpaintnet":
        return load_inpaintnet(name_or_path), "inpaintnet", metadata
    network, _ = load_network(name_or_path)
    return network, network.spec.name, metadata


def _read(path: Path) -> tuple[Metadata, dict[str, torch.Tensor]]:
    if path.suffix.lower() in TORCH_SUFFIXES:
        return read_upstream(path)
    return read_header(path).metadata, load_file(path)


def _read_spec(path: Path, metadata: Metadata) -> NetworkSpec:
    if metadata.get("architecture") == "inpaintnet":
        raise WeightsError(
            f"{path}: is an inpaintnet, which fills gaps and finds no ball; it is for --inpaint"
        )
    if metadata.get("architecture") == VERIFIER:
        raise WeightsError(
            f"{path}: is a verifier, which judges what another network found; it is for --verify"
        )
    if metadata.get("architecture") == EVENTS:
        raise WeightsError(f"{path}: finds hits and bounces and no ball; it is for `events`")
    if metadata.get("architecture") != "tracknet":
        raise WeightsError(
            f"{path}: its header names no heatmap network; give weights made by `balltrack train`"
        )
    try:
        return NetworkSpec(**json.loads(metadata["spec"]))
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{path}: its header holds no usable network spec ({error})") from error


def _fill(network: nn.Module, tensors: Mapping[str, torch.Tensor], path: Path) -> None:
    """Load the tensors as float32 and switch to eval mode, or say in one line what differs."""
    tensors = {
        name: tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
    }
    wanted = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    given = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if wanted != given:
        differing = sorted(dict(wanted.items() ^ given.items()))
        first = differing[0]
        raise WeightsError(
            f"{path}: does not fit its network: {len(differing)} of {len(wanted)} tensors differ, "
            f"first {first!r}: expected {wanted.get(first)}, found {given.get(first)}"
        )
    network.load_state_dict(tensors)
    network.eval()
