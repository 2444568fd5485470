"""A weights file → OpenVINO's graph of its network; needs torch."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from openvino import save_model
from openvino.frontend import FrontEndManager
from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder
from torch import nn

from balltrack.errors import ConversionError
from balltrack.models.folding import fold_doubling
from balltrack.models.inputs import TakesBytes
from balltrack.models.verifier.network import DIFFERENCE_GAIN, Verifier
from balltrack.models.verifier.patches import NOW, OFFSETS, SIDE
from balltrack.weights.checkpoints import load_network, load_verifier
from balltrack.weights.handle import Weights


def convert(weights: Weights, file: Path, spec_key: str) -> None:
    """Write the graph of a network, ``file`` and its .bin, the `NetworkSpec` under ``spec_key``.

    It takes (1, h, w, C) float32, the bytes of images as the reader gives them: BGR, interleaved,
    the background first; and gives (1, L, h, w) float32 probabilities. The front end is asked
    directly: ``openvino.convert_model`` does the same in ten times the time and reports it to
    Intel.

    Raises:
        WeightsError: not a heatmap network.
        ConversionError: one with something that OpenVINO does not know.
    """
    network, _ = load_network(weights)
    spec = network.spec
    example = torch.zeros((1, spec.height, spec.width, spec.in_channels))
    facts = {spec_key: json.dumps(asdict(spec))}
    answer = TakesBytes(network)
    fold_doubling(answer)
    _write(FromBytes(answer), example, file, facts, weights)


def convert_verifier(weights: Weights, file: Path, batch: int) -> None:
    """Write the graph of a verifier: (batch, 64, 64, 3T) float32 in, the bytes of T patches beside
    each other, each BGR; (batch, 3) float32 out.

    Raises:
        WeightsError: not a verifier.
        ConversionError: one with something that OpenVINO does not know.
    """
    network, _ = load_verifier(weights)
    example = torch.zeros((batch, SIDE, SIDE, 3 * len(OFFSETS)))
    _write(Verdicts(network), example, file, {}, weights)


def _write(
    module: nn.Module, example: torch.Tensor, file: Path, facts: Mapping[str, str], weights: Weights
) -> None:
    """The graph of a module as ``file`` and its .bin, with its facts."""
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # OpenVINO has no other way yet
            traced = torch.jit.trace(  # type: ignore[no-untyped-call]
                module.eval(), example, check_trace=False
            )
        front_end = FrontEndManager().load_by_framework("pytorch")
        decoder = TorchScriptPythonDecoder(traced)  # must outlive the model
        model = front_end.convert(front_end.load(decoder))
        model.reshape(list(example.shape))
        for key, fact in facts.items():
            model.set_rt_info(fact, key)
        save_model(model, file, compress_to_fp16=False)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise ConversionError(
            f"{weights.path}: OpenVINO cannot take the network; use --runtime torch ({reason})"
        ) from error


class Verdicts(nn.Module):
    """A verifier from interleaved patches to verdicts.

    `differences` are a convolution of one pixel here, of whole numbers of at most 255, which bf16
    has exactly; what scales them goes into the kernels of the next.
    """

    def __init__(self, network: Verifier) -> None:
        super().__init__()
        self.network = network
        colours = 3 * len(OFFSETS)
        now = slice(3 * NOW, 3 * NOW + 3)
        apart = torch.eye(colours)
        apart[:, now] -= torch.eye(3).repeat(len(OFFSETS), 1)
        apart[now, now] = 2 * torch.eye(3)
        self.apart = nn.Conv2d(colours, colours, 1)
        self.apart.weight = nn.Parameter(apart[:, :, None, None])
        self.apart.bias = nn.Parameter(torch.zeros(colours))
        self.apart.bias.data[now] = -255
        scale = torch.full((colours, 1, 1), DIFFERENCE_GAIN / 255)
        scale[now] = 1 / (2 * 255)
        network.first_convolution.weight.data *= scale

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        x = self.apart(patches.permute(0, 3, 1, 2))
        return self.network.verdicts(self.network.logits(x))


class FromBytes(nn.Module):
    """A network behind an entrance for interleaved images: (1, h, w, C)."""

    def __init__(self, answer: TakesBytes) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        heatmaps: torch.Tensor = self.answer(x.permute(0, 3, 1, 2))
        return heatmaps
