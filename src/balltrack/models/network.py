"""What every heatmap network has in common."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict

import torch
from torch import nn

from balltrack.models.specs import NetworkSpec

LEVELS = 256
"""Grey levels that a pixel of a heatmap can have where a network chooses among them."""

EMPTY_LOGIT = 8.0
"""Bias of level 0 before training: all other levels together begin at a tenth. Where every
level is as likely, the first thousand steps go into learning that most pixels are empty."""


class HeatmapNetwork(nn.Module, ABC):
    """Frames in, heatmaps out.

    ``forward``: (B, spec.in_channels, h, w) float as `inputs.arrange` gives it → logits.

    Attributes:
        spec: what it is.
    """

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        self.spec = spec

    def header(self) -> dict[str, str]:
        """See `balltrack.weights.checkpoints.Described`."""
        return {"architecture": self.spec.architecture, "spec": json.dumps(asdict(self.spec))}

    @property
    @abstractmethod
    def first_convolution(self) -> nn.Conv2d:
        """The one that everything learnt begins with."""

    @property
    def entries(self) -> Sequence[nn.Conv2d]:
        """All convolutions that take the network's input."""
        return (self.first_convolution,)

    def heatmaps(self, logits: torch.Tensor) -> torch.Tensor:
        """Logits → (B, spec.frames_out, h, w) in [0, 1]: probabilities, or the likeliest grey level
        of every pixel as a share of white."""
        if self.spec.levels:
            return logits.argmax(dim=1, keepdim=True).float() / (LEVELS - 1)
        return torch.sigmoid(logits)
