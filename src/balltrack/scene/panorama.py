"""What a shot looks like without the ball where its camera pans: a median in register.

The pictures of a stretch are laid over each other as the camera moved, and their median is a
panorama. A window of a network is shown the part of it that its middle frame shows, and its
other frames as if they had been taken from there too; what the network paints is brought back to
each frame's own pixels (`from_register`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from balltrack.scene.background import median_image
from balltrack.scene.camera import UNMOVED, back, between, grey, moved, scaled, shift, then
from balltrack.structures import FloatArray, Frame, Image

STILL = 2.0
"""Pixels of the picture by which its corners move at most while the camera stands still. On clips
from tripods they move by 0.3 at most, on panned ones by 3 and more (`docs/experiments.md`)."""

LOOKS = 8
"""Frames from one look at whether the camera moves to the next."""

STEPS = 4
"""The same where it does move; in between it is taken to move evenly."""

LOST = 2
"""Looks in a row, at most, at which the camera is taken to go on as before since nothing agrees."""

LARGEST = 3
"""Pictures that a panorama is as large as, at most; a camera that turns further is not followed."""

Place = FloatArray
"""(2, 3): from the pixels of a picture to those of the first picture of its shot."""


class Sample(NamedTuple):
    """A picture, and where the camera was."""

    image: Image
    place: Place


@dataclass(frozen=True, kw_only=True)
class PannedFrame(Frame):
    """A frame of which is known where the camera was."""

    place: Place


def panned(frame: Frame, place: Place) -> PannedFrame:
    """The frame, with the place of the camera; without its picture for the second look."""
    return PannedFrame(frame.index, frame.time_s, frame.image, frame.shot, frame.known, place=place)


@dataclass(frozen=True)
class Panorama:
    """A background that is larger than a picture.

    Attributes:
        image: (H, W, 3) uint8.
        seen: (H, W) uint8, 255 where a picture showed anything.
        corner: (2,) pixels of the first picture of the shot at which it begins.
    """

    image: Image
    seen: Image
    corner: FloatArray

    def shown(self, picture: Image, place: Place) -> Image:
        """(h, w, 3): the part that a picture shows; the picture itself where there is nothing."""
        size = (picture.shape[1], picture.shape[0])
        way = place - np.column_stack([np.zeros((2, 2)), self.corner])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        image = cv2.warpAffine(self.image, way, size, flags=flags)
        seen = cv2.warpAffine(self.seen, way, size, flags=flags)
        return np.where(np.equal(seen, 255)[..., None], image, picture).astype(np.uint8)


class FollowedShot:
    """A shot whose camera may pan; while it stands still all is as in `StillShot`.

    Args:
        samples: pictures in a median, the newest.
    """

    def __init__(self, samples: int) -> None:
        self._sampled: deque[Sample] = deque(maxlen=samples)
        self._last: Sample | None = None

    def behind(
        self, stretch: Sequence[Frame], picks: Sequence[int]
    ) -> tuple[deque[Frame], Image | Panorama]:
        """See `background.Shot`."""
        images = [frame.image for frame in stretch]
        places = follow(images, self._last)
        still = UNMOVED if self._last is None else self._last.place
        self._sampled.extend(
            Sample(images[i], still if places is None else places[i]) for i in picks
        )
        self._last = Sample(images[-1], still if places is None else places[-1])
        if places is None and stands(self._sampled):
            return deque(stretch), median_image([one.image for one in self._sampled])
        background = panorama(self._sampled)
        if background is None:
            return deque(stretch), median_image([one.image for one in self._sampled])
        places = places or [still] * len(stretch)
        pairs = zip(stretch, places, strict=True)
        return deque(panned(frame, place) for frame, place in pairs), background


def follow(images: Sequence[Image], last: Sample | None) -> list[Place] | None:
    """Where the camera was at each of the pictures of a stretch; None while it stands still.

    None as well where it cannot be told.

    Args:
        images: in order, of one shot.
        last: the picture before them; None at the beginning of a shot.
    """
    before = Sample(images[0], UNMOVED) if last is None else last
    start = 0 if last is None else -1
    far = _looks(images, (start, before), LOOKS, scale=0.5)
    size = (images[0].shape[1], images[0].shape[0])
    if far is not None and max(shift(_from(before.place, one), size) for _, one in far) <= STILL:
        return None
    near = _looks(images, (start, before), STEPS, scale=1.0)
    if near is None:
        return None
    places: list[Place] = []
    for (start, first), (stop, second) in pairwise(near):
        places += between(first, second, stop - start)
    places.append(near[-1][1])
    return places[-len(images) :]


def _looks(
    images: Sequence[Image], first: tuple[int, Sample], spacing: int, scale: float
) -> list[tuple[int, Place]] | None:
    """Numbers of pictures, from that of the first on, each with the place of the camera.

    ``scale`` is that of the pictures that are looked at.
    """
    start, before = first
    numbers = [*range(start + spacing, len(images) - 1, spacing), len(images) - 1]
    allowed = LOST if spacing == STEPS else 0
    lost, step = 0, UNMOVED
    looks = [(start, before.place)]
    seen = grey(before.image, scale)
    for number in numbers:
        now = grey(images[number], scale)
        found = moved(now, seen)
        lost = 0 if found is not None else lost + 1
        if lost > allowed:
            return None
        step = step if found is None else found
        looks.append((number, then(scaled(step, 1 / scale), looks[-1][1])))
        seen = now
    return looks


def _from(first: Place, second: Place) -> FloatArray:
    """(2, 3): from the pixels of a picture at the second place to those of one at the first."""
    return then(second, back(first))


def stands(samples: Sequence[Sample]) -> bool:
    """Whether all pictures were taken from one place."""
    last = samples[-1]
    size = (last.image.shape[1], last.image.shape[0])
    return all(
        one.place is last.place or shift(_from(last.place, one.place), size) <= STILL
        for one in samples
    )


def panorama(samples: Sequence[Sample]) -> Panorama | None:
    """The median of pictures in register; None where it would be larger than `LARGEST`."""
    height, width = samples[0].image.shape[:2]
    ends = np.array([(0, 0, 1), (width, 0, 1), (0, height, 1), (width, height, 1)], np.float64)
    corners = np.concatenate([ends @ one.place.T for one in samples])
    corner = np.floor(corners.min(axis=0))
    columns, rows = np.ceil(corners.max(axis=0) - corner).astype(int).tolist()
    if columns * rows > LARGEST * width * height:
        return None
    laid, where = [], []
    whole = np.full((height, width), 255, np.uint8)
    for one in samples:
        way = one.place - np.column_stack([np.zeros((2, 2)), corner])
        there = cv2.warpAffine(whole, way, (columns, rows)) == 255
        image = cv2.warpAffine(one.image, way, (columns, rows))
        image[~there] = 255  # comes last of all
        laid.append(np.asarray(image, np.uint8))
        where.append(there)
    count = np.sum(where, axis=0)
    rank = np.maximum(count - 1, 0) // 2
    image = median_image(laid, rank[..., None])
    return Panorama(image, np.where(count > 0, 255, 0).astype(np.uint8), corner)


def into_register(
    frames: Sequence[Frame], background: Panorama
) -> tuple[list[Frame], Image, tuple[FloatArray, ...]]:
    """Frames as if all had been taken from where the middle one was, and the background there.

    Returns:
        The frames, which are new ones; the background, (h, w, 3); and for each frame the way from
        its own pixels to those it has now.
    """
    places = _places(frames)
    middle = len(frames) // 2
    behind = background.shown(frames[middle].image, places[middle])
    size = (behind.shape[1], behind.shape[0])
    shown, ways = [], []
    for frame, place in zip(frames, places, strict=True):
        way = _from(places[middle], place)
        image = frame.image
        if place is not places[middle]:
            image = behind.copy()
            cv2.warpAffine(frame.image, way, size, image, borderMode=cv2.BORDER_TRANSPARENT)
        shown.append(replace(frame, image=image))
        ways.append(way)
    return shown, behind, tuple(ways)


def _places(frames: Sequence[Frame]) -> list[Place]:
    """Where the camera was; where nobody says it, it stands where it was said last."""
    places: list[Place] = []
    for frame in frames:
        places.append(frame.place if isinstance(frame, PannedFrame) else places[-1])
    return places


def from_register(
    heatmaps: npt.NDArray[np.float32], ways: Sequence[FloatArray]
) -> npt.NDArray[np.float32]:
    """(L, h, w) heatmaps of the last frames, in each frame's own pixels."""
    size = heatmaps.shape[:0:-1]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    pairs = zip(heatmaps, ways[-len(heatmaps) :], strict=True)
    return np.stack([cv2.warpAffine(one, way, size, flags=flags) for one, way in pairs])
