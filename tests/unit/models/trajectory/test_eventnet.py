"""The events network on arrays answers as torch does, and stays as small as it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from balltrack.errors import WeightsError
from balltrack.models.trajectory.eventnet import EventNet
from balltrack.models.trajectory.eventnet_arrays import FEATURES, REACH, SHAPES, ArrayEventNet
from balltrack.models.trajectory.inpaintnet import InpaintNet
from balltrack.weights.arrays import read_eventnet
from balltrack.weights.checkpoints import load_any, load_network, save_checkpoint


@pytest.fixture
def network() -> EventNet:
    torch.manual_seed(4)
    network = EventNet()
    for parameter in network.parameters():  # norms and biases too
        parameter.data += 0.1 * torch.randn_like(parameter)
    return network.eval()


def test_arrays_answer_as_torch(network: EventNet) -> None:
    rows = torch.randn(50, FEATURES)
    with torch.no_grad():
        expected = torch.softmax(network(rows[None])[0], dim=-1).numpy()
    tensors = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    assert {name: tensor.shape for name, tensor in tensors.items()} == SHAPES
    np.testing.assert_allclose(ArrayEventNet(tensors)(rows.numpy()), expected, atol=2e-6)


def test_answers_depend_on_no_more_rows_than_said(network: EventNet) -> None:
    rows = torch.zeros(1, 2 * REACH + 41, FEATURES)
    middle = REACH + 20
    with torch.no_grad():
        before = network(rows)
        rows[0, middle] = 5.0
        changed = torch.nonzero((network(rows) != before).any(dim=-1)[0])
    assert (changed.min(), changed.max()) == (middle - REACH, middle + REACH)


def test_weights_are_read_back(network: EventNet, tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    save_checkpoint(path, network, {"note": "x"})
    rows = np.random.default_rng(0).normal(size=(9, FEATURES)).astype(np.float32)
    again, metadata = load_any(str(path), "events")
    with torch.no_grad():
        expected = torch.softmax(again(torch.from_numpy(rows)[None])[0], dim=-1).numpy()
    np.testing.assert_allclose(read_eventnet(str(path))(rows), expected, atol=2e-6)
    assert metadata["architecture"] == "events"
    assert load_any(str(path))[1]["architecture"] == "events"


def test_other_weights_are_refused(network: EventNet, tmp_path: Path) -> None:
    other, mine = tmp_path / "other.safetensors", tmp_path / "mine.safetensors"
    save_checkpoint(other, InpaintNet(), {})
    save_checkpoint(mine, network, {})
    with pytest.raises(WeightsError, match="is an inpaintnet, which fills gaps and finds no ball"):
        read_eventnet(str(other))
    with pytest.raises(WeightsError, match="finds hits and bounces and no ball"):
        load_network(str(mine))
    with pytest.raises(WeightsError, match="no such weights file"):
        read_eventnet(str(tmp_path / "none.safetensors"))
