"""What a heatmap should look like."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from balltrack.models.specs import NetworkSpec, Target

DISC_RADIUS = 2.5
"""Radius of the target disc in pixels of the network grid (TrackNetV2 and V3), where no other sigma
is asked for."""

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
    sigma = spec.sigma or OWN_SIGMA[spec.target](spec.height)
    return TARGETS[spec.target](_distance2(xy, height, width), sigma)


def disc(distance2: torch.Tensor, sigma: float) -> torch.Tensor:
    """1 within ``sigma`` pixels of the ball: (…) squared distances, NaN for none, → (…)."""
    return (distance2 <= sigma**2).to(torch.float32)  # NaN is false


def gaussian(distance2: torch.Tensor, sigma: float) -> torch.Tensor:
    """1 at the ball, and less by a bell of standard deviation ``sigma``; as `disc`."""
    return torch.exp(-distance2.nan_to_num(torch.inf) / (2 * sigma**2))


def grey_levels(distance2: torch.Tensor, sigma: float) -> torch.Tensor:
    """`gaussian` in whole 255ths, rounded down as a byte is: TrackNet's."""
    return torch.floor(255 * gaussian(distance2, sigma)) / 255


def _bell_sigma(height: int) -> float:
    """Of TrackNet's bell in a picture of ``height`` pixels."""
    return math.sqrt(BELL_VARIANCE) * height / BELL_HEIGHT


def _distance2(xy: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """(..., height, width) squared distance of every pixel's centre from ``xy``."""
    xy = xy.to(torch.float32)
    dx = torch.arange(width, device=xy.device) - xy[..., 0, None]  # (..., width)
    dy = torch.arange(height, device=xy.device) - xy[..., 1, None]  # (..., height)
    return dy[..., :, None] ** 2 + dx[..., None, :] ** 2


TARGETS: dict[Target, Callable[[torch.Tensor, float], torch.Tensor]] = {
    "disc": disc,
    "gaussian": gaussian,
    "grey-levels": grey_levels,
}
"""By `NetworkSpec.target`: squared distances from the ball, and sigma → heat."""

OWN_SIGMA: dict[Target, Callable[[int], float]] = {
    "disc": lambda _: DISC_RADIUS,
    "gaussian": _bell_sigma,
    "grey-levels": _bell_sigma,
}
"""Height of the network's picture → `NetworkSpec.sigma` where none is given."""
