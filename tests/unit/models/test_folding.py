"""What folds into less gives the same."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from torch import nn
from torch.nn import functional

from balltrack.models.build import build
from balltrack.models.folding import (
    FoldedResizeConv,
    Maps,
    ResizeConv,
    fold_batch_norm,
    fold_doubling,
)
from balltrack.models.specs import SPECS, NetworkSpec

SIZES = ((1, 1), (3, 5), (6, 4))
"""Of maps before they are doubled, (height, width)."""


def doubled_and_convolved(conv: ResizeConv, maps: Maps) -> torch.Tensor:
    small, beside = maps
    x = functional.interpolate(small, scale_factor=2, mode="nearest")
    x = x if beside is None else torch.cat([x, beside], dim=1)
    return functional.conv2d(x, conv.weight, conv.bias, padding=1)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("beside", [0, 2])
@pytest.mark.parametrize("size", SIZES)
def test_a_doubled_map_is_never_made(beside: int, bias: bool, size: tuple[int, int]) -> None:
    """Borders are told apart, too: beyond them a convolution sees 0. It learns the same."""
    torch.manual_seed(0)
    conv = ResizeConv(3, beside, 4, bias=bias).double()
    small = torch.rand(2, 3, *size, dtype=torch.float64)
    others = torch.rand(2, beside, 2 * size[0], 2 * size[1], dtype=torch.float64)
    maps = (small, others if beside else None)
    expected, found = doubled_and_convolved(conv, maps), conv(maps)
    assert torch.allclose(found, expected, rtol=0, atol=1e-12)
    assert torch.allclose(FoldedResizeConv(conv)(maps), expected, rtol=0, atol=1e-12)
    wanted = torch.autograd.grad(expected.square().sum(), [*conv.parameters()])
    learnt = torch.autograd.grad(found.square().sum(), [*conv.parameters()])
    for one, other in zip(learnt, wanted, strict=True):
        assert torch.allclose(one, other, rtol=0, atol=1e-10)


@pytest.mark.parametrize("spec", SPECS.values(), ids=list(SPECS))
def test_every_network_answers_as_before(spec: NetworkSpec) -> None:
    torch.manual_seed(0)
    network = build(spec).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.1)
            nn.init.uniform_(module.running_mean, -0.1, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    x = torch.rand(1, spec.in_channels, 32, 48)
    folded = deepcopy(network)
    fold_batch_norm(folded)
    fold_doubling(folded)
    assert not any(isinstance(module, ResizeConv) for module in folded.modules())
    with torch.no_grad():
        expected = network(x)
        apart = (folded(x) - expected).abs().max() / expected.std()
    assert expected.std() > 0
    assert apart < 1e-4
