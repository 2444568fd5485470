"""Does a picture show play? Four convolutions over a picture of 128x72.

The mean of the last features says what most of the picture is made of, their maximum what is
anywhere in it.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

from balltrack.models.folding import NormedConv, fold_batch_norm
from balltrack.models.play.arrays import CHANNELS

DROPOUT = 0.3


class PlayNet(nn.Module):
    """(B, 3, 72, 128) BGR in [-0.5, 0.5] → (B,) log-odds that it shows no play."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *(NormedConv(before, after, 3, 2, nn.ReLU()) for before, after in pairwise(CHANNELS))
        )
        self.dropout = nn.Dropout(DROPOUT)
        self.given = nn.Linear(2 * CHANNELS[-1], 1)

    def header(self) -> dict[str, str]:
        """See `balltrack.weights.checkpoints.Described`."""
        return {"architecture": "play"}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.layers(x)
        pooled = torch.cat([x.mean((2, 3)), x.amax((2, 3))], dim=1)
        logits: torch.Tensor = self.given(self.dropout(pooled))
        return logits[:, 0]

    def folded(self) -> PlayNet:
        """This network in eval mode, its norms part of its convolutions, as files have it."""
        self.eval()
        fold_batch_norm(self)
        return self
