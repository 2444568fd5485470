"""What training minimises."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import functional

from balltrack.models.specs import Loss


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
    return _mean(loss, frame_weight, total)


def bce(
    logits: torch.Tensor,
    target: torch.Tensor,
    frame_weight: torch.Tensor,
    total: torch.Tensor | None = None,
) -> torch.Tensor:
    """The plain binary cross-entropy, every pixel alike; arguments as for `weighted_bce`."""
    loss = functional.binary_cross_entropy_with_logits(logits.float(), target, reduction="none")
    return _mean(loss, frame_weight, total)


BALL_WEIGHT = 100.0
"""How much more a white pixel counts than an empty one; others by their level. A bell has as many
pixels between levels 1 and 2 as between 128 and 255, so by the likeliest level alone a network that
is not sure of the place to a pixel would call all of the ball nearly black."""


def cross_entropy(
    logits: torch.Tensor,
    target: torch.Tensor,
    frame_weight: torch.Tensor,
    total: torch.Tensor | None = None,
) -> torch.Tensor:
    """The cross-entropy over 256 grey levels of TrackNet (Huang et al. 2019, section III).

    Bright pixels count for more, by `BALL_WEIGHT`, which is ours; the paper weighs all alike.

    Args:
        logits: (B, 256, h, w).
        target: (B, 1, h, w) in [0, 1].
        frame_weight: (B, 1).
        total: as for `weighted_bce`.

    Returns:
        As `weighted_bce`.
    """
    levels = (target[:, 0] * 255).round().long()
    loss = functional.cross_entropy(logits.float(), levels, reduction="none")
    loss = loss * (1 + BALL_WEIGHT * target[:, 0])
    return _mean(loss[:, None], frame_weight, total)


def _mean(
    loss: torch.Tensor, frame_weight: torch.Tensor, total: torch.Tensor | None
) -> torch.Tensor:
    """Of (B, L, h, w) over the pixels of the weighted frames."""
    total = frame_weight.sum() if total is None else total
    return (loss.mean(dim=(2, 3)) * frame_weight).sum() / total.clamp(min=1.0)


LOSSES: dict[Loss, Callable[..., torch.Tensor]] = {
    "weighted-bce": weighted_bce,
    "bce": bce,
    "cross-entropy": cross_entropy,
}
"""By `NetworkSpec.loss`."""
