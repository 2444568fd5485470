"""The U-Net of TrackNetV2 and TrackNetV3, and the small one between a strided stem and head.

Layer names are those of qaz812345/TrackNetV3 (`model.py`), so that its checkpoints
load without renaming; sizes after Sun et al., "TrackNetV2" (2020), table 1.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import nn
from torch.nn import functional

from balltrack.models.folding import Maps, Normed, ResizeConv
from balltrack.models.network import EMPTY_LOGIT, LEVELS, HeatmapNetwork
from balltrack.models.specs import NetworkSpec

OUTPUT_PRIOR_LOGIT = -3.0
"""Bias of the heatmaps before training, a prior of about 5 %: at 0 the weighted loss
spends its first thousand steps on a plateau that predicts nothing."""


class ConvBlock(Normed):
    """3x3 convolution, batch norm, ReLU in the order of the spec: (B, C, h, w) → (B, D, h, w), or
    `Maps` with ``doubled`` channels of C to be doubled → (B, D, 2h, 2w)."""

    def __init__(
        self, spec: NetworkSpec, in_channels: int, out_channels: int, doubled: int = 0
    ) -> None:
        super().__init__()
        self.norm_first = spec.block == "conv-bn-relu"
        self.normed = (("conv", "bn"),) if self.norm_first else ()
        bias = not self.norm_first
        if doubled:
            beside = in_channels - doubled
            self.conv: nn.Conv2d = ResizeConv(doubled, beside, out_channels, bias=bias)
        else:
            self.conv = nn.Conv2d(in_channels, out_channels, 3, padding="same", bias=bias)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: torch.Tensor | Maps) -> torch.Tensor:
        convolved: torch.Tensor = self.conv(x)
        if self.norm_first:
            return functional.relu(self.bn(convolved), inplace=True)
        normed: torch.Tensor = self.bn(functional.relu(convolved))
        return normed


class Stage(nn.Module):
    """Convolution blocks ``conv_1`` … at one resolution; the first may take `Maps`."""

    def __init__(
        self, spec: NetworkSpec, in_channels: int, out_channels: int, depth: int, doubled: int = 0
    ) -> None:
        super().__init__()
        self.depth = depth
        for i in range(1, depth + 1):
            self.add_module(f"conv_{i}", ConvBlock(spec, in_channels, out_channels, doubled))
            in_channels, doubled = out_channels, 0

    def forward(self, x: torch.Tensor | Maps) -> torch.Tensor:
        for block in self.children():
            x = block(x)
        return cast(torch.Tensor, x)


class TrackNet(HeatmapNetwork):
    """Frames in, one heatmap logit map a frame out.

    ``forward``: (B, spec.in_channels, h, w) float in [0, 1], RGB, background first where
    the spec has one, frames oldest to newest → logits (B, spec.frames_out, h, w), or
    (B, LEVELS, h, w) where the spec has grey levels. h and w are multiples of 8 (16 with a
    stem) and need not be the spec's: training uses crops.
    """

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__(spec)
        w = spec.base_width
        entry = spec.in_channels
        if spec.stem_stride == 2:
            self.stem = nn.Conv2d(entry, w, 5, stride=2, padding=2)
            entry = w
        self.down_block_1 = Stage(spec, entry, w, 2)
        self.down_block_2 = Stage(spec, w, 2 * w, 2)
        self.down_block_3 = Stage(spec, 2 * w, 4 * w, spec.quarter_depth)
        self.bottleneck = Stage(spec, 4 * w, 8 * w, 3)
        self.up_block_1 = Stage(spec, (8 + 4 * spec.skips) * w, 4 * w, spec.quarter_depth, 8 * w)
        self.up_block_2 = Stage(spec, (4 + 2 * spec.skips) * w, 2 * w, 2, 4 * w)
        self.up_block_3 = Stage(spec, (2 + spec.skips) * w, w, 2, 2 * w)
        maps = LEVELS if spec.levels else spec.frames_out
        self.predictor = nn.Conv2d(w, maps * spec.stem_stride**2, 1)
        assert self.predictor.bias is not None
        nn.init.constant_(self.predictor.bias, 0.0 if spec.levels else OUTPUT_PRIOR_LOGIT)
        if spec.levels:
            nn.init.constant_(self.predictor.bias[: spec.stem_stride**2], EMPTY_LOGIT)

    @property
    def first_convolution(self) -> nn.Conv2d:
        """See `HeatmapNetwork`."""
        strided = self.spec.stem_stride == 2
        first = self.stem if strided else self.get_submodule("down_block_1.conv_1.conv")
        assert isinstance(first, nn.Conv2d)
        return first

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.spec.stem_stride == 2:
            x = functional.relu(self.stem(x))  # (B, w, h/2, w/2)
        x1 = self.down_block_1(x)
        x2 = self.down_block_2(functional.max_pool2d(x1, 2))
        x3 = self.down_block_3(functional.max_pool2d(x2, 2))
        x = self.bottleneck(functional.max_pool2d(x3, 2))
        skips = self.spec.skips
        x = self.up_block_1((x, x3 if skips else None))
        x = self.up_block_2((x, x2 if skips else None))
        x = self.up_block_3((x, x1 if skips else None))
        logits: torch.Tensor = self.predictor(x)
        if self.spec.stem_stride == 2:
            logits = functional.pixel_shuffle(logits, 2)
        return logits
