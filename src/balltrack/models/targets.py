"""What a heatmap should look like."""

from __future__ import annotations

from collections.abc import Callable

import torch

from balltrack.geometry import PAPER_GRID
from balltrack.models.specs import NetworkSpec

DISC_RADIUS = 2.5
"""Radius of the target disc in pixels of the network grid (TrackNetV2 and V3)."""

BELL_VARIANCE, BELL_HEIGHT = 10.0, 720
"""Of TrackNet's bell in square pixels, and the height of the picture that it is painted into (Huang
et al. 2019, section III). The kernel of 41x41 holds all of it that is not 0."""


def make_target(xy: torch.Tensor, height: int, width: int, spec: NetworkSpec) -> torch.Tensor:
    """What a network is taught for balls at ``xy``.

    Args:
        xy: (..., 2) float ball positions in pixels of the (height, width) grid, which is a
            part of the network's; NaN, or anywhere outside, draws nothing.
        height, width: of the grid.
        spec: of the network.

    Returns:
        (..., height, width) float32 in [0, 1].
    """
    return TARGETS[spec.target](xy, height, width, spec.height)


def disc_heatmaps(
    xy: torch.Tensor, height: int, width: int, picture_height: int = PAPER_GRID[1]
) -> torch.Tensor:
    """Hard discs of radius `DISC_RADIUS`, whatever the picture; arguments of `make_target`."""
    del picture_height
    return (_distance2(xy, height, width) <= DISC_RADIUS**2).to(torch.float32)  # NaN is false


def grey_levels(
    xy: torch.Tensor, height: int, width: int, picture_height: int = 360
) -> torch.Tensor:
    """TrackNet's bell in whole 255ths, rounded down as a byte is; arguments of `make_target`."""
    variance = BELL_VARIANCE * (picture_height / BELL_HEIGHT) ** 2
    bell = torch.exp(-_distance2(xy, height, width).nan_to_num(torch.inf) / (2 * variance))
    return torch.floor(255 * bell) / 255


def _distance2(xy: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """(..., height, width) squared distance of every pixel's centre from ``xy``."""
    xy = xy.to(torch.float32)
    dx = torch.arange(width, device=xy.device) - xy[..., 0, None]  # (..., width)
    dy = torch.arange(height, device=xy.device) - xy[..., 1, None]  # (..., height)
    return dy[..., :, None] ** 2 + dx[..., None, :] ** 2


TARGETS: dict[str, Callable[[torch.Tensor, int, int, int], torch.Tensor]] = {
    "disc": disc_heatmaps,
    "grey-levels": grey_levels,
}
"""By `NetworkSpec.target`."""
