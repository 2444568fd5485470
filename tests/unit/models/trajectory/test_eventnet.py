"""The events networks on arrays answer as torch does, and see no further than they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from balltrack.errors import WeightsError
from balltrack.models.trajectory.eventnet import EventNet
from balltrack.models.trajectory.eventnet_arrays import (
    LIVE,
    REACH,
    WHOLE,
    ArrayEventNet,
    ArrayLiveNet,
    Plan,
)
from balltrack.models.trajectory.inpaintnet import InpaintNet
from balltrack.weights.arrays import read_eventnet, read_livenet
from balltrack.weights.checkpoints import load_any, load_network, save_checkpoint

PLANS = pytest.mark.parametrize("plan", [WHOLE, LIVE], ids=["whole", "live"])


def network_of(plan: Plan) -> EventNet:
    torch.manual_seed(4)
    network = EventNet(plan)
    for parameter in network.parameters():  # norms and biases too
        parameter.data += 0.1 * torch.randn_like(parameter)
    return network.eval()


def answered(network: torch.nn.Module, rows: torch.Tensor) -> np.ndarray:
    """(L, answers, 3) probabilities."""
    with torch.no_grad():
        return torch.softmax(network(rows[None])[0], dim=-1).numpy()


def tensors_of(network: EventNet) -> dict[str, np.ndarray]:
    tensors = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    assert {name: tensor.shape for name, tensor in tensors.items()} == network.plan.shapes
    return tensors


@pytest.mark.parametrize("count", [1, 5, 50])  # fewer rows than the furthest distance, too
def test_arrays_answer_as_torch(count: int) -> None:
    network = network_of(WHOLE)
    rows = torch.randn(count, WHOLE.features)
    given = ArrayEventNet(tensors_of(network))(rows.numpy())
    assert_allclose(given, answered(network, rows)[:, 0], atol=2e-6)


def test_rows_in_turn_are_answered_as_all_at_once() -> None:
    network = network_of(LIVE)
    sequences = torch.randn(2, 50, LIVE.features)
    live = ArrayLiveNet(tensors_of(network))
    memory = live.memory(2)
    given = np.stack([live(sequences[:, row].numpy(), memory) for row in range(50)], axis=1)
    for one, rows in zip(given, sequences, strict=True):
        assert_allclose(one, answered(network, rows), atol=2e-6)


@PLANS
def test_answers_depend_on_no_more_rows_than_said(plan: Plan) -> None:
    network = network_of(plan)
    rows = torch.zeros(1, 2 * REACH + 41, plan.features)
    middle = REACH + 20
    with torch.no_grad():
        before = network(rows)
        rows[0, middle] = 5.0
        changed = torch.nonzero((network(rows) != before).any(dim=-1).any(dim=-1)[0])
    assert changed.min() == middle - (REACH if plan.later else 0)
    assert changed.max() == middle + REACH


@PLANS
def test_weights_are_read_back(plan: Plan, tmp_path: Path) -> None:
    network = network_of(plan)
    path = tmp_path / "mine.safetensors"
    save_checkpoint(path, network, {"note": "x"})
    rows = np.random.default_rng(0).normal(size=(9, plan.features)).astype(np.float32)
    again, metadata = load_any(str(path), plan.architecture)
    expected = answered(again, torch.from_numpy(rows))
    if plan == WHOLE:
        assert_allclose(read_eventnet(str(path))(rows), expected[:, 0], atol=2e-6)
    else:
        live = read_livenet(str(path))
        assert_allclose(live(rows[:1], live.memory(1)), expected[:1], atol=2e-6)
    assert metadata["architecture"] == plan.architecture
    assert load_any(str(path))[1]["architecture"] == plan.architecture


def test_other_weights_are_refused(tmp_path: Path) -> None:
    other, whole, live = (tmp_path / f"{name}.safetensors" for name in ("other", "whole", "live"))
    save_checkpoint(other, InpaintNet(), {})
    save_checkpoint(whole, network_of(WHOLE), {})
    save_checkpoint(live, network_of(LIVE), {})
    with pytest.raises(WeightsError, match="is an inpaintnet, which fills gaps and finds no ball"):
        read_eventnet(str(other))
    with pytest.raises(WeightsError, match="finds hits and bounces and no ball"):
        load_network(str(whole))
    with pytest.raises(WeightsError, match="finds hits and bounces live and no ball"):
        read_eventnet(str(live))
    with pytest.raises(WeightsError, match="is an events network, which finds hits and bounces"):
        read_livenet(str(whole))
    with pytest.raises(WeightsError, match="no such weights file"):
        read_eventnet(str(tmp_path / "none.safetensors"))
