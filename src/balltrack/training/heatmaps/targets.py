"""What a heatmap should look like."""

from __future__ import annotations

import torch

DISC_RADIUS = 2.5
"""Radius of the target disc in pixels of the network grid (TrackNetV2 and V3)."""


def disc_heatmaps(xy: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Hard discs of radius `DISC_RADIUS`, pixel-centre correct.

    Args:
        xy: (..., 2) float ball positions in pixels of the (height, width) grid; NaN, or
            anywhere outside, draws nothing.

    Returns:
        (..., height, width) float32, 1 inside the disc and 0 elsewhere.
    """
    xy = xy.to(torch.float32)
    dx = torch.arange(width, device=xy.device) - xy[..., 0, None]  # (..., width)
    dy = torch.arange(height, device=xy.device) - xy[..., 1, None]  # (..., height)
    distance2 = dy[..., :, None] ** 2 + dx[..., None, :] ** 2
    return (distance2 <= DISC_RADIUS**2).to(torch.float32)  # NaN compares false
