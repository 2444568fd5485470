"""Windows → heatmaps: the face of every runtime, and torch behind it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from balltrack.inference.device import default_batch_size
from balltrack.inference.preprocess import network_input
from balltrack.inference.windows import Window
from balltrack.models.tracknet import ConvBlock, TrackNet
from balltrack.structures import Image


class Runtime(Protocol):
    """Something that runs a heatmap network.

    Attributes:
        batch_size: windows a call that suit its device.
    """

    batch_size: int

    def heatmaps(self, windows: Sequence[Window]) -> npt.NDArray[np.float32]:
        """(B, L, h, w) in [0, 1], one a window and frame; images must be (h, w)."""


class TorchRuntime:
    """A network on a torch device.

    Works on a copy with batch norm folded into the convolutions, weights and activations in
    ``dtype``, channels last as the kernels of CPU and GPU want them. Images that the previous
    call already brought to the device are not brought again.
    """

    def __init__(self, network: TrackNet, device: torch.device, dtype: torch.dtype) -> None:
        self.spec = network.spec
        self.device = device
        self.dtype = dtype
        self.batch_size = default_batch_size(device)
        self._network = fold_batch_norm(copy.deepcopy(network).eval())
        self._network.to(device, dtype)
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._on_device: dict[int, tuple[Image, torch.Tensor]] = {}

    @torch.inference_mode()
    def heatmaps(self, windows: Sequence[Window]) -> npt.NDArray[np.float32]:
        """See `Runtime`."""
        backgrounds = [w.background for w in windows if w.background is not None]
        self._upload([f.image for w in windows for f in w.frames] + backgrounds)
        frames = torch.stack([self._stack([f.image for f in w.frames]) for w in windows])
        x = network_input(frames, self._stack(backgrounds) if backgrounds else None)
        logits = self._network(x.to(dtype=self.dtype, memory_format=torch.channels_last))
        heatmaps: torch.Tensor = self._network.heatmaps(logits.float())
        return heatmaps.contiguous().cpu().numpy()

    def _stack(self, images: Sequence[Image]) -> torch.Tensor:
        """(N, 3, h, w) uint8 of images that are on the device."""
        return torch.stack([self._on_device[id(image)][1] for image in images])

    def _upload(self, images: Sequence[Image]) -> None:
        """Have exactly these images on the device, planar RGB, moving only the new ones.

        The images are held beside their tensors, so that an id stays theirs.
        """
        wanted = {id(image): image for image in images}
        held = {key: pair for key, pair in self._on_device.items() if key in wanted}
        new = [image for key, image in wanted.items() if key not in held]
        if new:
            planes = np.stack([_planar_rgb(image) for image in new])
            tensors = torch.from_numpy(planes).to(self.device)
            held.update((id(image), (image, t)) for image, t in zip(new, tensors, strict=True))
        self._on_device = held


def fold_batch_norm(network: TrackNet) -> TrackNet:
    """Fold each norm that directly follows its convolution into it; in place, eval mode only."""
    for block in network.modules():
        if isinstance(block, ConvBlock) and block.norm_first:
            block.conv = fuse_conv_bn_eval(block.conv, block.bn)
            block.register_module("bn", nn.Identity())
    return network


def _planar_rgb(image: Image) -> npt.NDArray[np.uint8]:
    """(h, w, 3) BGR → (3, h, w) RGB."""
    blue, green, red = cv2.split(image)
    return np.stack([red, green, blue]).astype(np.uint8, copy=False)
