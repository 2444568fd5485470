"""How large the picture is that positions lie in."""

from __future__ import annotations

import numpy as np

from balltrack.structures import Track

USUAL = ((640, 360), (1280, 720), (1920, 1080), (3840, 2160))


def guess_size(track: Track) -> tuple[int, int]:
    """(width, height): the smallest of the usual sizes that holds every position.

    A label file does not say how large its video is. The network is trained on positions
    enlarged and reduced by a quarter, so sizes between these do little harm.
    """
    if not track.visible.any():
        return 1280, 720
    x, y = np.nanmax(track.xy, axis=0)
    for width, height in USUAL:
        if x <= width - 0.5 and y <= height - 0.5:
            return width, height
    return round(float(x)) + 1, round(float(y)) + 1
