"""From drawn windows to pictures, on the device."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import torch
from torch.nn import functional

from balltrack.runtimes.on_torch.to_device import to_device
from balltrack.training.data.frame_store import FrameStore
from balltrack.training.heatmaps.pasting import paint_balls
from balltrack.training.heatmaps.sampling import Sample


def cut_windows(
    store: FrameStore, windows: Sequence[Sample], crop: tuple[int, int], device: torch.device
) -> torch.Tensor:
    """Cut, zoom, mirror and paint: no step of it for each frame, and none waits for the device.

    Args:
        store: what the windows point into.
        windows: B of them.
        crop: (height, width) of the result.
        device: of the result.

    Returns:
        (B, 1 + L, 3, height, width) uint8 RGB, the background before the frames.
    """
    length = len(windows[0].rows)
    images = torch.empty((len(windows), 1 + length, 3, *crop), dtype=torch.uint8, device=device)
    order = sorted(range(len(windows)), key=lambda i: _shape(windows[i]))
    sources = np.stack([_sources(windows[i]) for i in order])  # (B, 1 + L, 3)
    places = to_device(torch.from_numpy(sources), store.frames.device)
    targets = to_device(torch.tensor(order), device)
    begin = 0
    for (box, flip), group in groupby(order, key=lambda i: _shape(windows[i])):
        end = begin + len(list(group))
        frames = to_device(_gather(store.frames, places[begin:end, 1:], box), device)
        background = to_device(_gather(store.backgrounds, places[begin:end, :1], box), device)
        cut = _resize(torch.cat([background, frames], dim=1), crop)
        images.index_copy_(0, targets[begin:end], cut.flip(-1) if flip else cut)
        begin = end
    balls = {i: window.ball for i, window in enumerate(windows) if window.ball is not None}
    if balls:
        painted = to_device(torch.tensor(list(balls)), device)
        images[painted, 1:] = paint_balls(images[painted, 1:], list(balls.values()))
    return images


def _shape(window: Sample) -> tuple[tuple[int, int], bool]:
    return window.box, window.flip


def _sources(window: Sample) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """(1 + L, 3): row in the store, y and x of the box, the background's first."""
    rows = np.concatenate([[window.background], window.rows])
    corners = np.vstack([window.corner, window.corners])
    return np.column_stack([rows, corners[:, 1], corners[:, 0]])


def _gather(images: torch.Tensor, places: torch.Tensor, box: tuple[int, int]) -> torch.Tensor:
    """Boxes of one size in one step: (N, 3, H, W) and (G, K, 3) → (G, K, 3, height, width)."""
    width, height = box
    every_box = images.unfold(2, height, 1).unfold(3, width, 1)  # a view
    return every_box[places[..., 0], :, places[..., 1], places[..., 2]]


def _resize(images: torch.Tensor, crop: tuple[int, int]) -> torch.Tensor:
    """(G, K, 3, ., .) uint8 → the same at the size of the crop."""
    if images.shape[-2:] == crop:
        return images
    flat = images.flatten(0, 1)
    if flat.device.type != "cpu":
        flat = flat.float()  # only CPUs resize bytes
    resized = functional.interpolate(
        flat, crop, mode="bilinear", align_corners=False, antialias=True
    )
    if resized.is_floating_point():
        resized = resized.round_().clamp_(0, 255).to(torch.uint8)
    return resized.view(*images.shape[:3], *crop)
