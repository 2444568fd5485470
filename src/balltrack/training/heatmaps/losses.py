"""What training minimises."""

from __future__ import annotations

import torch
from torch.nn import functional


def weighted_bce(
    logits: torch.Tensor,
    target: torch.Tensor,
    frame_weight: torch.Tensor,
    total: torch.Tensor | None = None,
) -> torch.Tensor:
    """The weighted binary cross-entropy of TrackNetV2 (Sun et al. 2020, section III).

    -[(1 - p)^2 y log p + p^2 (1 - y) log(1 - p)], written on logits so that no
    probability has to be clipped.

    Args:
        logits: (B, L, h, w).
        target: (B, L, h, w) in [0, 1].
        frame_weight: (B, L), 0 for frames without a label.
        total: scalar to divide by instead of the sum of the weights, where a batch is shared.

    Returns:
        The mean over the pixels of the weighted frames; a scalar, 0 if there are none.
    """
    logits = logits.float()
    p = torch.sigmoid(logits)
    loss = -((1 - p) ** 2) * target * functional.logsigmoid(logits)
    loss = loss - p**2 * (1 - target) * functional.logsigmoid(-logits)
    per_frame = loss.mean(dim=(2, 3))
    total = frame_weight.sum() if total is None else total
    return (per_frame * frame_weight).sum() / total.clamp(min=1.0)
