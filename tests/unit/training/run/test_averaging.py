"""The averaged weights follow the network, at first closely."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from balltrack.training.run.averaging import Average


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))


def test_it_is_the_sum_written_out() -> None:
    net = network()
    average = Average(net, 0.5)
    expected = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    for step, decay in enumerate((1 / 10, 2 / 11, 3 / 12)):
        net(torch.randn(8, 3))  # moves the statistics
        with torch.no_grad():
            net[0].weight += 1.0 + step
        average.update(step)
        for name, tensor in net.state_dict().items():
            if tensor.is_floating_point():
                expected[name] = decay * expected[name] + (1 - decay) * tensor
            else:
                expected[name] = tensor.clone()
    torch.testing.assert_close(dict(average.network.state_dict()), expected)
    assert int(average.network[1].num_batches_tracked) == 3


def test_the_decay_rises_no_further_than_asked() -> None:
    net = network()
    average = Average(net, 0.5)
    before = average.network[0].weight.clone()
    with torch.no_grad():
        net[0].weight += 1.0
    average.update(10_000)
    torch.testing.assert_close(average.network[0].weight, before + 0.5)


def test_without_decay_it_is_the_network() -> None:
    net = network()
    average = Average(net, 0.0)
    net(torch.randn(8, 3))
    with torch.no_grad():
        net[0].weight.mul_(torch.pi)
    average.update(0)
    for name, tensor in net.state_dict().items():
        assert torch.equal(average.network.state_dict()[name], tensor), name


def test_it_neither_learns_nor_counts() -> None:
    net = network()
    average = Average(net, 0.9)
    assert net.training
    assert not average.network.training
    assert not any(parameter.requires_grad for parameter in average.network.parameters())


@pytest.mark.parametrize("decay", [0.0, 0.9])
def test_a_loaded_average_goes_on(decay: float) -> None:
    """It keeps its tensors when a state is put into them."""
    net = network()
    average = Average(net, decay)
    average.network.load_state_dict(network().state_dict())
    with torch.no_grad():
        net[0].weight += 1.0
    average.update(50_000)
    moved = average.network[0].weight - network()[0].weight
    torch.testing.assert_close(moved, torch.full((3, 3), 1 - decay), atol=1e-5, rtol=0)
