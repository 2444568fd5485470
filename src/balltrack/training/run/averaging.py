"""The average of a network's weights over the steps, which is what gets used."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


class Average:
    """Exponential moving average of weights and of batch norm's statistics.

    The decay rises with the steps, ``min(decay, (1 + step) / (10 + step))``, so that the
    random beginning is soon forgotten (the rule of TensorFlow's
    ``tf.train.ExponentialMovingAverage`` with ``num_updates``). A decay of 0 follows the
    network exactly.

    Args:
        network: to follow; it has to keep its tensors, changed in place.
        decay: 0 to 1.

    Attributes:
        network: the averaged one, in eval mode, on the same device.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = deepcopy(network).eval().requires_grad_(False)
        self._decay = decay
        self._averaged = _numbers_and_counters(self.network)
        self._current = _numbers_and_counters(network)

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the network after this step, counted from 0; waits for no GPU."""
        decay = min(self._decay, (1 + step) / (10 + step))
        numbers, counters = self._averaged
        numbers_now, counters_now = self._current
        get_ema_multi_avg_fn(decay)(numbers, numbers_now, step)  # type: ignore[no-untyped-call]
        for counter, now in zip(counters, counters_now, strict=True):
            counter.copy_(now)


def _numbers_and_counters(network: nn.Module) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """What is averaged, and what is copied: batch norm counts its batches."""
    tensors = list(network.state_dict().values())
    return (
        [tensor for tensor in tensors if tensor.is_floating_point()],
        [tensor for tensor in tensors if not tensor.is_floating_point()],
    )
