"""A wider network that begins by answering as a narrower one does.

After Chen, Goodfellow, Shlens, "Net2Net" (2016). They copy channels; here the new ones are
random features of their own that nothing listens to yet: the weights from them into the old
channels are 0. No two channels are alike, so nothing has to break a tie.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from balltrack.models.build import build
from balltrack.models.network import HeatmapNetwork
from balltrack.models.specs import NetworkSpec

JOINED = {"up_block_1.conv_1": (8, 4), "up_block_2.conv_1": (4, 2), "up_block_3.conv_1": (2, 1)}
"""Blocks that see two sets of channels, one behind the other: base widths of each."""


def widens(spec: NetworkSpec, wider: NetworkSpec) -> bool:
    """Whether the two, with skips, differ in name and width alone, ``wider`` being the wider."""
    same_width = replace(spec, name=wider.name, base_width=wider.base_width)
    return same_width == wider and wider.base_width > spec.base_width and spec.skips


@torch.no_grad()
def widen(network: HeatmapNetwork, spec: NetworkSpec) -> HeatmapNetwork:
    """A network of ``spec`` that answers as ``network`` does, in eval mode.

    Args:
        network: of a spec that ``spec`` `widens`.
        spec: of the new network.
    """
    wider = build(spec).eval()
    tensors = wider.state_dict()
    for name, old in network.state_dict().items():
        new = tensors[name]
        if old.ndim < 2:  # of a bias or batch norm: one number a channel, or its counter
            new.view(-1)[: old.numel()] = old
            continue
        heard = torch.zeros(new.shape[1], dtype=torch.bool)
        heard[_old_inputs(name, old.shape[1], network.spec, spec)] = True
        from_old = new[: len(old)]  # a view
        from_old[:, heard] = old
        from_old[:, ~heard] = 0
    return wider


def _old_inputs(name: str, count: int, old: NetworkSpec, new: NetworkSpec) -> torch.Tensor:
    """(count,) where a layer of the wider network finds the narrower one's input channels."""
    parts = JOINED.get(name.removesuffix(".conv.weight"))
    if parts is None:
        return torch.arange(count)
    first, second = (part * old.base_width for part in parts)
    return torch.cat([torch.arange(first), parts[0] * new.base_width + torch.arange(second)])
