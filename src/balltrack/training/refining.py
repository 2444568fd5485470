"""A network on a finer grid from one on a coarser grid, answering nearly alike from the start.

What lies between the first and the last convolution keeps its weights: it works on the same
pixels in both, see `NetworkSpec.stem_stride`.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from balltrack.errors import OptionError
from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import STEM_PADDING, TrackNet

NEW_SHARE = 0.1
"""Of their usual size, what the weights start from that hear the new channels of the stem: the
answers stay as they were, and there is something to learn from."""


@torch.no_grad()
def refine(coarse: TrackNet, spec: NetworkSpec) -> TrackNet:
    """A network of ``spec`` that begins with what ``coarse`` has learnt.

    Raises:
        OptionError: the two differ in more than the grid.
    """
    name = coarse.spec.name
    fine = TrackNet(spec)
    old, new = coarse.state_dict(), fine.state_dict()
    differing = {key for key in old.keys() | new.keys() if not _alike(old, new, key)}
    known = {"stem.weight", "stem.bias", "down_block_1.conv_1.conv.weight"}
    if not {"stem.weight"} <= differing <= known | {"predictor.weight", "predictor.bias"}:
        raise OptionError(
            f"{name} cannot become {spec.name}; give --network {name} to train it further, "
            "or other --initial weights"
        )
    new.update({key: tensor for key, tensor in old.items() if key not in differing})

    width = len(old["stem.bias"])
    shares = _tap_shares(coarse.spec.stem_stride, spec.stem_stride)
    new["stem.weight"][:width] = torch.einsum(
        "oiab,ac,bd->oicd", old["stem.weight"], shares, shares
    )
    new["stem.bias"][:width] = old["stem.bias"]
    entry = "down_block_1.conv_1.conv.weight"
    new[entry] *= NEW_SHARE
    new[entry][:, :width] = old[entry]

    between = _sub_pixels(coarse.spec.stem_stride, spec.stem_stride)
    for key in ("predictor.weight", "predictor.bias"):
        maps = old[key].unflatten(0, (spec.frames_out, *[coarse.spec.stem_stride] * 2))
        new[key] = torch.einsum("lab...,ca,db->lcd...", maps, between, between).flatten(0, 2)
    fine.load_state_dict(new)
    return fine


def _alike(old: dict[str, torch.Tensor], new: dict[str, torch.Tensor], key: str) -> bool:
    return key in old and key in new and old[key].shape == new[key].shape


def _tap_shares(coarse: int, fine: int) -> torch.Tensor:
    """(2 coarse + 1, 2 fine + 1): how much of each coarse tap's pixel each fine one's covers.

    What lies beyond the finer kernel goes to its first or last tap.
    """
    factor = fine / coarse
    shares = torch.zeros(2 * coarse + 1, 2 * fine + 1)
    for tap in range(2 * coarse + 1):
        begin = (tap - STEM_PADDING) * factor
        for pixel in range(int(begin // 1), int(-(-(begin + factor) // 1))):
            part = min(begin + factor, pixel + 1) - max(begin, pixel)
            place = min(max(pixel + STEM_PADDING, 0), 2 * fine)
            shares[tap, place] += part / factor
    return shares


def _sub_pixels(coarse: int, fine: int) -> torch.Tensor:
    """(fine, coarse): linear interpolation between the sub-pixels of one pixel of the network."""
    identity = torch.eye(coarse)[None]
    between = functional.interpolate(identity, fine, mode="linear", align_corners=False)
    return between[0].T
