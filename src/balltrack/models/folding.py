"""What of a network folds into less once it is trained: batch norms, and maps that are doubled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

Maps = tuple[torch.Tensor, torch.Tensor | None]
"""(B, C, h, w) that are to be doubled, and (B, D, 2h, 2w) that have that size already, if any."""

MEETS = ((0.0, 0.0, 1.0), (0.0, 1.0, 1.0), (1.0, 1.0, 0.0), (1.0, 0.0, 0.0))
"""Along an axis: which of three weights meet the value of each of a transposed convolution's four,
where every value is there twice."""


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


class ResizeConv(nn.Conv2d):
    """A 3x3 convolution of maps doubled by nearest neighbours and, behind them, of others.

    ``forward``: `Maps` → (B, E, 2h, 2w).

    A doubled map has each value four times, so that nine weights meet four values at most. Those
    that meet the same one are added up beforehand, which leaves a transposed convolution, four
    ninths of the products and no doubled map (Shi et al. 2016, "Is the deconvolution layer the same
    as a convolutional layer?"). A GPU doubles, as all figures of GPUs were measured.

    Args:
        doubled: channels that are to be doubled, C.
        beside: channels behind them, D.
        out_channels: E.
    """

    def __init__(self, doubled: int, beside: int, out_channels: int, *, bias: bool = True) -> None:
        super().__init__(doubled + beside, out_channels, 3, padding=1, bias=bias)
        self.doubled = doubled

    def kernels(self) -> torch.Tensor:
        """(C, E, 4, 4) of the transposed convolution."""
        meets = self.weight.new_tensor(MEETS)
        with torch.autocast(self.weight.device.type, enabled=False):
            return torch.einsum("ya,xb,oiab->ioyx", meets, meets, self.weight[:, : self.doubled])

    def forward(self, maps: Maps) -> torch.Tensor:  # type: ignore[override]  # two of them
        small, beside = maps
        if small.device.type == "cpu":
            return _convolve(maps, self.kernels(), self.weight[:, self.doubled :], self.bias)
        x = functional.interpolate(small, scale_factor=2, mode="nearest")
        return super().forward(x if beside is None else torch.cat([x, beside], dim=1))


class FoldedResizeConv(nn.Module):
    """A `ResizeConv` that is trained, its weights added up once."""

    def __init__(self, conv: ResizeConv) -> None:
        super().__init__()
        self.kernels = nn.Parameter(conv.kernels().detach(), requires_grad=False)
        beside = conv.weight[:, conv.doubled :].detach()
        self.weight = nn.Parameter(beside, requires_grad=False)
        self.bias = conv.bias

    def forward(self, maps: Maps) -> torch.Tensor:
        return _convolve(maps, self.kernels, self.weight, self.bias)


def _convolve(
    maps: Maps, kernels: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None
) -> torch.Tensor:
    small, beside = maps
    alone = bias if beside is None else None
    x = functional.conv_transpose2d(small, kernels, alone, stride=2, padding=1)
    return x if beside is None else functional.conv2d(beside, weight, bias, padding=1) + x


def fold_batch_norm(network: nn.Module) -> None:
    """Fold each norm that directly follows its convolution into it; in place, eval mode only."""
    for module in network.modules():
        for first, second in module.normed if isinstance(module, Normed) else ():
            convolution = cast(nn.Conv2d, module.get_submodule(first))
            norm = cast(nn.BatchNorm2d, module.get_submodule(second))
            module.register_module(first, fuse_conv_bn_eval(convolution, norm))
            module.register_module(second, nn.Identity())


def fold_doubling(network: nn.Module) -> None:
    """Make a `FoldedResizeConv` of every `ResizeConv`, norms folded before; in place."""
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, ResizeConv):
                module.register_module(name, FoldedResizeConv(child))
