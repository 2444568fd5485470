"""A wider network begins where the narrower one is, and can go on from there."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from balltrack.models.losses import weighted_bce
from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.training.heatmaps.net2net import widen, widens

NARROW = NetworkSpec("narrow", 4, 4, 32, 48, "concat", base_width=4, stem_stride=2)
WIDE = replace(NARROW, name="wide", base_width=12)


@pytest.mark.parametrize(
    ("block", "stem_stride"), [("conv-bn-relu", 2), ("conv-bn-relu", 1), ("conv-relu-bn", 1)]
)
def test_a_widened_network_answers_as_before(block: str, stem_stride: int) -> None:
    torch.manual_seed(0)
    shape = {"block": block, "stem_stride": stem_stride}
    network = _settled(TrackNet(replace(NARROW, **shape)))  # type: ignore[arg-type]
    wide = widen(network, replace(WIDE, **shape))  # type: ignore[arg-type]
    x = torch.rand(2, NARROW.in_channels, 32, 48)
    with torch.inference_mode():
        assert torch.allclose(network(x), wide(x), atol=1e-6)
        assert network(x).std() > 1e-3
    assert wide.first_convolution.weight.shape[0] == 12


def test_the_new_channels_learn() -> None:
    torch.manual_seed(0)
    wide = widen(_settled(TrackNet(NARROW)), WIDE).train()
    before = {name: tensor.clone() for name, tensor in wide.state_dict().items()}
    optimiser = torch.optim.SGD(wide.parameters(), lr=1.0)
    target = torch.zeros(2, 4, 32, 48)
    target[:, :, 10:14, 20:24] = 1
    for _ in range(3):  # a new channel is heard after the first step, and learns from then on
        loss = weighted_bce(wide(torch.rand(2, WIDE.in_channels, 32, 48)), target, torch.ones(2, 4))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    new_features = wide.state_dict()["stem.weight"][4:]
    assert not torch.equal(new_features, before["stem.weight"][4:])
    assert wide.state_dict()["predictor.weight"][:, 4:].abs().min() > 0


@pytest.mark.parametrize(
    "other",
    [NARROW, replace(WIDE, base_width=2), replace(WIDE, stem_stride=1), replace(WIDE, frames_in=5)],
)
def test_only_a_wider_network_of_the_same_shape_is_one(other: NetworkSpec) -> None:
    assert widens(NARROW, WIDE)
    assert not widens(NARROW, other)


def _settled(network: TrackNet) -> TrackNet:
    """With numbers in its batch norms as after training."""
    for name, tensor in network.state_dict().items():
        if "bn" in name and tensor.is_floating_point():
            tensor.uniform_(0.5, 1.5)
    return network.eval()
