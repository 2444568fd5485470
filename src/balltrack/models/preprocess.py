"""From uint8 images to the network's input: the one preprocessing, training uses it too."""

from __future__ import annotations

import torch


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
