"""Checkpoints as qaz812345/TrackNetV3 saves them, built here layer by layer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from balltrack.errors import WeightsError
from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.models.trajectory.inpaintnet import InpaintNet
from balltrack.trajectory.inpainting import InpaintNetInpainter
from balltrack.weights.arrays import read_inpaintnet
from balltrack.weights.checkpoints import load_inpaintnet, load_network, save_checkpoint
from balltrack.weights.handle import open_weights
from balltrack.weights.registry import FOLDER_VARIABLE
from balltrack.weights.release import release

LAYERS = {  # model.py: channels in and out of each convolution over three rows
    "down_1.conv": (3, 32),
    "down_2.conv": (32, 64),
    "down_3.conv": (64, 128),
    "buttleneck.conv_1.conv": (128, 256),
    "buttleneck.conv_2.conv": (256, 256),
    "up_1.conv": (384, 128),
    "up_2.conv": (192, 64),
    "up_3.conv": (96, 32),
    "predictor": (32, 2),
}
CARD = {"licence": "MIT", "provenance": "a test"}
Tensors = dict[str, torch.Tensor]


def save_upstream(path: Path, tensors: Tensors, **parameters: object) -> Path:
    """A file as train.py writes it."""
    content = {
        "epoch": 299,
        "max_val_acc": np.float64(0.94),
        "model": tensors,
        "optimizer": {"state": {}, "param_groups": [{"lr": 0.001, "params": [0]}]},
        "scheduler": {"step_size": 100, "gamma": 0.1},
        "param_dict": {"seq_len": 16, "mask_ratio": 0.3, "bg_mode": "", **parameters},
    }
    torch.save(content, path)
    return path


@pytest.fixture
def tensors() -> Tensors:
    torch.manual_seed(2)
    found: Tensors = {}
    for name, (into, out) in LAYERS.items():
        found[f"{name}.weight"] = torch.randn(out, into, 3) * (2 / (3 * into)) ** 0.5
        found[f"{name}.bias"] = torch.randn(out) / 10
    return found


@pytest.fixture
def checkpoint(tensors: Tensors, tmp_path: Path) -> Path:
    return save_upstream(tmp_path / "InpaintNet_best.pt", tensors, model_name="InpaintNet")


def upstream_forward(tensors: Tensors, xy: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """(L, 2) shares of the picture and (L, 1) mask → (L, 2), as model.py's InpaintNet."""

    def block(name: str, *x: torch.Tensor) -> torch.Tensor:
        weight, bias = tensors[f"{name}.conv.weight"], tensors[f"{name}.conv.bias"]
        return functional.leaky_relu(
            functional.conv1d(torch.cat(x, 1), weight, bias, padding=1), 0.01
        )

    x1 = block("down_1", torch.cat([xy, mask], 1).T[None])
    x2 = block("down_2", x1)
    x3 = block("down_3", x2)
    x = block("buttleneck.conv_2", block("buttleneck.conv_1", x3))
    x = block("up_3", block("up_2", block("up_1", x, x3), x2), x1)
    last = functional.conv1d(x, tensors["predictor.weight"], tensors["predictor.bias"], padding=1)
    return torch.sigmoid(last)[0].T


def test_an_upstream_inpaintnet_fills_gaps_as_it_does_there(
    checkpoint: Path, tensors: Tensors
) -> None:
    """Its coordinates are shares of the picture; a window of ours would give another answer."""
    steps = np.linspace(0, 1, 16)
    seen = np.stack([0.2 + 0.3 * steps, 0.6 - 0.4 * steps + 0.5 * steps**2], axis=1)
    mask = np.zeros(16, bool)
    mask[6:10] = True
    given = np.where(mask[:, None], 0, seen).astype(np.float32)
    expected = upstream_forward(tensors, torch.tensor(given), torch.tensor(mask[:, None]).float())

    inpaint = InpaintNetInpainter(*read_inpaintnet(str(checkpoint)))
    filled = inpaint(np.where(mask[:, None], np.nan, seen), mask)

    np.testing.assert_allclose(filled[6:10], expected.numpy()[6:10], atol=1e-5)
    np.testing.assert_array_equal(filled[~mask], seen[~mask])
    ours = InpaintNetInpainter(read_inpaintnet(str(checkpoint))[0], "window")(
        np.where(mask[:, None], np.nan, seen), mask
    )
    assert np.abs(ours - filled)[6:10].max() > 0.01


def test_it_can_be_given_a_name(
    checkpoint: Path, tensors: Tensors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "club"
    entry = release(str(checkpoint), folder, "v3-inpaint", CARD, half=False)
    assert entry.path.suffix == ".safetensors"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    network = load_inpaintnet("v3-inpaint")
    assert network.coordinates == "image"
    assert torch.equal(network.predictor.weight, tensors["predictor.weight"])


def test_an_upstream_tracker_can_be_given_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = TrackNet(NetworkSpec("tracknet-v3", 2, 2))
    path = save_upstream(tmp_path / "TrackNet_best.pt", dict(network.state_dict()), seq_len=2)
    release(str(path), tmp_path / "club", "v3", CARD, half=False)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "club"))
    loaded, _ = load_network("v3")
    assert loaded.spec == network.spec
    assert torch.equal(loaded.predictor.weight, network.predictor.weight)


@pytest.mark.parametrize("coordinates", ["image", "window"])
def test_our_own_files_keep_their_coordinates(tmp_path: Path, coordinates: str) -> None:
    path = tmp_path / "own.safetensors"
    save_checkpoint(path, InpaintNet(coordinates), {})  # type: ignore[arg-type]
    assert load_inpaintnet(str(path)).coordinates == coordinates


def test_coordinates_of_a_later_version_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    save_checkpoint(path, InpaintNet("sphere"), {})  # type: ignore[arg-type]
    with pytest.raises(WeightsError, match=r"own\.safetensors: .* coordinates 'sphere'"):
        load_inpaintnet(str(path))


def test_the_header_says_what_is_in_it(checkpoint: Path) -> None:
    header = open_weights(checkpoint).header
    assert header.metadata == {"architecture": "inpaintnet", "coordinates": "image"}
    assert (header.tensors, header.dtypes) == (18, ("F32",))
    assert header.parameters == sum(p.numel() for p in InpaintNet().parameters())


def test_the_other_kind_is_refused_in_one_line(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"InpaintNet_best\.pt: is an inpaintnet.* --inpaint"):
        load_network(str(checkpoint))
    tracker = TrackNet(NetworkSpec("tracknet-v3", 2, 2))
    path = save_upstream(tmp_path / "TrackNet_best.pt", dict(tracker.state_dict()), seq_len=2)
    with pytest.raises(
        WeightsError, match=r"TrackNet_best\.pt: is a heatmap network, .* an inpaint"
    ):
        load_inpaintnet(str(path))


@pytest.mark.parametrize("content", [[1, 2], {"model": [1]}, {"model": {"a": torch.ones(2)}}])
def test_what_is_neither_is_refused_in_one_line(tmp_path: Path, content: object) -> None:
    path = tmp_path / "other.pt"
    torch.save(content, path)
    for load in (load_network, load_inpaintnet):
        with pytest.raises(WeightsError, match=r"other\.pt: holds no network known here") as caught:
            load(str(path))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"not weights", b"PK\x03\x04 torn"])
def test_files_that_are_none(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "torn.pt"
    path.write_bytes(data)
    with pytest.raises(WeightsError, match=r"torn\.pt: not a checkpoint") as caught:
        load_inpaintnet(str(path))
    assert "\n" not in str(caught.value)
