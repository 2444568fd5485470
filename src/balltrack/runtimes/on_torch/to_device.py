"""Small tensors onto the device without waiting for it."""

from __future__ import annotations

import torch


def to_device(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """The tensor on the device.

    A copy from ordinary memory to a GPU waits until the GPU has done all that it was given
    before; one from pinned memory lines up behind it.
    """
    if device.type != "cuda" or tensor.is_cuda:
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)
