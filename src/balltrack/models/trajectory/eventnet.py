"""The events network: a temporal convolution over a trajectory.

Residual blocks that look at a row and at two neighbours further and further away, as temporal
convolutional networks do (Bai, Kolter & Koltun 2018, "An empirical evaluation of generic
convolutional and recurrent networks for sequence modeling"), each normed before (Xiong et al.
2020). `docs/events.md` compares it with Temporal Shift Modules.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from balltrack.models.trajectory.eventnet_arrays import CHANNELS, CLASSES, DILATIONS, FEATURES

DROPOUT = 0.1


class EventBlock(nn.Module):
    """(B, L, C) → (B, L, C); beyond both ends there are zeros."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.norm = nn.LayerNorm(CHANNELS)
        self.gather = nn.Linear(3 * CHANNELS, CHANNELS)
        self.give = nn.Linear(CHANNELS, CHANNELS)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        step = self.dilation
        y = functional.pad(self.norm(x), (0, 0, step, step))
        y = torch.cat([y[:, : -2 * step], y[:, step:-step], y[:, 2 * step :]], dim=-1)
        given: torch.Tensor = self.give(self.dropout(torch.relu(self.gather(y))))
        return x + given


class EventNet(nn.Module):
    """(B, L, FEATURES) rows of `balltrack.events.rows` → (B, L, 3) logits of `CLASSES`."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = nn.Linear(FEATURES, CHANNELS)
        self.blocks = nn.ModuleList(EventBlock(dilation) for dilation in DILATIONS)
        self.norm = nn.LayerNorm(CHANNELS)
        self.given = nn.Linear(CHANNELS, len(CLASSES))

    def header(self) -> dict[str, str]:
        """See `balltrack.weights.checkpoints.Described`."""
        return {"architecture": "events"}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.taken(x)
        for block in self.blocks:
            x = block(x)
        logits: torch.Tensor = self.given(self.norm(x))
        return logits
