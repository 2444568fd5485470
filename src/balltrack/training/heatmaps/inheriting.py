"""TrackNet and TrackNetV4 that begin with what TrackNetV2 knows.

TrackNet has the same encoder, and the same decoder but for the skips, which it has none of, and
for the head. What it cannot hear is left out; its head begins as it does without. TrackNetV4 is
TrackNetV2 and attention to motion, which begins as it does without.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from balltrack.models.build import build
from balltrack.models.inputs import arrange
from balltrack.models.network import HeatmapNetwork
from balltrack.models.specs import NetworkSpec

BLOCKS = ("down_block_1", "down_block_2", "down_block_3", "bottleneck", "up_block_1",
          "up_block_2", "up_block_3")  # fmt: skip


def inherits(spec: NetworkSpec, heir: NetworkSpec) -> bool:
    """Whether ``heir`` is a TrackNet or a TrackNetV4, and ``spec`` the TrackNetV2 to go with it."""
    if heir.architecture == "tracknet-v4":
        return replace(heir, name=spec.name, architecture="tracknet") == spec
    return (
        (spec.architecture, heir.architecture) == ("tracknet", "tracknet-v1")
        and (spec.block, spec.stem_stride, spec.quarter_depth) == ("conv-relu-bn", 1, 3)
        and (spec.base_width, spec.in_channels) == (heir.base_width, heir.in_channels)
    )


@torch.no_grad()
def inherit(network: HeatmapNetwork, spec: NetworkSpec) -> HeatmapNetwork:
    """A network of ``spec`` with the weights of ``network`` wherever both have the same layer.

    Args:
        network: of a spec that ``spec`` `inherits` from.
        spec: of the new network.
    """
    heir = build(spec).eval()
    if spec.architecture == "tracknet-v4":
        heir.load_state_dict(network.state_dict(), strict=False)
        return heir
    _without_skips(network, heir)
    return heir


def _without_skips(network: HeatmapNetwork, heir: HeatmapNetwork) -> None:
    """Give a TrackNet what a TrackNetV2 knows."""
    tensors, known = heir.state_dict(), network.state_dict()
    blocks = [name.removesuffix(".conv.weight") for name in known if name.endswith(".conv.weight")]
    assert {block.partition(".")[0] for block in blocks} == set(BLOCKS)
    for number, block in enumerate(blocks, start=1):
        for ours, theirs in (("block.0", "conv"), ("block.2", "bn")):
            for name, new in tensors.items():
                layer, _, part = name.rpartition(".")
                if layer == f"conv{number}.{ours}":
                    old = known[f"{block}.{theirs}.{part}"]
                    # the upsampled features come first, those that skipped the middle behind
                    new.copy_(old[:, : new.shape[1]] if old.ndim > 1 else old)
    entry = heir.first_convolution.weight
    entry.copy_(arrange(entry.clone(), heir.spec))
