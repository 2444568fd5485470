"""What a shot looks like without the ball where its camera pans: a median in register.

The pictures of a stretch are laid over each other as the camera moved, and their median is a
panorama. A window of a network is shown the part of it that its middle frame shows, and its
other frames as if they had been taken from there too; what the network paints is brought back to
each frame's own pixels (`from_register`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from balltrack.scene.background import Sample, median_image, median_of
from balltrack.scene.panning.camera import from_to, laid_onto, place_of, shift
from balltrack.scene.panning.following import STILL
from balltrack.structures import FloatArray, Frame, Image

LARGEST = 3
"""Pictures that a panorama is as large as, at most; a camera that turns further is not followed."""


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

    def seen_from(self, frame: Frame) -> Image:
        """(h, w, 3): the part that a frame shows; its own image where there is nothing."""
        picture = frame.image
        size = (picture.shape[1], picture.shape[0])
        way = place_of(frame) - np.column_stack([np.zeros((2, 2)), self.corner])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        image = cv2.warpAffine(self.image, way, size, flags=flags)
        seen = cv2.warpAffine(self.seen, way, size, flags=flags)
        return np.where(np.equal(seen, 255)[..., None], image, picture).astype(np.uint8)


def behind_pan(samples: Sequence[Sample]) -> Image | Panorama:
    """What they show without what moves: a panorama where the camera has turned, else a median.

    A median, too, of a camera that has turned too far.
    """
    if stands(samples):
        return median_of(samples)
    made = panorama(samples)
    return median_of(samples) if made is None else made


def stands(samples: Sequence[Sample]) -> bool:
    """Whether all pictures were taken from one place."""
    last = samples[-1]
    size = (last.image.shape[1], last.image.shape[0])
    here = place_of(last)
    return all(
        one.place is last.place or shift(from_to(place_of(one), here), size) <= STILL
        for one in samples
    )


def panorama(samples: Sequence[Sample]) -> Panorama | None:
    """The median of pictures in register; None where it would be larger than `LARGEST`."""
    height, width = samples[0].image.shape[:2]
    ends = np.array([(0, 0, 1), (width, 0, 1), (0, height, 1), (width, height, 1)], np.float64)
    corners = np.concatenate([ends @ place_of(one).T for one in samples])
    corner = np.floor(corners.min(axis=0))
    columns, rows = np.ceil(corners.max(axis=0) - corner).astype(int).tolist()
    if columns * rows > LARGEST * width * height:
        return None
    laid: list[Image] = []
    count = np.zeros((rows, columns), np.uint8)
    whole = np.full((height, width), 255, np.uint8)
    for one in samples:
        way = place_of(one) - np.column_stack([np.zeros((2, 2)), corner])
        there = np.equal(cv2.warpAffine(whole, way, (columns, rows)), 255).view(np.uint8)
        beyond = there - 1  # 255 where it shows nothing
        image = cv2.warpAffine(one.image, way, (columns, rows))
        # White comes last of all.
        laid.append(np.asarray(cv2.bitwise_or(image, cv2.merge([beyond] * 3)), np.uint8))
        count += there
    rank = np.maximum(count.astype(np.intp) - 1, 0) // 2
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
    places = [place_of(frame) for frame in frames]
    middle = len(frames) // 2
    behind = background.seen_from(frames[middle])
    shown, ways = [], []
    for frame, place in zip(frames, places, strict=True):
        way = from_to(place, places[middle])
        image = frame.image
        if place is not places[middle]:
            image = laid_onto(image, way, behind)
        shown.append(replace(frame, image=image))
        ways.append(way)
    return shown, behind, tuple(ways)


def from_register(
    heatmaps: npt.NDArray[np.float32], ways: Sequence[FloatArray]
) -> npt.NDArray[np.float32]:
    """(L, h, w) heatmaps of the last frames, in each frame's own pixels."""
    size = heatmaps.shape[:0:-1]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    pairs = zip(heatmaps, ways[-len(heatmaps) :], strict=True)
    return np.stack([cv2.warpAffine(one, way, size, flags=flags) for one, way in pairs])
