"""What a network is shown of frames and background while it learns.

Train on frames minus background, ship a network that takes frames and background.

Fed the background and ``2 (frame - background)``, TrackNetV3 finds the ball in a fraction
of the steps. The change of input is linear, so it folds exactly into the first convolution
and inference never sees it.
"""

from __future__ import annotations

import torch

from balltrack.models.network import HeatmapNetwork
from balltrack.models.specs import BackgroundMode

DIFFERENCE_GAIN = 2.0


def beside_background(x: torch.Tensor, mode: BackgroundMode) -> torch.Tensor:
    """(B, 3 + 3L, h, w) in [0, 1], RGB, the background first → what a network with it learns from.

    For "concat" that is `difference_input`; for "subtract" and "subtract_concat" what
    `balltrack.scene.differences` shows, (B, L, h, w) or (B, 4L, h, w).
    """
    if mode == "concat":
        return difference_input(x)
    images = x.reshape(x.shape[0], -1, 3, *x.shape[2:])
    frames = images[:, 1:]
    apart = (frames - images[:, :1]).abs().sum(dim=2, keepdim=True)
    apart = (apart * 255).round().remainder(256) / 255  # as a byte wraps around
    shown = apart if mode == "subtract" else torch.cat([frames, apart], dim=2)
    return shown.flatten(1, 2).contiguous(memory_format=torch.channels_last)


def difference_input(x: torch.Tensor) -> torch.Tensor:
    """(B, 3 + 3L, h, w) [background, frames] → [background, gain * (frames - background)]."""
    batch, channels, height, width = x.shape
    x = x.clone()
    images = x.view(batch, channels // 3, 3, height, width)
    images[:, 1:].sub_(images[:, :1]).mul_(DIFFERENCE_GAIN)
    return x


@torch.no_grad()
def fold_difference(network: HeatmapNetwork) -> None:
    """Change the first weights in place: f(difference_input(x)) becomes f(x)."""
    weight = network.first_convolution.weight
    weight[:, 3:] *= DIFFERENCE_GAIN
    weight[:, :3] -= _summed_over_frames(weight)


@torch.no_grad()
def unfold_difference(network: HeatmapNetwork) -> None:
    """Undo `fold_difference`, to go on training shipped weights."""
    weight = network.first_convolution.weight
    weight[:, :3] += _summed_over_frames(weight)
    weight[:, 3:] /= DIFFERENCE_GAIN


def _summed_over_frames(weight: torch.Tensor) -> torch.Tensor:
    """(D, 3 + 3L, k, k) → (D, 3, k, k): the frames' weights added up by colour."""
    return torch.stack([weight[:, 3 + colour :: 3].sum(dim=1) for colour in range(3)], dim=1)
