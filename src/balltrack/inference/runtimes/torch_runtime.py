"""Windows → heatmaps with torch, on whatever device it knows."""

from __future__ import annotations

import copy
import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from balltrack.inference.device import NumberFormat, device_kind
from balltrack.inference.preprocess import network_input
from balltrack.inference.runtime import Runtime
from balltrack.inference.windows import Window
from balltrack.models.tracknet import ConvBlock, TrackNet
from balltrack.structures import Image
from balltrack.weights.checkpoints import load_network

BATCH_SIZES = {"cpu": 1, "mps": 4, "cuda": 8}
"""Windows a call. One window already keeps every CPU core busy, and more only fall out of
its caches (about 10 % slower at 4); a GPU needs several to fill."""

DTYPES: dict[NumberFormat, torch.dtype] = {
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}


def version() -> str:
    """See `balltrack.inference.runtimes.RuntimeModule`."""
    return str(torch.__version__)


def load(weights: Path, device: str, precision: NumberFormat, threads: int | None) -> Runtime:
    """See `balltrack.inference.runtimes.RuntimeModule`; ``threads`` holds for the process."""
    if threads is not None:
        torch.set_num_threads(threads)
    network, _ = load_network(os.fspath(weights))
    return TorchRuntime(network, device, precision)


class TorchRuntime:
    """A network on a torch device.

    Works on a copy with batch norm folded into the convolutions, weights and activations in
    ``precision``, channels last as the kernels of CPU and GPU want them. Images that the previous
    call already brought to the device are not brought again.
    """

    name = "torch"

    def __init__(self, network: TrackNet, device: str, precision: NumberFormat) -> None:
        self.spec = network.spec
        self.device = device
        self.precision = precision
        self.batch_size = BATCH_SIZES[device_kind(device)]
        self.threads = torch.get_num_threads()
        self._dtype = DTYPES[precision]
        self._network = fold_batch_norm(copy.deepcopy(network).eval())
        self._network.to(device, self._dtype)
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._on_device: dict[int, tuple[Image, torch.Tensor]] = {}

    @torch.inference_mode()
    def heatmaps(self, windows: Sequence[Window]) -> npt.NDArray[np.float32]:
        """See `Runtime`."""
        backgrounds = [w.background for w in windows if w.background is not None]
        self._upload([f.image for w in windows for f in w.frames] + backgrounds)
        frames = torch.stack([self._stack([f.image for f in w.frames]) for w in windows])
        x = network_input(frames, self._stack(backgrounds) if backgrounds else None)
        logits = self._network(x.to(dtype=self._dtype, memory_format=torch.channels_last))
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
