"""Weights between two networks: what was learnt, without forgetting what was known.

A network that was tuned further and the one that it began with lie in one valley, and their
weighted mean keeps most of what either knows (Wortsman et al., "Robust fine-tuning of zero-shot
models", CVPR 2022).
"""

from __future__ import annotations

import torch

from balltrack.models.network import HeatmapNetwork


def mix(known: HeatmapNetwork, learnt: HeatmapNetwork, share: float) -> None:
    """Make ``learnt`` the mean of both, in place.

    Args:
        known: the network that it began with.
        learnt: of the same kind.
        share: of ``learnt`` that remains, 0 to 1.
    """
    old = known.state_dict()
    with torch.no_grad():
        for name, tensor in learnt.state_dict().items():
            if tensor.is_floating_point():
                tensor.lerp_(old[name].to(tensor), 1 - share)
