"""What is exported is what is read back, by us and by others' rules."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from balltrack.errors import ConversionError, OptionError
from balltrack.models.build import build
from balltrack.models.inputs import arrange
from balltrack.models.network import HeatmapNetwork
from balltrack.models.specs import SPECS, NetworkSpec
from balltrack.models.trajectory.inpaintnet import InpaintNet
from balltrack.models.verifier.network import Verifier
from balltrack.weights import onnx_file
from balltrack.weights.checkpoints import load_inpaintnet, load_network, save_checkpoint
from balltrack.weights.export import export
from balltrack.weights.handle import open_weights

needs_onnx = pytest.mark.skipif(
    any(find_spec(name) is None for name in onnx_file.PACKAGES),
    reason="onnx is not installed: pip install 'balltrack[onnx]'",
)
V3 = replace(SPECS["tracknet-v3"], frames_in=2, frames_out=2)
TINY = {"height": 24, "width": 40, "base_width": 8}


def saved(network: nn.Module, tmp_path: Path) -> Any:
    path = tmp_path / "ours.safetensors"
    save_checkpoint(path, network, {})
    return open_weights(path)


def settled(spec: NetworkSpec) -> HeatmapNetwork:
    """With norms that do something and answers that differ."""
    torch.manual_seed(0)
    network = build(spec)
    for name, tensor in network.state_dict().items():
        if name.endswith("running_mean"):
            tensor.uniform_(-0.2, 0.2)
        if name.endswith("running_var"):
            tensor.uniform_(0.1, 0.5)
        if name.startswith(("predictor.", "final_layers.")):
            tensor.normal_()
        if name == "conv18.block.2.weight":  # TrackNet's head: no two levels nearly as likely
            tensor.normal_(0, 20)
        if name == "conv18.block.2.bias":
            tensor.zero_()
    return network.eval()


@torch.inference_mode()
def answers(network: HeatmapNetwork, size: tuple[int, int] = (16, 24)) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(2, network.spec.in_channels, *size, generator=generator)
    return network.heatmaps(network(x))


@pytest.mark.parametrize(
    ("background", "mode"), [("concat", "concat"), ("none", ""), ("subtract", "subtract")]
)
def test_tracknetv3_and_back(tmp_path: Path, background: Any, mode: str) -> None:
    network = settled(replace(V3, background=background))
    export(saved(network, tmp_path), tmp_path / "TrackNet_best.pt", "tracknetv3")
    content = torch.load(tmp_path / "TrackNet_best.pt", weights_only=True)
    assert content["model"].keys() == network.state_dict().keys()
    assert (content["param_dict"]["seq_len"], content["param_dict"]["bg_mode"]) == (2, mode)
    back, _ = load_network(tmp_path / "TrackNet_best.pt")
    assert back.spec == network.spec
    assert answers(network).std() > 0.01
    assert torch.equal(answers(back), answers(network))


def test_tracknetv2_and_back(tmp_path: Path) -> None:
    network = settled(SPECS["tracknet-v2"])
    export(saved(network, tmp_path), tmp_path / "best.pt", "tracknetv2")
    content = torch.load(tmp_path / "best.pt", weights_only=True)
    assert {name.partition(".")[0] for name in content} == {f"conv2d_{i}" for i in range(1, 19)}
    assert content["conv2d_11.conv.weight"].shape == (256, 768, 3, 3)
    assert content["conv2d_18.weight"].shape == (3, 64, 1, 1)
    back, _ = load_network(tmp_path / "best.pt")
    assert back.spec == network.spec
    assert torch.equal(answers(back), answers(network))


@pytest.mark.parametrize("form", ["tracknetv2", "tracknetv3"])
def test_a_name_may_have_no_suffix(tmp_path: Path, form: str) -> None:
    network = settled(SPECS[form.replace("v", "-v")])
    export(saved(network, tmp_path), tmp_path / "best", form)
    assert torch.load(tmp_path / "best", weights_only=True)


def test_inpaintnet_and_back(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = InpaintNet("image").eval()
    export(saved(network, tmp_path), tmp_path / "InpaintNet_best.pt", "tracknetv3")
    parameters = torch.load(tmp_path / "InpaintNet_best.pt", weights_only=True)["param_dict"]
    assert (parameters["model_name"], parameters["seq_len"]) == ("InpaintNet", 16)
    back = load_inpaintnet(tmp_path / "InpaintNet_best.pt")
    x = torch.rand(2, 16, 3)
    assert back.coordinates == "image"
    assert torch.equal(back(x), network(x))


@pytest.mark.parametrize(
    ("network", "name", "message"),
    [
        (InpaintNet("window"), "tracknetv3", "shares of a window"),
        (InpaintNet("image"), "tracknetv2", "no heatmap network"),
        (Verifier(), "tracknetv3", "no heatmap network"),
        (build(replace(V3, base_width=8)), "tracknetv3", r'differs in \{"base_width": 8\}'),
        (build(replace(V3, base_width=8)), "tracknetv2", '"block": "conv-bn-relu"'),
        (build(SPECS["wasb"]), "tracknetv3", '"architecture": "hrnet"'),
    ],
)
def test_what_a_format_cannot_hold_is_said_and_nothing_written(
    tmp_path: Path, network: nn.Module, name: str, message: str
) -> None:
    with pytest.raises(ConversionError, match=rf"ours.safetensors: .* as {name}: .*{message}"):
        export(saved(network, tmp_path), tmp_path / "theirs.pt", name)
    assert [path.name for path in tmp_path.iterdir()] == ["ours.safetensors"]


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_file, "PACKAGES", ("nosuchpackage",))
    with pytest.raises(OptionError, match=r"nosuchpackage not installed.*balltrack\[onnx\]"):
        export(saved(build(replace(V3, **TINY)), tmp_path), tmp_path / "x.onnx", "onnx")


@needs_onnx
@pytest.mark.slow
@pytest.mark.parametrize("name", ["tracknet-v1", "tracknet-v3-small", "tracknet-v4", "blurball"])
def test_an_onnx_file_answers_as_the_network_does(tmp_path: Path, name: str) -> None:
    import onnxruntime  # noqa: PLC0415

    size = TINY if name != "tracknet-v3-small" else TINY | {"height": 32, "width": 48}
    network = settled(replace(SPECS[name], **size))
    weights, spec = saved(network, tmp_path), network.spec
    export(weights, tmp_path / "x.onnx", "onnx")
    session = onnxruntime.InferenceSession(tmp_path / "x.onnx")
    x = torch.rand(5, spec.in_channels, spec.height, spec.width)  # RGB, oldest first
    (found,) = session.run(None, {"input": x.numpy()})
    with torch.inference_mode():
        expected = network.heatmaps(network(arrange(x, spec))).numpy()
    assert expected.std() > 0.01
    assert np.mean(np.abs(found - expected) > 1e-4) < 1e-3
    facts = session.get_modelmeta().custom_metadata_map
    assert facts["weights_sha256"] == weights.sha256
    assert f"{spec.frames_in} frames" in facts["input"]
    assert f"/ {spec.width} - 0.5" in facts["postprocessing"]


@needs_onnx
@pytest.mark.slow
def test_an_onnx_inpaintnet(tmp_path: Path) -> None:
    import onnxruntime  # noqa: PLC0415

    torch.manual_seed(0)
    network = InpaintNet("window").eval()
    export(saved(network, tmp_path), tmp_path / "x.onnx", "onnx")
    session = onnxruntime.InferenceSession(tmp_path / "x.onnx")
    x = torch.rand(5, 16, 3)
    (found,) = session.run(None, {"input": x.numpy()})
    np.testing.assert_allclose(found, network(x).detach().numpy(), atol=1e-5)
    assert session.get_modelmeta().custom_metadata_map["coordinates"] == "window"


@needs_onnx
@pytest.mark.slow
def test_a_file_that_answers_otherwise_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = saved(InpaintNet("image"), tmp_path)
    compare = onnx_file.compare
    other = InpaintNet("image").eval()
    monkeypatch.setattr(onnx_file, "compare", lambda _, x, place: compare(other, x, place))
    with pytest.raises(ConversionError, match="answers otherwise than torch"):
        export(weights, tmp_path / "x.onnx", "onnx")
    assert not (tmp_path / "x.onnx").exists()
