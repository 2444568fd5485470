"""On a CPU no runtime computes a doubled map: it costs nothing but time, so no answer tells."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from balltrack.models.build import build
from balltrack.models.folding import FoldedResizeConv, ResizeConv
from balltrack.models.specs import NetworkSpec
from balltrack.runtimes.on_torch.runtime import FromBytes
from balltrack.weights.checkpoints import save_checkpoint
from balltrack.weights.handle import open_weights

SPEC = NetworkSpec("small", 3, 3, height=32, width=64, base_width=4)


def test_torch_folds_what_it_doubles() -> None:
    answer = FromBytes(build(SPEC), "cpu", torch.float32, torch.channels_last)
    kinds = [type(module) for module in answer.modules()]
    assert kinds.count(FoldedResizeConv) == 3
    assert ResizeConv not in kinds


def test_openvino_folds_what_it_doubles(tmp_path: Path) -> None:
    openvino = pytest.importorskip("openvino")
    from balltrack.runtimes.on_openvino.model import convert  # noqa: PLC0415  # an extra

    save_checkpoint(tmp_path / "small.safetensors", build(SPEC), {})
    convert(open_weights(tmp_path / "small.safetensors"), tmp_path / "network.xml", "spec")
    kinds = [
        op.get_type_name() for op in openvino.Core().read_model(tmp_path / "network.xml").get_ops()
    ]
    assert kinds.count("ConvolutionBackpropData") == 3
    assert not {"Interpolate", "Einsum", "MatMul"} & {*kinds}
