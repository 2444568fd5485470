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

from balltrack.scene.panning.camera import grey, moved
from balltrack.scene.reduced import Reduced, differ, reduced_from
from balltrack.scene.transitions import STEP, Transitions
from balltrack.structures import AnyFrame, Frame

# A flash and the exposure that follows it are over within this many frames.
FLASH_FRAMES = 4
# A flash only adds light: the most 8-bit brightness that a pixel may lose, on average, to what
# moves meanwhile. Of 2,000 pairs of different broadcast pictures 99 % lose more than 7.
FLASH_DARKENING = 6.0


@dataclass(frozen=True)
class _Compared:
    frame: Frame
    picture: Reduced
    changed: bool  # unlike the frame before


def split_shots(frames: Iterable[AnyFrame]) -> Iterator[AnyFrame]:
    """Number the camera shots: the same frames in the same order, with ``shot`` set.

    The first frame is of shot 0, and a cut at frame k makes k the first frame of the
    next one. Where the picture fades or is wiped into another one, the shot that comes begins
    when it stands (`transitions`). A frame leaves once `FLASH_FRAMES` more have come, or the
    stream has ended.

    Args:
        frames: images of one size, whatever it is; compared at about `reduced.REDUCED_SIZE`.
    """
    shot = 0
    flash = 0  # frames still to come of a flash, the one that ends it included
    before: Reduced | None = None
    transitions = Transitions()
    for item, ahead in _with_next(_compare(frames), FLASH_FRAMES):
        new = False
        if flash:
            flash -= 1
        elif item.changed and before is not None:
            flash = _flash_length(before, item, ahead)
            new = not flash
        else:
            later = ahead[STEP - 1].picture if len(ahead) >= STEP else None
            new = transitions.ended(item.picture, later)
        if new:
            shot += 1
            transitions.begin()
        before = item.picture
        yield cast(AnyFrame, replace(item.frame, shot=shot))


def _compare(frames: Iterable[Frame]) -> Iterator[_Compared]:
    before: Reduced | None = None
    for frame in frames:
        picture = reduced_from(frame.image)
        yield _Compared(frame, picture, before is not None and _is_other(before, picture))
        before = picture


def _is_other(before: Reduced, picture: Reduced) -> bool:
    """Whether it shows something else, and not the same from elsewhere, as after a knock."""
    return differ(before, picture) and moved(grey(before.image), grey(picture.image)) is None


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


def _flash_length(before: Reduced, bright: _Compared, ahead: Iterable[_Compared]) -> int:
    """Frames after ``bright`` until the picture is again the one ``before`` it; 0 if it is a cut.

    Coming back is not enough: two cameras may alternate as fast. The frame must be the
    same picture with light added.
    """
    if np.mean(cv2.subtract(before.image, bright.picture.image)) > FLASH_DARKENING:
        return 0
    for count, item in enumerate(ahead, start=1):
        if not differ(before, item.picture):
            return count
    return 0
