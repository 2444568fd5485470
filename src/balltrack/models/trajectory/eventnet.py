"""The events networks: Temporal Shift Modules over a trajectory.

Residual blocks of linear layers that see one row each. Before each block some channels are moved
here from other rows (Lin, Gan & Han 2019, "TSM: Temporal Shift Module for Efficient Video
Understanding"), which lie further and further away, as in temporal convolutional networks (Bai,
Kolter & Koltun 2018). Each block is normed before (Xiong et al. 2020).
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from balltrack.models.trajectory.eventnet_arrays import (
    CHANNELS,
    CLASSES,
    DISTANCES,
    WHOLE,
    Plan,
)

DROPOUT = 0.1


class EventBlock(nn.Module):
    """(B, L, C) → (B, L, C).

    Args:
        distance: rows that the shifted channels come from; beyond both ends they are zero.
        plan: which channels these are.
    """

    def __init__(self, distance: int, plan: Plan) -> None:
        super().__init__()
        self.distance, self.plan = distance, plan
        self.norm = nn.LayerNorm(CHANNELS)
        self.gather = nn.Linear(CHANNELS, CHANNELS)
        self.give = nn.Linear(CHANNELS, CHANNELS)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self._shifted(self.norm(x))
        given: torch.Tensor = self.give(self.dropout(torch.relu(self.gather(y))))
        return x + given

    def _shifted(self, y: torch.Tensor) -> torch.Tensor:
        both = self.plan.later + self.plan.earlier
        padded = functional.pad(y, (0, 0, self.distance, self.distance))
        later = padded[:, 2 * self.distance :, : self.plan.later]
        earlier = padded[:, : -2 * self.distance, self.plan.later : both]
        return torch.cat([later, earlier, y[:, :, both:]], dim=-1)


class EventNet(nn.Module):
    """(B, L, features) rows of `balltrack.events.rows` → (B, L, answers, 3) logits of `CLASSES`."""

    def __init__(self, plan: Plan = WHOLE) -> None:
        super().__init__()
        self.plan = plan
        self.taken = nn.Linear(plan.features, CHANNELS)
        self.blocks = nn.ModuleList(EventBlock(distance, plan) for distance in DISTANCES)
        self.norm = nn.LayerNorm(CHANNELS)
        self.given = nn.Linear(CHANNELS, plan.answers * len(CLASSES))

    def header(self) -> dict[str, str]:
        """See `balltrack.weights.checkpoints.Described`."""
        return {"architecture": self.plan.architecture}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.taken(x)
        for block in self.blocks:
            x = block(x)
        logits: torch.Tensor = self.given(self.norm(x))
        return logits.reshape(*x.shape[:2], self.plan.answers, len(CLASSES))
