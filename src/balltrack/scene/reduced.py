"""Small pictures of frames, by which cameras are told apart."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from balltrack.structures import Image

REDUCED_SIZE = (256, 144)

THRESHOLD = 27.0
"""Difference from which on two pictures are of different cameras, PySceneDetect's default. From one
frame to the next rallies of broadcast badminton, tennis, padel and volleyball stay under 7 and
hand-held close-ups under 25, while cuts start at 36."""


@dataclass(frozen=True)
class Reduced:
    """A picture of at most `REDUCED_SIZE`.

    Attributes:
        image: (h, w, 3) uint8 BGR.
        colours: the same as hue, saturation and value.
    """

    image: Image
    colours: Image


def reduced_from(image: Image) -> Reduced:
    """A picture of any size, made small."""
    height, width = image.shape[:2]
    size = (min(width, REDUCED_SIZE[0]), min(height, REDUCED_SIZE[1]))
    double = (2 * size[0], 2 * size[1])
    if width > double[0] and height > double[1]:  # four pixels for one are enough to average
        image = np.asarray(cv2.resize(image, double, interpolation=cv2.INTER_NEAREST), np.uint8)
    if (width, height) != size:
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return Reduced(image, np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2HSV), dtype=np.uint8))


def difference(first: Reduced, second: Reduced) -> float:
    """Mean absolute difference of hue, saturation and value, each in a byte."""
    return float(cv2.norm(first.colours, second.colours, cv2.NORM_L1)) / first.colours.size


def differ(first: Reduced, second: Reduced) -> bool:
    """Whether two pictures may be of different cameras."""
    return difference(first, second) >= THRESHOLD
