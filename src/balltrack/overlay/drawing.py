"""Drawing on the planes of a picture, pixels that nothing is drawn on staying as they are."""

from __future__ import annotations

import math
from collections.abc import Iterable

import cv2
import numpy as np
from av.video.reformatter import Colorspace

from balltrack.structures import Image
from balltrack.video.yuv import PlaneConverter, planes_of

Point = tuple[float, float]
Color = tuple[int, int, int]  # blue, green, red
Ink = tuple[int, int, int, int]  # luma, blue and red chroma, 255
CLEAR: Ink = (0, 0, 0, 0)
FONT = cv2.FONT_HERSHEY_SIMPLEX
SHIFT = 4  # OpenCV draws in fixed point: sixteenths of a pixel


def ink(color: Color, matrix: Colorspace) -> Ink:
    """A colour as it is stored in the planes."""
    sample = PlaneConverter((2, 2), matrix).from_bgr(np.full((2, 2, 3), color, dtype=np.uint8))
    luma, blue, red = (int(plane[0, 0]) for plane in planes_of(sample))
    return luma, blue, red, 255


class Sheet:
    """A transparent sheet over a part of a picture: drawn on first, then laid onto its planes.

    Its pixels are luma, both chromas, and how much they cover, by which the other three are
    multiplied: what comes of drawing opaque colours over zeros with soft edges.
    """

    def __init__(self, planes: list[Image], points: Iterable[Point], margin: float) -> None:
        """Cover the points with a margin around them, as far as the picture goes."""
        height, width = planes[0].shape
        xs, ys = zip(*points, strict=True)
        self._left, right = _even(min(xs) - margin, width), _even(max(xs) + margin + 2, width)
        self._top, bottom = _even(min(ys) - margin, height), _even(max(ys) + margin + 2, height)
        self._planes = planes
        self._image = np.zeros((bottom - self._top, right - self._left, 4), dtype=np.uint8)

    def line(self, start: Point, end: Point, ink: Ink, thickness: int) -> None:
        cv2.line(self._image, self._at(start), self._at(end), ink, thickness, cv2.LINE_AA, SHIFT)

    def disc(self, xy: Point, radius: float, ink: Ink) -> None:
        """With a soft edge, or a hard one where it only clears."""
        edge = cv2.LINE_AA if ink[3] else cv2.LINE_8
        cv2.circle(self._image, self._at(xy), _fixed(radius), ink, cv2.FILLED, edge, SHIFT)

    def ring(self, xy: Point, radius: float, dashes: int, ink: Ink, thickness: int) -> None:
        center, r = self._at(xy), _fixed(radius)
        if not dashes:
            cv2.circle(self._image, center, r, ink, thickness, cv2.LINE_AA, SHIFT)
        for dash in range(dashes):
            start = 360 * dash / dashes
            end = start + 180 / dashes
            axes = (r, r)
            cv2.ellipse(
                self._image, center, axes, 0, start, end, ink, thickness, cv2.LINE_AA, SHIFT
            )

    def text(
        self, text: str, place: tuple[int, int], scale: float, ink: Ink, thickness: int
    ) -> None:
        corner = (place[0] - self._left, place[1] - self._top)
        # Apart, since OpenCV 5 takes a fourth channel for the picture's own transparency.
        color, cover = self._image[..., :3].copy(), self._image[..., 3].copy()
        for image, value in ((color, ink[:3]), (cover, ink[3:])):
            cv2.putText(image, text, corner, FONT, scale, value, thickness, cv2.LINE_AA)
        self._image = np.dstack([color, cover])

    def lay(self, opacity: float = 1.0) -> None:
        """Put it onto the picture; pixels that nothing was drawn on stay exactly as they are."""
        image, left, top = self._image, self._left, self._top
        if not image.size:  # just outside of the picture
            return
        for channel, plane in enumerate(self._planes):
            if channel == 1:
                # A pixel of chroma gets the mean of its four, as if it lay in their middle.
                # Players take it to lie half a pixel further left, which nobody sees.
                half = (image.shape[1] // 2, image.shape[0] // 2)
                image = np.asarray(cv2.resize(image, half, interpolation=cv2.INTER_AREA), np.uint8)
                left, top = left // 2, top // 2
            height, width = image.shape[:2]
            under = plane[top : top + height, left : left + width]
            ink, cover = image[..., channel] * opacity, image[..., 3] * (opacity / 255)
            under[:] = np.rint(under * (1 - cover) + ink)

    def _at(self, xy: Point) -> tuple[int, int]:
        """A place in the picture, on the sheet in OpenCV's fixed point."""
        return _fixed(xy[0] - self._left), _fixed(xy[1] - self._top)


def _even(place: float, limit: int) -> int:
    """Of the pixels from which a pixel of chroma begins, the last one before a place."""
    return min(max(2 * math.floor(place / 2), 0), limit)


def _fixed(length: float) -> int:
    """Pixels → OpenCV's fixed point; both have integers at the pixels' centres."""
    return round(length * (1 << SHIFT))
