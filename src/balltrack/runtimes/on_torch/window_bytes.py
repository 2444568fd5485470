"""Windows → what a network takes: (B, h, w, C) uint8, BGR, a background first, see `images_of`."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch

from balltrack.runtimes.on_torch.to_device import stack_on
from balltrack.scene.windows import Window, images_of
from balltrack.structures import Image


def window_bytes(windows: Sequence[Window]) -> torch.Tensor:
    """Put together by the CPU, where moving an image to a place costs as much as using it."""
    merged = [cv2.merge(images_of(window)) for window in windows]
    return torch.from_numpy(merged[0][None] if len(merged) == 1 else np.stack(merged))


class DeviceBytes:
    """Put together on a device, from images of which each is moved there once.

    What the call before this one has moved is not moved again: backgrounds, and frames of
    windows that overlap.

    Args:
        device: of torch; copies to CUDA are not waited for.
    """

    def __init__(self, device: str) -> None:
        self._device = torch.device(device)
        # An image is held beside its tensor, so that an id stays its own.
        self._held: dict[int, tuple[Image, torch.Tensor]] = {}

    def __call__(self, windows: Sequence[Window]) -> torch.Tensor:
        rows = [images_of(window) for window in windows]
        self._move({id(image): image for row in rows for image in row})
        images = torch.stack([self._held[id(image)][1] for row in rows for image in row])
        batch = images.view(len(rows), -1, *images.shape[1:])  # (B, N, h, w, C)
        return batch.permute(0, 2, 3, 1, 4).flatten(3)

    def _move(self, wanted: dict[int, Image]) -> None:
        """Hold exactly these."""
        held = {key: pair for key, pair in self._held.items() if key in wanted}
        new = [(key, image) for key, image in wanted.items() if key not in held]
        if new:
            moved = stack_on(self._device, [image for _, image in new])
            held |= {key: (image, moved[i]) for i, (key, image) in enumerate(new)}
        self._held = held
