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

    Args:
        doubled: channels that are to be doubled, C.
        beside: channels behind them, D.
        out_channels: E.
    """

    def __init__(self, doubled: int, beside: int, out_channels: int, *, bias: bool = True) -> None:
        super().__init__(doubled + beside, out_channels, 3, padding=1, bias=bias)
        self.doubled = doubled

    def forward(self, maps: Maps) -> torch.Tensor:  # type: ignore[override]  # two of them
        small, beside = maps
        x = functional.interpolate(small, scale_factor=2, mode="nearest")
        return super().forward(x if beside is None else torch.cat([x, beside], dim=1))


class FoldedResizeConv(nn.Module):
    """The same as a `ResizeConv`, up to rounding, with fewer products.

    A doubled map has each value four times, so that nine weights meet four values at most. Those
    that meet the same one are added up beforehand, which leaves a transposed convolution and four
    ninths of the products (Shi et al. 2016, "Is the deconvolution layer the same as a
    convolutional layer?").

    Args:
        conv: trained; its weights are taken.
    """

    def __init__(self, conv: ResizeConv) -> None:
        super().__init__()
        doubled, beside = conv.doubled, conv.in_channels - conv.doubled
        weight, bias = conv.weight.detach(), conv.bias
        meets = torch.tensor(MEETS, dtype=torch.float64)
        kernels = torch.einsum("ya,xb,oiab->ioyx", meets, meets, weight[:, :doubled].double())
        self.small = nn.ConvTranspose2d(doubled, conv.out_channels, 4, stride=2, padding=1)
        self.small.weight = nn.Parameter(kernels.to(weight), requires_grad=False)
        self.small.bias = None if bias is None else nn.Parameter(bias.detach(), False)
        self.beside: nn.Conv2d | None = None
        if beside:
            self.beside = nn.Conv2d(beside, conv.out_channels, 3, padding=1)
            self.beside.weight = nn.Parameter(weight[:, doubled:], requires_grad=False)
            self.beside.bias, self.small.bias = self.small.bias, None

    def forward(self, maps: Maps) -> torch.Tensor:
        small, beside = maps
        x: torch.Tensor = self.small(small)
        return x if self.beside is None else self.beside(beside) + x


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
