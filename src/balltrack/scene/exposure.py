"""The pictures of a shot in one light.

A camera that opens its iris, a cloud, a flash: all of the picture is lighter than its background
then, and what is sought is what differs from that. A straight line from the values of a picture to
those of the pictures before it takes the light back, as long as that is all that has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from balltrack.structures import AnyFrame, FloatArray, Image

SMALL = (64, 36)
"""Size at which the light of pictures is compared."""

CHANGED = 1.0
"""Median difference, of 255 levels, up to which the light is the same."""

DARKEST, LIGHTEST = 4, 235
"""Values between which a picture shows its light; beyond, it may have been cut off."""

NEAR = 12.0
"""Levels by which a value may miss the line and still count for it."""

SPREAD, ROUNDS = (25, 50, 75), 3
"""Percentiles through which the first line goes; each next one is of the values near the last."""

BETTER = 2.0
"""How many times as well the line has to fit as no change at all: else more than light differs."""

GAINS = (0.5, 2.0)
"""Least and most that light is thought to change by."""

SHARE, LEAK = 1 / 33, 1 / 512
"""Of a new picture in what is known: as the line has it, and as it is, so that what stays dark or
light is believed after a while."""


def in_one_light(frames: Iterable[AnyFrame]) -> Iterator[AnyFrame]:
    """The same frames, those in another light than their shot's with other values.

    Nothing of a frame that comes later counts. Pictures for the second look stay as they are.

    Args:
        frames: with ``shot`` set (`shots.split_shots`), or of one shot.
    """
    shot, known, count = None, np.empty(0), 0
    for frame in frames:
        seen = _light_of(frame.image)
        if frame.shot != shot:
            shot, known, count = frame.shot, seen, 1
            yield frame
            continue
        line = line_between(seen, known)
        gain, offset = line or (1.0, 0.0)
        count += 1
        known = known + max(1 / count, SHARE) * (gain * seen + offset - known)
        known += LEAK * (seen - known)
        if line is None:
            yield frame
        else:
            values = np.clip(np.rint(gain * np.arange(256) + offset), 0, 255).astype(np.uint8)
            lit: Image = np.asarray(cv2.LUT(frame.image, values), np.uint8)
            yield replace(frame, image=lit)


def _light_of(image: Image) -> FloatArray:
    """(36, 64) mean values of four pixels each."""
    some = cv2.resize(image, (2 * SMALL[0], 2 * SMALL[1]), interpolation=cv2.INTER_NEAREST)
    few = cv2.resize(some, SMALL, interpolation=cv2.INTER_AREA)
    return np.asarray(few.mean(axis=2, dtype=np.float64))


def line_between(seen: FloatArray, known: FloatArray) -> tuple[float, float] | None:
    """Gain and offset that make values what they were in the light that is known.

    Args:
        seen, known: of two pictures, of one shape, from 0 to 255.

    Returns:
        None where the light is the same, or more differs than light.
    """
    if abs(np.median(seen - known)) <= CHANGED:
        return None
    told = (seen > DARKEST) & (seen < LIGHTEST) & (known > DARKEST) & (known < LIGHTEST)
    x, y = seen[told], known[told]
    if len(x) < seen.size / 2:
        return None
    (low, middle, high), (to_low, to_middle, to_high) = np.percentile([x, y], SPREAD, axis=1).T
    gain = float((to_high - to_low) / max(high - low, 1.0))
    offset = float(to_middle - gain * middle)
    for _ in range(ROUNDS):
        near = np.abs(gain * x + offset - y) <= NEAR
        if near.sum() < seen.size / 2 or not (spread := x[near].var()):
            return None
        mean_x, mean_y = x[near].mean(), y[near].mean()
        gain = float(((x[near] - mean_x) * (y[near] - mean_y)).mean() / spread)
        offset = float(mean_y - gain * mean_x)
    fits = np.median(np.abs(gain * x + offset - y)) * BETTER <= np.median(np.abs(x - y))
    return (gain, offset) if fits and GAINS[0] <= gain <= GAINS[1] else None
