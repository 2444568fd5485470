"""The play network on arrays answers as torch does, and stays as small as it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from balltrack.errors import WeightsError
from balltrack.models.play.arrays import SHAPES, SIZE, ArrayPlayNet
from balltrack.models.play.network import PlayNet
from balltrack.models.trajectory.eventnet import EventNet
from balltrack.structures import Image
from balltrack.weights.arrays import read_playnet
from balltrack.weights.checkpoints import load_any, save_checkpoint

PICTURE: Image = np.random.default_rng(0).integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)


@pytest.fixture
def network() -> PlayNet:
    torch.manual_seed(4)
    network = PlayNet()
    for value in network.state_dict().values():  # norms too, and what they have seen
        if value.is_floating_point():
            value.add_(0.02 * torch.rand_like(value))
    return network.eval()


def answer(network: torch.nn.Module) -> float:
    shown = torch.from_numpy(PICTURE.transpose(2, 0, 1)[None] / 255 - 0.5).float()
    with torch.no_grad():
        return float(network(shown)[0])


def test_arrays_answer_as_torch(network: PlayNet) -> None:
    expected = answer(network)
    tensors = {name: value.numpy() for name, value in network.folded().state_dict().items()}
    assert {name: value.shape for name, value in tensors.items()} == SHAPES
    assert ArrayPlayNet(tensors)(PICTURE) == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_weights_are_read_back(network: PlayNet, tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    expected = answer(network)
    save_checkpoint(path, network.folded(), {"note": "x"})
    assert read_playnet(str(path))(PICTURE) == pytest.approx(expected, rel=1e-4, abs=1e-4)
    again, metadata = load_any(str(path))
    assert answer(again) == pytest.approx(expected, rel=1e-4, abs=1e-4)
    assert metadata["architecture"] == "play"


def test_other_weights_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    save_checkpoint(other, EventNet(), {})
    with pytest.raises(WeightsError, match="is an events network"):
        read_playnet(str(other))
