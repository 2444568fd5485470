"""Patches cut on the GPU, from pictures that stay there while frames near theirs are judged."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch

from balltrack.models.verifier.patches import SIDE
from balltrack.runtimes.on_torch.to_device import stack_on, to_device
from balltrack.verification.patches import Asked, Patches
from balltrack.video.nvdec.surfaces import DevicePicture, to_bgr
from balltrack.video.tone import PLAIN, tone_table
from balltrack.video.yuv import PlanarPicture


class DevicePatches:
    """What `cut_patches` gives, as ``pixels`` (N, T, side, side, 3) uint8 BGR on a device."""

    def __init__(self, pixels: torch.Tensor) -> None:
        self.pixels = pixels

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, which: npt.NDArray[np.bool_]) -> Patches:
        """Those for which (N,) ``which`` is true, brought back."""
        places = torch.from_numpy(np.flatnonzero(which)).to(self.pixels.device)
        return self.pixels[places].cpu().numpy()


class DevicePictures:
    """Pictures on a device, of which each is moved there once.

    What the call before this one has moved is not moved again.

    Args:
        device: of torch. To CUDA copies go from pinned memory and are not waited for.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        # A picture is held beside its planes, so that an id stays its own.
        self._held: dict[int, tuple[PlanarPicture, list[torch.Tensor]]] = {}

    def cut(self, asked: Asked, side: int = SIDE) -> DevicePatches:
        """See `cut_patches`, whose colours these are within 1 of 255."""
        first, frames = asked[0][0][0], len(asked[0][0])
        self._hold({id(picture): picture for pictures, _ in asked for picture in pictures})
        number = {key: number for number, key in enumerate(self._held)}
        which = [number[id(one)] for pictures, spots in asked for one in [*pictures] * len(spots)]
        corners = np.concatenate([spots.reshape(-1, 2) for _, spots in asked]) - side // 2
        columns, rows = (
            np.clip(corner[:, None] + np.arange(side), 0, most - 1)
            for corner, most in zip(corners.T, first.size, strict=True)
        )
        places = (np.array(which)[:, None, None], rows[:, :, None], columns[:, None, :])
        at = tuple(to_device(torch.from_numpy(place), self._device) for place in places)
        luma, blue, red = (
            torch.stack(planes)
            for planes in zip(*(held for _, held in self._held.values()), strict=True)
        )
        half = (at[0], at[1] // 2, at[2] // 2)
        pixels = to_bgr(luma[at], blue[half], red[half], first.matrix)
        tones = [picture.tone for picture, _ in self._held.values()]
        if any(tone != PLAIN for tone in tones):
            tables = torch.from_numpy(np.stack([tone_table(tone) for tone in tones]))
            pixels = to_device(tables, self._device)[at[0][..., None], pixels.long()]
        return DevicePatches(pixels.reshape(-1, frames, *pixels.shape[1:]))

    def _hold(self, wanted: Mapping[int, PlanarPicture]) -> None:
        """Hold exactly these."""
        held = {key: pair for key, pair in self._held.items() if key in wanted}
        new = {key: picture for key, picture in wanted.items() if key not in held}
        there = {
            key: [tensor.to(self._device) for tensor in one.tensors]
            for key, one in new.items()
            if isinstance(one, DevicePicture)
        }
        here = {k: one.arrays for k, one in new.items() if k not in there}
        if here:
            stacks = [stack_on(self._device, planes) for planes in zip(*here.values(), strict=True)]
            there |= {key: [planes[n] for planes in stacks] for n, key in enumerate(here)}
        self._held = held | {key: (picture, there[key]) for key, picture in new.items()}
