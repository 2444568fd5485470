"""InpaintNet has upstream's layers and takes any length."""

from __future__ import annotations

import pytest
import torch

from balltrack.models.trajectory.inpaintnet import InpaintNet

UPSTREAM = {  # TrackNetV3's model.py: channels in, channels out of each convolution
    "down_1": (3, 32),
    "down_2": (32, 64),
    "down_3": (64, 128),
    "buttleneck.conv_1": (128, 256),
    "buttleneck.conv_2": (256, 256),
    "up_1": (384, 128),
    "up_2": (192, 64),
    "up_3": (96, 32),
}


def test_the_layers_are_upstreams_by_name_and_shape() -> None:
    expected = {"predictor.weight": (2, 32, 3), "predictor.bias": (2,)}
    for name, (into, out) in UPSTREAM.items():
        expected |= {f"{name}.conv.weight": (out, into, 3), f"{name}.conv.bias": (out,)}
    found = {name: tuple(t.shape) for name, t in InpaintNet().state_dict().items()}
    assert found == expected


@pytest.mark.parametrize("length", [1, 16, 23])
def test_a_position_for_each_row(length: int) -> None:
    positions = InpaintNet()(torch.rand(2, length, 3))
    assert positions.shape == (2, length, 2)
    assert ((positions > 0) & (positions < 1)).all()


def test_rows_are_time_and_columns_are_x_y_mask() -> None:
    """A row reaches nine rows to either side, through nine convolutions of three."""
    torch.manual_seed(0)
    network = InpaintNet().eval().double()  # at the ninth row the change is too small for single
    rows = torch.rand(1, 40, 3, dtype=torch.float64)
    changed = rows.clone()
    changed[0, 20, 2] += 1
    moved = (network(rows) - network(changed)).abs().sum(-1)[0] > 0
    assert torch.nonzero(moved).flatten().tolist() == list(range(11, 30))
