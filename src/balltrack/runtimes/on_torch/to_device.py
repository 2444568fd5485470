"""Onto the device without waiting for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from balltrack.structures import Image


def to_device(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """The tensor on the device.

    A copy from ordinary memory to a GPU waits until the GPU has done all that it was given
    before; one from pinned memory lines up behind it.
    """
    if device.type != "cuda" or tensor.is_cuda:
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def stack_on(device: torch.device, images: Sequence[Image]) -> torch.Tensor:
    """Images of one shape, at least one, as one (N, …) uint8 tensor on the device.

    To CUDA they go from one piece of pinned memory, which torch keeps until they are there. Asking
    for a piece for each would take longer than all else where another program computes, too.
    """
    pinned = device.type == "cuda"
    host = torch.empty((len(images), *images[0].shape), dtype=torch.uint8, pin_memory=pinned)
    np.stack(images, out=host.numpy())
    return host.to(device, non_blocking=pinned)
