"""How the camera of a shot moves, found between pictures that lie some frames apart.

Corners are followed from one picture to the other by their surroundings (pyramidal Lucas-Kanade;
Bouguet 2000), and the turn, zoom and shift that most of them agree on is the camera's (RANSAC;
Fischler and Bolles 1981): players move otherwise, and are few.
"""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np

from balltrack.structures import FloatArray, Image

CORNERS = 120
"""Followed at most, so far apart (pixels) and so much worse than the best."""

APART = 12
QUALITY = 0.02

AGREED = 0.4
"""Share of the corners that must agree; with fewer nothing is known of the camera."""

FEWEST = 12
"""Corners that must agree."""

OFF = 1.0
"""Pixels by which a corner may miss what it agrees on."""

Place = FloatArray
"""(2, 3): from the pixels of a picture to those of the first picture of its shot."""

UNMOVED: Place = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


class Placed(Protocol):
    """Something of which is known where the camera was: a `Frame`."""

    @property
    def place(self) -> Place | None:
        """None where it has not moved."""
        ...


def place_of(seen: Placed) -> Place:
    """Where the camera was, `UNMOVED` where it has not moved."""
    return UNMOVED if seen.place is None else seen.place


def grey(image: Image) -> Image:
    """(H, W) of a picture (H, W, 3)."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def resized(picture: Image, scale: float) -> Image:
    """A grey picture so many times as large."""
    made = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(made, dtype=np.uint8)


def moved(before: Image, after: Image) -> FloatArray | None:
    """(2, 3): where what is at (x, y) in one grey picture is in the other, [x, y, 1] times this.

    None where too little agrees, as over a fade or in front of a crowd that fills the picture.
    """
    corners = cv2.goodFeaturesToTrack(before, CORNERS, QUALITY, APART)
    if corners is None or len(corners) < FEWEST:
        return None
    unset = np.empty_like(corners)
    found, kept, _ = cv2.calcOpticalFlowPyrLK(before, after, corners, unset)
    known = kept[:, 0] == 1
    if known.sum() < FEWEST:
        return None
    matrix, agree = cv2.estimateAffinePartial2D(
        corners[known], found[known], ransacReprojThreshold=OFF
    )
    if matrix is None or agree.sum() < max(FEWEST, AGREED * len(corners)):
        return None
    return np.asarray(matrix, dtype=np.float64)


def then(first: FloatArray, second: FloatArray) -> FloatArray:
    """(2, 3): one after the other."""
    return np.asarray(second @ np.vstack([first, [0.0, 0.0, 1.0]]))


def back(matrix: FloatArray) -> FloatArray:
    """(2, 3): the way back."""
    return np.asarray(cv2.invertAffineTransform(matrix), dtype=np.float64)


def shift(matrix: FloatArray, size: tuple[int, int]) -> float:
    """Pixels by which the corners of a picture (width, height) move, the farthest."""
    width, height = size
    ends = np.array([(0, 0, 1), (width, 0, 1), (0, height, 1), (width, height, 1)], np.float64)
    return float(np.hypot(*(ends @ matrix.T - ends[:, :2]).T).max())


def scaled(matrix: FloatArray, scale: float) -> FloatArray:
    """(2, 3): the same between pictures that are so many times as large."""
    return np.asarray(matrix * [1.0, 1.0, scale])


def carried(xy: FloatArray, way: FloatArray) -> FloatArray:
    """(n, 2) where places of one picture are in the other."""
    return np.asarray(xy @ way[:, :2].T + way[:, 2])


def laid_onto(image: Image, way: FloatArray, onto: Image) -> Image:
    """A picture as if taken from where another was; the other where it shows nothing."""
    size = (onto.shape[1], onto.shape[0])
    laid = cv2.warpAffine(image, way, size, onto.copy(), borderMode=cv2.BORDER_TRANSPARENT)
    return np.asarray(laid, np.uint8)


def from_to(first: Place, second: Place) -> FloatArray:
    """(2, 3): from the pixels of a picture at the first place to those of one at the second."""
    return then(first, back(second))


def between(first: Place, last: Place, count: int) -> list[Place]:
    """``count`` of them, evenly, after the first one; the last of them is the last."""
    return [np.asarray(first + (last - first) * (i / count)) for i in range(1, count + 1)]
