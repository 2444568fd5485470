"""A tiny labelled data set in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from balltrack.training.data.clips import Clip, ClipFiles
from balltrack.training.data.frame_store import FrameStore, store_clips

HEIGHT, WIDTH = 96, 160


def make_clip(sport: str, match: str, count: int, seed: int) -> Clip:
    """Noise with a white 3x3 ball on every frame but each fifth."""
    rng = np.random.default_rng(seed)
    background = rng.integers(0, 120, (3, HEIGHT, WIDTH), dtype=np.uint8)
    frames = np.repeat(background[None], count, axis=0)
    xy = np.full((count, 2), np.nan, dtype=np.float32)
    for i in range(count):
        if i % 5:
            x, y = 20 + (7 * i) % (WIDTH - 40), 30 + (3 * i) % (HEIGHT - 50)
            frames[i, :, y - 1 : y + 2, x - 1 : x + 2] = 255
            xy[i] = x, y
    backgrounds = torch.from_numpy(np.repeat(background[None], 3, axis=0))
    files = ClipFiles(sport, match, Path(f"{match}.mp4"), Path(f"{match}_ball.csv"))
    labelled = np.ones(count, dtype=np.bool_)
    labelled[:2] = False
    return Clip(files, torch.from_numpy(frames), backgrounds, xy, labelled)


@pytest.fixture
def clips() -> list[Clip]:
    return [
        make_clip("badminton", "a", 40, 1),
        make_clip("badminton", "b", 200, 2),
        make_clip("tennis", "c", 5, 3),
    ]


@pytest.fixture
def store(clips: list[Clip]) -> FrameStore:
    """The clips as training holds them; labels and positions are shared with ``clips``."""
    return store_clips(clips, torch.device("cpu"))
