"""The streak of a ball, measured in the patches of the second look.

What is on a frame and not on the median of those around it is the ball's picture, as long as
nothing else moves in the same place. A streak is a ball moved along a line, so that its spread is
the sum of both: the variance of a line of length L along its axis is L² / 12, that of a disc of
diameter D in every direction D² / 16.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from balltrack.models.verifier.patches import NOW, OFFSETS, SIDE
from balltrack.streaks import Streak, streak_between
from balltrack.verification.patches import Patches

AROUND = tuple(place for place, offset in enumerate(OFFSETS) if abs(offset) > 1)
"""Frames of a patch that show what was behind the ball: a slow one is still there a frame later."""

NEAR = 4.0
"""Standard deviation of where the ball lies about the middle of a patch, pixels."""

EDGE = 0.3
"""Of the brightest difference, at which a streak ends before a pixel is added around it."""

FAINTEST = 12.0
"""Least difference of the brightest part, grey levels of all colours together."""

NOISES = 5.0
"""The same in standard deviations of the patch's noise."""

FULLEST = 0.5
"""Least share of the streak's own area that is bright: arms and rackets fill less of theirs."""

_Differences = npt.NDArray[np.float32]
_Mask = npt.NDArray[np.bool_]

_ROWS, _COLUMNS = np.mgrid[:SIDE, :SIDE].astype(np.float64)
_NEARNESS = np.exp(
    -((_COLUMNS - SIDE // 2) ** 2 + (_ROWS - SIDE // 2) ** 2) / (2 * NEAR**2)
).astype(np.float32)
_PIXEL = np.ones((3, 3), dtype=np.uint8)
_GAP = np.ones((5, 5), dtype=np.uint8)
"""What a streak may be interrupted by: a white ball does not show before a white line."""


def measure_streaks(patches: Patches) -> list[Streak | None]:
    """The streak in the middle of each of N patches, in pixels of the patch.

    None where it cannot be told: it is too faint, reaches a border, or does not look like a ball
    moved along a line.
    """
    if not len(patches):
        return []
    backgrounds = _middle_of_six([patches[:, place] for place in AROUND])
    return [
        _measured(now.astype(np.float32) - background)
        for now, background in zip(patches[:, NOW], backgrounds, strict=True)
    ]


def _middle_of_six(images: list[npt.NDArray[np.uint8]]) -> _Differences:
    """The median of six arrays, by a sorting network: a tenth of what ``np.median`` takes."""
    for low, high in _EXCHANGES:
        images[low], images[high] = (
            np.minimum(images[low], images[high]),
            np.maximum(images[low], images[high]),
        )
    return np.asarray((images[2].astype(np.float32) + images[3]) / 2, dtype=np.float32)


_EXCHANGES = (
    *((0, 5), (1, 3), (2, 4), (1, 2), (3, 4), (0, 3)),
    *((2, 5), (0, 1), (2, 3), (4, 5), (1, 2), (3, 4)),
)
"""Of the sorting network with the fewest, twelve (Knuth, The Art of Computer Programming 5.3.4)."""


def _measured(difference: _Differences) -> Streak | None:
    """The streak in a (side, side, 3) difference from the background, BGR."""
    smooth = cv2.blur(difference, (3, 3))
    power = np.square(smooth).sum(axis=2) * _NEARNESS
    row, column = divmod(int(power.argmax()), SIDE)
    colour = smooth[row, column]
    brightest = float(np.linalg.norm(colour))
    if brightest < FAINTEST:
        return None
    light: _Differences = difference @ (colour / brightest)
    half = light.size // 2
    noise = 1.4826 * float(np.partition(np.abs(light), half, axis=None)[half])  # if it is normal
    if brightest < NOISES * noise:
        return None
    region = _region(light > max(EDGE * brightest, 3 * noise), row, column)
    if region is None:
        return None
    streak = _spread(light, cv2.dilate(region, _PIXEL) > 0)
    area = streak.travel * streak.width + math.pi / 4 * streak.width**2
    return streak if np.count_nonzero(region) > FULLEST * area else None


def _region(above: _Mask, row: int, column: int) -> npt.NDArray[np.uint8] | None:
    """What hangs together with a pixel; None where it is nothing or reaches a border."""
    closed = cv2.morphologyEx(above.view(np.uint8), cv2.MORPH_CLOSE, _GAP)
    _, labels = cv2.connectedComponents(closed, connectivity=8)
    label = labels[row, column]
    if label == 0:
        return None
    region: _Mask = labels == label
    if region[[0, -1]].any() or region[:, [0, -1]].any():
        return None
    return region.view(np.uint8)


def _spread(light: _Differences, region: _Mask) -> Streak:
    """The line and the disc whose spread the light of a region has."""
    rows, columns = np.nonzero(region)
    weight = np.maximum(light[rows, columns], 0).astype(np.float64)
    weight /= weight.sum()
    middle = np.array([columns @ weight, rows @ weight])
    across, down = columns - middle[0], rows - middle[1]
    variance_x, variance_y = across**2 @ weight, down**2 @ weight
    covariance = across * down @ weight
    half = math.hypot((variance_x - variance_y) / 2, covariance)
    least = max((variance_x + variance_y) / 2 - half, 0.0)
    travel, width = math.sqrt(12 * 2 * half), 4 * math.sqrt(least)
    angle = math.atan2(2 * covariance, variance_x - variance_y) / 2
    reach = (travel + width) / 2 * np.array([math.cos(angle), math.sin(angle)])
    return streak_between(middle - reach, middle + reach, width)
