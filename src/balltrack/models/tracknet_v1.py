"""TrackNet, the first one: an encoder and a decoder without skips that names a grey level a pixel.

Huang et al., "TrackNet: A Deep Learning Network for Tracking High-speed and Tiny Objects in
Sports Applications" (2019), table 1, the model that takes three frames. Layer names are those
of yastrebksv/TrackNet (`model.py`), so that its checkpoints load without renaming.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice, pairwise

import torch
from torch import nn
from torch.nn import functional

from balltrack.models.folding import Maps, ResizeConv
from balltrack.models.network import EMPTY_LOGIT, LEVELS, HeatmapNetwork
from balltrack.models.specs import NetworkSpec

DOWN, UP = ((1, 1), (2, 2), (4, 4, 4), (8, 8, 8)), ((4, 4, 4), (2, 2), (1, 1))
"""Channels of the convolutions at each resolution, in base widths; the levels come after."""


class ConvBlock(nn.Module):
    """3x3 convolution, ReLU, batch norm: (B, C, h, w) → (B, D, h, w), or `Maps` of C to be doubled
    → (B, D, 2h, 2w)."""

    def __init__(self, in_channels: int, out_channels: int, *, doubled: bool) -> None:
        super().__init__()
        self.block = nn.Sequential(
            ResizeConv(in_channels, 0, out_channels)
            if doubled
            else nn.Conv2d(in_channels, out_channels, 3, padding=1),
            nn.ReLU(),
            nn.BatchNorm2d(out_channels),
        )

    def forward(self, x: torch.Tensor | Maps) -> torch.Tensor:
        normed: torch.Tensor = self.block(x)
        return normed


class TrackNetV1(HeatmapNetwork):
    """Three frames in, 256 logits a pixel for the newest of them out: (B, 256, h, w)."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__(spec)
        widths = [spec.base_width * width for stage in (*DOWN, *UP) for width in stage]
        channels = [spec.in_channels, *widths, LEVELS]
        deepest = sum(map(len, DOWN))
        doubled = {deepest + sum(map(len, UP[:stage])) + 1 for stage in range(len(UP))}
        for number, (taken, given) in enumerate(pairwise(channels), start=1):
            self.add_module(f"conv{number}", ConvBlock(taken, given, doubled=number in doubled))
        level_biases = self.get_parameter(f"conv{len(widths) + 1}.block.2.bias")
        with torch.no_grad():
            level_biases[0] = EMPTY_LOGIT

    @property
    def first_convolution(self) -> nn.Conv2d:
        """See `HeatmapNetwork`."""
        first = self.get_submodule("conv1.block.0")
        assert isinstance(first, nn.Conv2d)
        return first

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        blocks = iter(self.children())
        for stage in DOWN:
            if stage != DOWN[0]:
                x = functional.max_pool2d(x, 2)
            x = _through(islice(blocks, len(stage)), x)
        for stage in UP:
            x = next(blocks)((x, None))
            x = _through(islice(blocks, len(stage) - 1), x)
        return _through(blocks, x)


def _through(blocks: Iterable[nn.Module], x: torch.Tensor) -> torch.Tensor:
    for block in blocks:
        x = block(x)
    return x
