"""A track to draw over a clip."""

from __future__ import annotations

import numpy as np

from balltrack.structures import Source, Track

SIZE = (320, 240)
COUNT = 20


def flying(count: int, size: tuple[int, int] = SIZE) -> Track:
    """A ball from the left to the right, through the lower half, where the number is not."""
    steps = np.linspace(0, 1, count)
    xy = np.stack([30 + steps * (size[0] - 60), size[1] * (0.75 + 0.1 * steps**2)], axis=1)
    return Track(
        frame_index=np.arange(count, dtype=np.int64),
        time_s=steps,
        xy=xy,
        score=np.ones(count, np.float32),
        source=np.full(count, Source.DETECTED, np.int8),
        shot=np.zeros(count, np.int64),
    )
