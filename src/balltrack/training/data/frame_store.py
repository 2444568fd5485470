"""Every frame of every clip in one tensor, on the device that trains if it fits there."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from balltrack.training.data.clips import Clip

SHARE_OF_FREE_MEMORY = 0.4
"""Of a GPU's free memory that frames may take; the network needs the rest."""

MOTION_CELL = 16
"""Side in pixels of the cells in which motion is summed up."""

CHUNK = 64
"""Frames whose motion is computed at once."""


@dataclass(frozen=True)
class FrameStore:
    """The training clips, decoded once.

    Attributes:
        frames: (N, 3, h, w) uint8 RGB of all clips, one behind the other.
        backgrounds: (K, 3, h, w) uint8 RGB.
        clips: their tensors are views into those above.
        first_frame, first_background: where each clip begins in them.
        motion: (N, h // 16, w // 16) float32 on the CPU, mean difference to the clip's best
            background in every cell, so that drawing a sample never waits for the device.
    """

    frames: torch.Tensor
    backgrounds: torch.Tensor
    clips: tuple[Clip, ...]
    first_frame: tuple[int, ...]
    first_background: tuple[int, ...]
    motion: npt.NDArray[np.float32]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the frames."""
        return self.frames.shape[3], self.frames.shape[2]


def store_clips(clips: Iterable[Clip], device: torch.device) -> FrameStore:
    """Move clips of one size into one tensor; give an iterator, and no clip is held twice.

    Args:
        clips: at least one.
        device: where to train. Frames that would crowd a GPU stay in RAM, from where windows
            are uploaded as they are needed.
    """
    waiting = deque(clips)
    del clips
    counts = [len(clip) for clip in waiting]
    background_counts = [len(clip.backgrounds) for clip in waiting]
    shape = waiting[0].frames.shape[1:]
    total = sum(counts) + sum(background_counts)
    home = device if _fits(total * shape.numel(), device) else torch.device("cpu")
    # memory that nothing was written to yet takes no room
    frames = torch.empty((sum(counts), *shape), dtype=torch.uint8, device=home)
    backgrounds = torch.empty((sum(background_counts), *shape), dtype=torch.uint8, device=home)
    first_frame = tuple(accumulate(counts, initial=0))[:-1]
    first_background = tuple(accumulate(background_counts, initial=0))[:-1]
    stored, motion = [], []
    for frame, background in zip(first_frame, first_background, strict=True):
        clip = waiting.popleft()
        part = frames[frame : frame + len(clip)].copy_(clip.frames)
        behind = backgrounds[background : background + len(clip.backgrounds)]
        behind.copy_(clip.backgrounds)
        stored.append(replace(clip, frames=part, backgrounds=behind))
        motion.append(_motion(part, behind[0]))
    return FrameStore(
        frames, backgrounds, tuple(stored), first_frame, first_background, np.concatenate(motion)
    )


def _fits(size: int, device: torch.device) -> bool:
    """Whether that many bytes leave enough of the device's memory."""
    if device.type != "cuda":
        return device.type == "cpu"
    free, _ = torch.cuda.mem_get_info(device)
    return size <= SHARE_OF_FREE_MEMORY * free


def _motion(frames: torch.Tensor, background: torch.Tensor) -> npt.NDArray[np.float32]:
    """Every second pixel each way will do."""
    still = background[:, ::2, ::2].to(torch.int16)
    cells = [
        functional.avg_pool2d(
            (chunk[:, :, ::2, ::2] - still).abs_().sum(dim=1, dtype=torch.float32),
            MOTION_CELL // 2,
        )
        for chunk in torch.split(frames, CHUNK)
    ]
    summed: npt.NDArray[np.float32] = torch.cat(cells).cpu().numpy()
    return summed
