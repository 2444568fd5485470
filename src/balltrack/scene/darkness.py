"""Dark pictures made as light as those that networks know.

A shuttle in a dim hall differs from what is behind it by a few grey levels, and is missed. A power
below 1 of the values spreads the dark ones, as a camera's gamma does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from balltrack.scene.exposure import in_one_light
from balltrack.structures import AnyFrame, Image
from balltrack.video.yuv import PicturedFrame, lighter

LEAST = 56.0
"""Mean of a picture's values, of 255, from which on it stays as it is. The darkest picture of the
clips that the networks were trained on has 59."""

LEAST_GAMMA = 0.4
"""What is darker yet shows hardly more than noise."""

BAR = 3
"""Rows and columns that are nowhere lighter, of 255, are a bar beside the picture."""

PRECISION = 1 / 256
"""Of a power."""

SMALL = (64, 36)
"""Size at which pictures are looked at."""

SPACING = 16
"""Frames from one look at how light it is to the next."""

RISES, FALLS = 1 / 2, 1 / 16
"""Share of a look in what is known, where it is lighter and where it is darker: what fades in is
not made too light, and a background stays one while it grows dark."""


def in_good_light(frames: Iterable[AnyFrame]) -> Iterator[AnyFrame]:
    """Frames with ``shot`` set as they are looked at: each shot in one light, and no darker than
    what networks know."""
    return lighten(in_one_light(frames))


def lighten(frames: Iterable[AnyFrame]) -> Iterator[AnyFrame]:
    """The same frames, those of dark shots lighter; nothing of one that comes later counts.

    Args:
        frames: with ``shot`` set (`shots.split_shots`), or of one shot.
    """
    shot, gamma, until_next = None, None, 0
    for frame in frames:
        if frame.shot != shot:
            shot, gamma, until_next = frame.shot, None, 0
        if until_next == 0:
            gamma, until_next = _followed(gamma, gamma_for(frame.image)), SPACING
        until_next -= 1
        if gamma is None or gamma > 1 - PRECISION:
            yield frame
        else:
            yield _lighter(frame, gamma)


def _followed(gamma: float | None, fits: float | None) -> float | None:
    """What is known after another look; None is nothing yet, or a look at nothing."""
    if gamma is None or fits is None:
        return gamma if fits is None else fits
    return gamma + (RISES if fits > gamma else FALLS) * (fits - gamma)


def gamma_for(image: Image) -> float | None:
    """The power that brings the mean of a (H, W, 3) uint8 picture, bars left out, to `LEAST`.

    1 where it is there already, `LEAST_GAMMA` where nothing brings it there, None where it is all
    black.
    """
    small = cv2.resize(image, SMALL, interpolation=cv2.INTER_AREA)
    lit = small.max(axis=2) > BAR
    shown = small[lit.any(axis=1)][:, lit.any(axis=0)]
    if not shown.size:
        return None
    if shown.mean() >= LEAST:
        return 1.0
    low, high = LEAST_GAMMA, 1.0
    counts = np.bincount(shown.ravel(), minlength=256)
    while high - low > PRECISION:
        middle = (low + high) / 2
        if counts @ lighter(middle) < LEAST * shown.size:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def _lighter(frame: AnyFrame, gamma: float) -> AnyFrame:
    image = np.asarray(cv2.LUT(frame.image, lighter(gamma)), np.uint8)
    if isinstance(frame, PicturedFrame):
        return replace(frame, image=image, picture=frame.picture.lightened(gamma))
    return replace(frame, image=image)
