"""Weights → files that other programs read. Another format is a row in `FORMATS`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from balltrack.errors import BalltrackError, ConversionError
from balltrack.models.network import HeatmapNetwork
from balltrack.models.specs import SPECS, NetworkSpec
from balltrack.models.trajectory.inpaintnet import InpaintNet
from balltrack.models.trajectory.inpaintnet_arrays import SEQUENCE_LENGTH
from balltrack.outputs import whole_file
from balltrack.weights.checkpoints import load_any
from balltrack.weights.handle import Weights
from balltrack.weights.layouts import BACKGROUNDS, CHGYGLIN
from balltrack.weights.onnx_file import write_onnx


def export(weights: Weights, output: Path, name: str) -> None:
    """Write weights in another program's format, whole or not at all.

    Args:
        weights: open ones.
        output: the file to write; an existing one is replaced.
        name: of `FORMATS`.

    Raises:
        WeightsError: damaged weights.
        ConversionError: a network that the format cannot hold, or whose copy answers otherwise.
        OptionError: a package is missing.
        OutputError: the file cannot be written.
    """
    network, _ = load_any(weights)
    with whole_file(output) as partial:
        try:
            FORMATS[name](network, weights, partial)
        except BalltrackError:
            raise
        except ValueError as error:
            raise ConversionError(
                f"{weights.path}: cannot be exported as {name}: {error}"
            ) from error


def _tracknetv3(network: nn.Module, weights: Weights, place: Path) -> None:
    """As qaz812345/TrackNetV3 saves it (train.py), with what its test.py and predict.py read."""
    del weights
    if isinstance(network, InpaintNet):
        if network.coordinates != "image":
            raise ValueError(
                "its coordinates are shares of a window around what was seen, and TrackNetV3's "
                "are shares of the picture"
            )
        parameters = {"model_name": "InpaintNet", "seq_len": SEQUENCE_LENGTH, "bg_mode": ""}
    else:
        spec = _spec_of(network)
        frames = spec.frames_in
        v3 = replace(SPECS["tracknet-v3"], frames_in=frames, frames_out=frames)
        _require(spec, replace(v3, background=spec.background))
        mode = next(theirs for theirs, ours in BACKGROUNDS.items() if ours == spec.background)
        parameters = {"model_name": "TrackNet", "seq_len": frames, "bg_mode": mode}
    content = {
        "epoch": 0,
        "max_val_acc": 0.0,
        "model": network.state_dict(),
        "param_dict": parameters,
    }
    with place.open("wb") as file:  # by its name torch would take one without a suffix for none
        torch.save(content, file)


def _tracknetv2(network: nn.Module, weights: Weights, place: Path) -> None:
    """As ChgygLin/TrackNetV2-pytorch saves it (train.py): the tensors alone."""
    del weights
    spec = _spec_of(network)
    v2 = replace(SPECS["tracknet-v2"], frames_in=spec.frames_in, frames_out=spec.frames_out)
    _require(spec, v2)
    theirs = {ours: name for name, ours in CHGYGLIN.items()}
    tensors = {}
    for name, tensor in network.state_dict().items():
        layer = next(layer for layer in theirs if name.startswith(layer))
        tensors[theirs[layer] + name.removeprefix(layer)] = tensor
    with place.open("wb") as file:
        torch.save(tensors, file)


def _spec_of(network: nn.Module) -> NetworkSpec:
    if not isinstance(network, HeatmapNetwork):
        raise ValueError("it is no heatmap network")
    return network.spec


def _require(spec: NetworkSpec, wanted: NetworkSpec) -> None:
    """Raise `ValueError` unless the two agree in all but their names and how they are trained."""
    trained = ("name", "target", "sigma", "loss", "locate")
    differing = {k: v for k, v in vars(spec).items() if k not in trained and vars(wanted)[k] != v}
    if spec.levels:
        differing["loss"] = spec.loss
    if differing:
        raise ValueError(f"it is a {spec.name}, which differs in {json.dumps(differing)}")


FORMATS: dict[str, Callable[[nn.Module, Weights, Path], None]] = {
    "tracknetv3": _tracknetv3,
    "tracknetv2": _tracknetv2,
    "onnx": write_onnx,
}
"""How each is written: network, weights and place → a file; `ValueError` says what does not fit."""
