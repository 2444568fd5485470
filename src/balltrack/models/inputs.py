"""Pictures in the order, the colours and the range that a network was trained with."""

from __future__ import annotations

import torch
from torch import nn

from balltrack.models.network import HeatmapNetwork
from balltrack.models.specs import NetworkSpec


def network_input(frames: torch.Tensor, background: torch.Tensor | None) -> torch.Tensor:
    """Stack a window into channels and scale to [0, 1].

    Args:
        frames: (B, L, 3, h, w) uint8 RGB, oldest to newest.
        background: (B, 3, h, w) uint8 RGB median of the shot; None for networks without.

    Returns:
        (B, C, h, w) float32 on the same device, channels last in memory: the background's
        three channels first (TrackNetV3's "concat" mode), then the frames'.
    """
    stacked = frames.flatten(1, 2)
    if background is not None:
        stacked = torch.cat([background, stacked], dim=1)
    # Turned around while a value takes a byte, not four.
    stacked = stacked.contiguous(memory_format=torch.channels_last)
    return stacked.to(torch.float32).div_(255.0)


def arrange(x: torch.Tensor, spec: NetworkSpec) -> torch.Tensor:
    """Images as the project hands them round → a network's input.

    Args:
        x: (B, spec.in_channels, h, w) float in [0, 1], RGB, the background first where the
            network takes one, frames oldest to newest.
        spec: of the network.
    """
    if spec.order == "newest-first":
        x = _frames_reversed(x)
    if spec.colour == "bgr":
        x = _colours_reversed(x)
    return x


def take_bytes(network: HeatmapNetwork) -> HeatmapNetwork:
    """Let it take BGR in 0 … 255, the oldest frame first, whatever it was trained with; in place.

    The order of channels is the first convolution's, and so is the division by 255.
    """
    entry = network.first_convolution
    kernels = entry.weight.detach()
    if network.spec.order == "newest-first":
        kernels = _frames_reversed(kernels)
    if network.spec.colour == "rgb":
        kernels = _colours_reversed(kernels)
    entry.weight = nn.Parameter(kernels / 255.0, requires_grad=False)
    return network


def _frames_reversed(x: torch.Tensor) -> torch.Tensor:
    """(N, 3K, h, w): the last image first. Networks with a background know no other order."""
    return x.reshape(len(x), -1, 3, *x.shape[2:]).flip(1).flatten(1, 2)


def _colours_reversed(x: torch.Tensor) -> torch.Tensor:
    """(N, 3K, h, w): red and blue of every image swapped."""
    return x.reshape(len(x), -1, 3, *x.shape[2:]).flip(2).flatten(1, 2)
