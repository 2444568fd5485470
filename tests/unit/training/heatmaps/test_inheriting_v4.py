"""A network that begins with what TrackNetV2 knows answers as it did, as far as it can."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from balltrack.models.build import build
from balltrack.models.network import HeatmapNetwork
from balltrack.models.specs import SPECS, NetworkSpec
from balltrack.training.heatmaps.inheriting import inherit, inherits

SMALL = {"height": 16, "width": 24, "base_width": 4}
V2 = replace(SPECS["tracknet-v2"], **SMALL)
V4 = replace(SPECS["tracknet-v4"], **SMALL)
V1 = replace(SPECS["tracknet-v1"], **SMALL)


@pytest.fixture
def network() -> HeatmapNetwork:
    """With numbers in its batch norms as after training."""
    torch.manual_seed(0)
    network = build(V2)
    for name, tensor in network.state_dict().items():
        if "bn" in name and tensor.is_floating_point():
            tensor.uniform_(0.5, 1.5)
    return network.eval()


def test_tracknetv4_begins_with_every_weight_of_tracknetv2(network: HeatmapNetwork) -> None:
    heir = inherit(network, V4)
    assert heir.spec == V4
    still = torch.rand(1, 3, 16, 24).repeat(1, 3, 1, 1)
    with torch.inference_mode():
        before, after = network(still), heir(still)
    torch.testing.assert_close(after[:, 0], before[:, 0])
    torch.testing.assert_close(after[:, 1:], before[:, 1:] / 2)  # where nothing moves


@pytest.mark.parametrize("heir", [V4, V1])
@pytest.mark.parametrize(
    "other", [SPECS["tracknet-v3"], replace(V2, base_width=8), replace(V2, frames_in=4)]
)
def test_nobody_inherits_from_another_shape(heir: NetworkSpec, other: NetworkSpec) -> None:
    assert inherits(V2, heir)
    assert not inherits(other, heir)
