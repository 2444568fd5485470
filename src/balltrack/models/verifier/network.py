"""A second look at a candidate, in the source's own pixels.

TrackNet sees a 512x288 picture, where a shuttle before a shirt is three grey levels. The verifier
sees a few pixels of a few frames, two and a half times as sharp. Networks that propose and others
that judge the proposals come from Girshick et al., "Rich feature hierarchies for accurate object
detection" (2014).
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from balltrack.models.verifier.patches import CELL, DISC_RADIUS, NOW, OFFSETS, REACH, SIDE

DIFFERENCE_GAIN = 2.0
PRIOR_LOGIT = -3.0

NEAR, FAR, MERGED = (24, 32, 48, 64, 64), 96, 48
"""Channels of the layers."""


class VerifierBlock(nn.Sequential):
    """Convolution, batch norm, ReLU: (N, C, h, w) → (N, D, h / stride, w / stride)."""

    def __init__(self, taken: int, given: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(taken, given, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(given),
            nn.ReLU(inplace=True),
        )


class Verifier(nn.Module):
    """Patches in, verdicts out.

    ``forward``: (N, T, 64, 64, 3) BGR in 0 … 255, any number type, T as `patches.OFFSETS` has
    it → (N, 16, 16) logits that the ball is in each cell of the patch at the middle frame.
    ``verdicts``: logits → (N, 3) the evidence that there is a ball, which is the highest logit near
    the middle, and where it is: x and y in pixels from pixel (32, 32).
    """

    reachable: torch.Tensor
    covered: torch.Tensor
    places: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d, e = NEAR
        self.near = nn.Sequential(
            VerifierBlock(3 * len(OFFSETS), a, kernel=5, stride=2),
            VerifierBlock(a, b),
            VerifierBlock(b, c, stride=2),
            VerifierBlock(c, d),
            VerifierBlock(d, e),
        )
        self.far = nn.Sequential(
            VerifierBlock(e, FAR, stride=2), VerifierBlock(FAR, FAR), VerifierBlock(FAR, FAR)
        )
        self.merge = VerifierBlock(e + FAR, MERGED, kernel=1)
        self.predictor = nn.Conv2d(MERGED, 1, 1)
        assert self.predictor.bias is not None
        nn.init.constant_(self.predictor.bias, PRIOR_LOGIT)
        across = torch.arange(SIDE // CELL) * CELL + (CELL - SIDE) / 2  # from the middle, pixels
        distance = torch.hypot(across[:, None], across)
        self.register_buffer("reachable", distance <= REACH, persistent=False)
        # where a ball within reach may have its disc
        self.register_buffer("covered", distance <= REACH + DISC_RADIUS, persistent=False)
        y, x = torch.meshgrid(across - 0.5, across - 0.5, indexing="ij")  # from pixel (32, 32)
        self.register_buffer("places", torch.stack([x, y]).flatten(1), persistent=False)

    def header(self) -> dict[str, str]:
        """See `balltrack.weights.checkpoints.Described`."""
        return {"architecture": "verifier"}

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        return self.logits(differences(patches))

    @property
    def first_convolution(self) -> nn.Conv2d:
        """The one that takes `differences`."""
        first = self.get_submodule("near.0.0")
        assert isinstance(first, nn.Conv2d)
        return first

    def logits(self, apart: torch.Tensor) -> torch.Tensor:
        """What ``forward`` gives for patches with these `differences`."""
        near = self.near(apart)  # (N, 64, 16, 16)
        far = self.far(near)  # (N, 96, 8, 8)
        far = functional.interpolate(far, scale_factor=2.0, mode="nearest")
        logits: torch.Tensor = self.predictor(self.merge(torch.cat([near, far], dim=1)))
        return logits[:, 0]

    def verdicts(self, logits: torch.Tensor) -> torch.Tensor:
        """(N, 16, 16) → (N, 3)."""
        evidence = logits.masked_fill(~self.reachable, -1e4).flatten(1).amax(1, keepdim=True)
        disc = (logits.sigmoid() * self.covered).flatten(1)
        return torch.cat([evidence, disc @ self.places.T / disc.sum(1, keepdim=True)], dim=1)


def differences(patches: torch.Tensor) -> torch.Tensor:
    """(N, T, h, w, 3) → (N, 3T, h, w): the middle frame, and what the others have that it has not.

    In the order of the frames; motion is what a candidate is first judged by.
    """
    images = patches.permute(0, 1, 4, 2, 3).float() / 255.0
    now = images[:, NOW : NOW + 1]
    before, after = images[:, :NOW], images[:, NOW + 1 :]
    channels = [(before - now) * DIFFERENCE_GAIN, now - 0.5, (after - now) * DIFFERENCE_GAIN]
    return torch.cat(channels, dim=1).flatten(1, 2).contiguous(memory_format=torch.channels_last)
