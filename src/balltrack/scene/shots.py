"""Camera cuts, found while the frames stream by.

Two neighbouring frames are compared as PySceneDetect's ``ContentDetector`` compares them
(scenedetect/detectors/content_detector.py): by the mean absolute difference of hue,
saturation and value. It has filters by shot length besides; here a shot of one frame is
still another camera, and what they are there for, camera flashes, is recognised by its
picture.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np

from balltrack.structures import AnyFrame, Frame, Image

# PySceneDetect's default. At REDUCED_SIZE rallies of broadcast badminton, tennis, padel and
# volleyball stay under 7 and hand-held close-ups under 25, while cuts start at 36.
THRESHOLD = 27.0
REDUCED_SIZE = (256, 144)
# A flash and the exposure that follows it are over within this many frames.
FLASH_FRAMES = 4
# A flash only adds light: the most 8-bit brightness that a pixel may lose, on average, to what
# moves meanwhile. Of 2,000 pairs of different broadcast pictures 99 % lose more than 7.
FLASH_DARKENING = 6.0


@dataclass(frozen=True)
class _Compared:
    frame: Frame
    reduced: Image
    changed: bool  # unlike the frame before


def split_shots(frames: Iterable[AnyFrame]) -> Iterator[AnyFrame]:
    """Number the camera shots: the same frames in the same order, with ``shot`` set.

    The first frame is of shot 0, and a cut at frame k makes k the first frame of the
    next one. Fades and wipes are not found. A frame leaves once `FLASH_FRAMES` more
    have come, or the stream has ended.

    Args:
        frames: images of one size, whatever it is; compared at about `REDUCED_SIZE`.
    """
    shot = 0
    flash = 0  # frames still to come of a flash, the one that ends it included
    before: Image | None = None
    for item, ahead in _with_next(_compare(frames), FLASH_FRAMES):
        if flash:
            flash -= 1
        elif item.changed and before is not None:
            flash = _flash_length(before, item, ahead)
            shot += not flash
        before = item.reduced
        yield cast(AnyFrame, replace(item.frame, shot=shot))


def _compare(frames: Iterable[Frame]) -> Iterator[_Compared]:
    before: Image | None = None
    for frame in frames:
        reduced = _reduce(frame.image)
        colours = _colours(reduced)
        changed = before is not None and _differ(before, colours)
        yield _Compared(frame, reduced, changed)
        before = colours


def _with_next(
    items: Iterable[_Compared], count: int
) -> Iterator[tuple[_Compared, deque[_Compared]]]:
    """Each item with up to ``count`` that follow it."""
    ahead: deque[_Compared] = deque()
    for item in items:
        ahead.append(item)
        if len(ahead) > count:
            yield ahead.popleft(), ahead
    while ahead:
        yield ahead.popleft(), ahead


def _flash_length(before: Image, bright: _Compared, ahead: Iterable[_Compared]) -> int:
    """Frames after ``bright`` until the picture is again the one ``before`` it; 0 if it is a cut.

    Coming back is not enough: two cameras may alternate as fast. The frame must be the
    same picture with light added.
    """
    if np.mean(cv2.subtract(before, bright.reduced)) > FLASH_DARKENING:
        return 0
    for count, item in enumerate(ahead, start=1):
        if not _differ(_colours(before), _colours(item.reduced)):
            return count
    return 0


def _reduce(image: Image) -> Image:
    height, width = image.shape[:2]
    size = (min(width, REDUCED_SIZE[0]), min(height, REDUCED_SIZE[1]))
    double = (2 * size[0], 2 * size[1])
    if width > double[0] and height > double[1]:  # four pixels for one are enough to average
        image = np.asarray(cv2.resize(image, double, interpolation=cv2.INTER_NEAREST), np.uint8)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _colours(image: Image) -> Image:
    """Hue, saturation and value, each in a byte."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2HSV), dtype=np.uint8)


def _differ(first: Image, second: Image) -> bool:
    """Whether two pictures of `_colours` are of different cameras."""
    return cv2.norm(first, second, cv2.NORM_L1) >= THRESHOLD * first.size
