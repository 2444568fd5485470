"""TrackNetV2 with an eye for motion: what changed since the last frame counts more.

Raj, Wang and Gedeon, "TrackNetV4: Enhancing Fast Sports Object Tracking with Motion Attention
Maps" (2025), fusion of type A, which multiplies each map by the change that led to its frame.
Numbers are those of TrackNetV4/TrackNetV4 (`src/models/TrackNetV4.py`).
"""

from __future__ import annotations

import torch
from torch import nn

from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import TrackNet

GREY = (0.299, 0.587, 0.114)
"""What red, green and blue count (ITU-R BT.601)."""

GAIN = 0.225
"""Pictures are brought to 0.225 x + 0.45 first; of differences the gain is left."""

SLOPE_AT_FIRST = 0.1
"""Learnt with the network, as the shift is, which begins at 0."""


class Differences(nn.Conv2d):
    """Grey of each frame less that of the one before: (B, 3L, h, w) → (B, L - 1, h, w).

    A convolution, so that it can be told what range its input has; nothing to be learnt.
    """

    def __init__(self, frames: int) -> None:
        super().__init__(3 * frames, frames - 1, 1, bias=False)
        grey = GAIN * torch.tensor(GREY)
        weight = torch.zeros(frames - 1, frames, 3)
        for i in range(frames - 1):
            weight[i, i], weight[i, i + 1] = -grey, grey
        del self.weight
        self.register_buffer("weight", weight.flatten(1)[:, :, None, None], persistent=False)


class MotionPrompt(nn.Module):
    """How much of a change each pixel saw: (B, 3L, h, w) → (B, L - 1, h, w) in (0, 1)."""

    def __init__(self, frames: int) -> None:
        super().__init__()
        self.differences = Differences(frames)
        self.slope = nn.Parameter(torch.tensor(SLOPE_AT_FIRST))
        self.shift = nn.Parameter(torch.tensor(0.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        slope = 5 / (0.45 * torch.tanh(self.slope).abs() + 0.1)
        shift = 0.6 * torch.tanh(self.shift)
        return torch.sigmoid(slope * (self.differences(x).abs() - shift))


class TrackNetV4(TrackNet):
    """`TrackNet` whose logits, but for those of the first frame, are multiplied by motion.

    Where nothing moves a logit comes nearer to 0, and its probability to a half: the network
    has to be the surer that there is no ball.
    """

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__(spec)
        self.motion = MotionPrompt(spec.frames_in)

    @property
    def entries(self) -> tuple[nn.Conv2d, ...]:
        """See `HeatmapNetwork`."""
        return (self.first_convolution, self.motion.differences)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits = super().forward(x)
        return torch.cat([logits[:, :1], logits[:, 1:] * self.motion(x)], dim=1)
