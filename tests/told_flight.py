"""One flight, 6 px a frame at 20 frames/s, of a ball that a network is now sure of and now not."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from told_clips import Spot, tell

SIZE, COUNT = (320, 240), 46
BALL = np.array([(20 + 6 * i, 180 - 7 * i + 0.18 * i * i) for i in range(COUNT)])
"""(COUNT, 2) pixels, where it is drawn."""

WEAK, SHORT, LONG, FAINT = 6, [12, 13], [20, 21, 22, 23, 24], [29, 30, 31]
SCORES = {WEAK: 0.3, **dict.fromkeys([*SHORT, *LONG], 0.14), **dict.fromkeys(FAINT, 0.06)}
"""By frame; 0.9 elsewhere. With `seeing_network.LINKING` the weak one is linked, the two gaps are
filled in, and the faint ones are too faint to be candidates."""

RIVALLED, RIVAL = 34, (250.0, 200.0)
"""A frame on which something else is brighter than the ball, and where."""

STREAKED = 40
"""From this frame on the ball has a tail, 14 px to the right."""


def write_flight(path: Path) -> Path:
    frames = [
        [Spot(*BALL[i], SCORES.get(i, 0.9), tail=14 if i >= STREAKED else 0)] for i in range(COUNT)
    ]
    frames[RIVALLED].append(Spot(*RIVAL, 0.97))
    return tell(path, frames, SIZE)
