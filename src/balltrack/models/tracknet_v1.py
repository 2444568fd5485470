"""TrackNet, the first one: an encoder and a decoder without skips that names a grey level a pixel.

Huang et al., "TrackNet: A Deep Learning Network for Tracking High-speed and Tiny Objects in
Sports Applications" (2019), table 1, the model that takes three frames. Layer names are those
of yastrebksv/TrackNet (`model.py`), so that its checkpoints load without renaming.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from balltrack.models.network import HeatmapNetwork
from balltrack.models.specs import NetworkSpec

LEVELS = 256
"""Grey levels that a pixel of the heatmap can have."""

STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (256, 256, 256), (128, 128),
          (64, 64, LEVELS))  # fmt: skip
"""Channels of the convolutions at one resolution: full, half, quarter, eighth and back."""

EMPTY_LOGIT = 8.0
"""Bias of level 0 before training: all other levels together begin at a tenth. Where every
level is as likely, the first thousand steps go into learning that most pixels are empty."""


class ConvBlock(nn.Module):
    """3x3 convolution, ReLU, batch norm: (B, C, h, w) → (B, D, h, w)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, padding=1),
            nn.ReLU(),
            nn.BatchNorm2d(out_channels),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        normed: torch.Tensor = self.block(x)
        return normed


class TrackNetV1(HeatmapNetwork):
    """Three frames in, 256 logits a pixel for the newest of them out: (B, 256, h, w)."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__(spec)
        taken, number = spec.in_channels, 0
        for stage in STAGES:
            for given in stage:
                number += 1
                self.add_module(f"conv{number}", ConvBlock(taken, given))
                taken = given
        level_biases = self.get_submodule(f"conv{number}.block.2").bias
        assert isinstance(level_biases, torch.Tensor)
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
        lowest = STAGES.index(max(STAGES))
        for place, stage in enumerate(STAGES):
            for _ in stage:
                x = next(blocks)(x)
            if place < lowest:
                x = functional.max_pool2d(x, 2)
            elif place < len(STAGES) - 1:
                x = functional.interpolate(x, scale_factor=2, mode="nearest")
        return x

    def heatmaps(self, logits: torch.Tensor) -> torch.Tensor:
        """The likeliest grey level of every pixel as a share of white: (B, 1, h, w)."""
        return logits.argmax(dim=1, keepdim=True).float() / (LEVELS - 1)
