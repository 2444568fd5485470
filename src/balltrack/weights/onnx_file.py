"""A network as an ONNX file that says how to feed it and how to read it."""

from __future__ import annotations

import json
import logging
import warnings
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from balltrack.errors import ConversionError, OptionError
from balltrack.models.inputs import arrange
from balltrack.models.network import HeatmapNetwork
from balltrack.models.specs import NetworkSpec
from balltrack.models.trajectory.inpaintnet import InpaintNet
from balltrack.models.trajectory.inpaintnet_arrays import SEQUENCE_LENGTH
from balltrack.weights.handle import Weights

PACKAGES = ("onnx", "onnxscript", "onnxruntime")
"""What torch's exporter needs, and what runs the file to compare it."""

TOLERANCE = 1e-4
"""Most that an answer of the file may differ from torch's, and the share of answers that may do
so all the same: of grey levels rounding takes another where two are as likely."""

BATCHES = (1, 3)
"""Sizes that the file is tried with; it takes any."""


def write_onnx(network: nn.Module, weights: Weights, place: Path) -> None:
    """Write the network and compare the file's answers with torch's.

    Args:
        network: a heatmap network or an InpaintNet, in eval mode, float32.
        weights: it was loaded from.
        place: of the file.

    Raises:
        ValueError: another kind of network.
        ConversionError: torch cannot export it, or the file answers otherwise.
        OptionError: a package is missing.
    """
    if missing := [name for name in PACKAGES if find_spec(name) is None]:
        raise OptionError(f"{', '.join(missing)} not installed; pip install 'balltrack[onnx]'")
    if isinstance(network, HeatmapNetwork):
        spec = network.spec
        module: nn.Module = FromColours(network)
        shape: tuple[int, ...]
        shape, facts = (spec.in_channels, spec.height, spec.width), _heatmap_facts(spec)
    elif isinstance(network, InpaintNet):
        module, shape, facts = network, (SEQUENCE_LENGTH, 3), _inpaintnet_facts(network)
    else:
        raise ValueError("it is neither a heatmap network nor an InpaintNet")
    card = {"licence": weights.entry.licence, "provenance": weights.entry.provenance}
    facts |= card | {"weights": weights.name, "weights_sha256": weights.sha256}
    _export(module, torch.rand(2, *shape), facts, place)
    for batch in BATCHES:
        compare(module, torch.rand(batch, *shape), place)


class FromColours(nn.Module):
    """A network that takes RGB in [0, 1], oldest to newest, whatever it was trained with."""

    def __init__(self, network: HeatmapNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return self.network.heatmaps(self.network(arrange(frames, self.network.spec)))


def _heatmap_facts(spec: NetworkSpec) -> dict[str, str]:
    size = f"{spec.width}x{spec.height}"
    first = "the median of the shot first, then " if spec.background == "concat" else ""
    channels = {
        1: "one channel a picture, how far its colours are from the median of the shot, added up "
        "in a byte",
        3: "three channels a picture, red, green, blue",
        4: "four channels a picture, red, green, blue and how far they are from the median of the "
        "shot, added up in a byte",
    }[spec.image_channels]
    resized, place = f"resized to {size} whatever their shape", ""
    if spec.fit == "letterbox":
        resized = f"their longer side resized to {spec.width}, in the middle of a black {size}"
        place = "for 16:9, "
    newest = "each of them" if spec.frames_out == spec.frames_in else "the newest of them"
    return {
        "spec": json.dumps(asdict(spec)),
        "input": f"(batch, {spec.in_channels}, {spec.height}, {spec.width}) float32: "
        f"{channels}, in 0 ... 1; {first}{spec.frames_in} frames in a "
        f"row of one shot, the oldest first, {resized}, by area",
        "output": f"(batch, {spec.frames_out}, {spec.height}, {spec.width}) float32 in 0 ... 1: "
        f"how likely each pixel is the ball, one map for {newest}, the oldest first",
        "postprocessing": "connected pixels above 0.5 are a candidate at their mean weighted by "
        "the map, the best has the highest peak; from there to the source's pixels, counted from "
        f"the centre of the top left one: {place}(x + 0.5) * source_width / {spec.width} - 0.5, "
        f"(y + 0.5) * source_height / {spec.height} - 0.5",
    }


def _inpaintnet_facts(network: InpaintNet) -> dict[str, str]:
    borders = {
        "image": "0 and 1 are the borders of the picture",
        "window": "0 and 1 are the borders of a square around what was seen in the window",
    }
    return {
        "input": f"(batch, {SEQUENCE_LENGTH}, 3) float32: x and y, 0 where not seen, and 1 where "
        f"a position is asked for, a row a frame; {borders[network.coordinates]}",
        "output": f"(batch, {SEQUENCE_LENGTH}, 2) float32: x and y, to be used where asked for",
        "coordinates": network.coordinates,
    }


def _export(module: nn.Module, example: torch.Tensor, facts: dict[str, str], place: Path) -> None:
    import onnx  # noqa: PLC0415  # not everybody has it

    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # what of torchvision is not there
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch's own parts about each other
            program = torch.onnx.export(
                module.eval(),
                (example,),
                input_names=["input"],
                output_names=["output"],
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                dynamo=True,
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        reason = " ".join(str(error).split())[:200]
        raise ConversionError(f"torch cannot export the network to ONNX ({reason})") from error
    assert program is not None
    model = program.model_proto
    onnx.helper.set_model_props(model, facts)
    onnx.checker.check_model(model)
    place.write_bytes(model.SerializeToString())


def compare(module: nn.Module, x: torch.Tensor, place: Path) -> None:
    """Raise `ConversionError` unless the file answers as the network does."""
    import onnxruntime  # noqa: PLC0415  # not everybody has it

    try:
        session: Any = onnxruntime.InferenceSession(str(place), providers=["CPUExecutionProvider"])
        (found,) = session.run(None, {"input": x.numpy()})
    except Exception as error:  # onnxruntime's have no base of their own
        reason = " ".join(str(error).split())[:200]
        raise ConversionError(f"onnxruntime cannot run the ONNX file ({reason})") from error
    with torch.inference_mode():
        expected = module(x).numpy()
    off = np.abs(found - expected)
    if found.shape != expected.shape or np.mean(off > TOLERANCE) > TOLERANCE:
        raise ConversionError(
            f"the ONNX file answers otherwise than torch, by up to {off.max():.2g}; "
            f"onnxruntime {onnxruntime.__version__} or torch {torch.__version__} is at fault"
        )
