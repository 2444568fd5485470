"""What a camera that moves sees of a hall, of which is known where it was."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from balltrack.structures import Frame, Image

SIZE = (512, 288)

Pan = Callable[[int], tuple[float, float]]
"""Number of a frame → where in the hall the top left pixel of its picture is."""


@cache
def hall(seed: int = 0) -> Image:
    """A view larger than a picture, with corners everywhere."""
    coarse = np.random.default_rng(seed).integers(40, 200, (36, 96, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (1152, 432), interpolation=cv2.INTER_LINEAR), np.uint8)


def ball(i: int) -> tuple[float, float]:
    """Where in the hall a ball is that some see there."""
    return 200 + 3.0 * i, 180 + 40 * np.sin(i / 5)


def filmed(
    pan: Pan, count: int, *, shot: int = 0, first: int = 0, with_ball: bool = False
) -> list[Frame]:
    """So many frames of a shot, every shot in a hall of its own."""
    frames = []
    for i in range(count):
        view = hall(shot).copy()
        if with_ball:
            centre = tuple(round(16 * value) for value in ball(i))
            cv2.circle(view, centre, 16 * 4, (255, 255, 255), cv2.FILLED, shift=4)
        x, y = pan(i)
        way = np.array([[1, 0, -x], [0, 1, -y]], np.float64)
        image = np.asarray(cv2.warpAffine(view, way, SIZE), np.uint8)
        frames.append(Frame(first + i, i / 25, image, shot))
    return frames


def panning(i: int) -> tuple[float, float]:
    """Right and a little down."""
    return 40 + 1.6 * i, 40 + 0.4 * i
