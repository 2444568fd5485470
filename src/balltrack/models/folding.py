"""Batch norms that run as part of the convolution before them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


class Normed(nn.Module):
    """A module with convolutions that a batch norm directly follows.

    Attributes:
        normed: names of each such convolution and of its norm.
    """

    normed: Sequence[tuple[str, str]] = ()


class NormedConv(nn.Sequential, Normed):
    """Convolution without bias, batch norm, and ``after``: (B, C, h, w) → (B, D, h', w')."""

    normed = (("0", "1"),)

    def __init__(
        self, in_channels: int, out_channels: int, kernel: int, stride: int, *after: nn.Module
    ) -> None:
        convolution = nn.Conv2d(in_channels, out_channels, kernel, stride, kernel // 2, bias=False)
        super().__init__(convolution, nn.BatchNorm2d(out_channels), *after)


def fold_batch_norm(network: nn.Module) -> None:
    """Fold each norm that directly follows its convolution into it; in place, eval mode only."""
    for module in network.modules():
        for first, second in module.normed if isinstance(module, Normed) else ():
            convolution = cast(nn.Conv2d, module.get_submodule(first))
            norm = cast(nn.BatchNorm2d, module.get_submodule(second))
            module.register_module(first, fuse_conv_bn_eval(convolution, norm))
            module.register_module(second, nn.Identity())
