"""Where the ball is, drawn into the picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from balltrack.options import RenderOptions
from balltrack.structures import FloatArray, Frame, Image, Source, Track

Color = tuple[int, int, int]  # blue, green, red

# Bright strokes with dark edges are seen on clay, grass, hard courts and crowds alike.
EDGE: Color = (24, 24, 24)
TEXT: Color = (255, 255, 255)
FONT = cv2.FONT_HERSHEY_SIMPLEX
SHIFT = 4  # OpenCV draws in fixed point: sixteenths of a pixel
RADIUS = 12.0  # of the ring, in pixels where the shorter side has 720, like all sizes below


@dataclass(frozen=True)
class Marker:
    """A ring; ``dashes`` make it a broken one."""

    color: Color
    thickness: float
    dashes: int = 0


MARKERS = {
    Source.DETECTED: Marker((0, 235, 255), 3.0),
    Source.LINKED: Marker((255, 240, 120), 1.5),
    Source.INPAINTED: Marker((255, 90, 255), 3.0, dashes=4),
}


class OverlayPainter:
    """Draws a track over the frames of its video.

    A ring goes round the ball, which itself stays in sight: solid where the ball was
    detected, thin where a weaker answer was linked, dashed where nothing was seen and the
    position is filled in. A trail over the last frames of the shot fades behind it, with
    gaps where frames have no position. All sizes follow the shorter
    side of the picture.
    """

    def __init__(self, track: Track, options: RenderOptions, size: tuple[int, int]) -> None:
        """Prepare to draw.

        Args:
            track: in pixels of the frames that will come.
            options: what to draw.
            size: width and height of those frames.
        """
        self._track = track
        self._options = options
        self._unit = min(size) / 720
        self._radius = max(6.0, RADIUS * self._unit)
        # A centre further out than this shows nothing; it could also overflow fixed point.
        self._drawable = track.visible & np.all(
            (track.xy > -self._radius) & (track.xy < np.array(size) + self._radius), axis=1
        )
        self._width = size[0]
        self._shot: int | None = None
        self._shot_start = 0

    def paint(self, frame: Frame) -> Image:
        """Draw into the frame's image, and return it.

        Frames come in order. One without a row in the track gets no marker. The trail ends
        where the shot changes, by the track's own numbers or by those of the frames.
        """
        if self._shot is not None and frame.shot != self._shot:
            self._shot_start = frame.index
        self._shot = frame.shot
        image = frame.image
        row = int(np.searchsorted(self._track.frame_index, frame.index))
        if row < len(self._track) and self._track.frame_index[row] == frame.index:
            if self._drawable[row]:
                self._draw_ball(image, row)
            else:
                self._draw_trail(image, row)
        if self._options.frame_number:
            text = str(frame.index)
            self._write(image, text, (14 * self._unit, 34 * self._unit))
        return image

    def _draw_ball(self, image: Image, row: int) -> None:
        """Trail and ring, with what the ring encloses as it was."""
        xy = self._track.xy[row]
        around, origin = _around(image, xy[None], self._radius + 1)
        before = around.copy()
        self._draw_trail(image, row)
        if around.size:  # not just outside of the picture
            _restore_disc(around, before, xy - origin, self._radius)
        self._draw_marker(image, row)

    def _draw_trail(self, image: Image, row: int) -> None:
        """From the oldest on: a dot a frame, joined to the next frame's."""
        track, length = self._track, self._options.trail
        now = int(track.frame_index[row])
        first = int(np.searchsorted(track.frame_index, max(now - length, self._shot_start)))
        for past in range(first, row):
            if not self._drawable[past] or track.shot[past] != track.shot[row]:
                continue
            age = now - int(track.frame_index[past])
            fresh = 1 - age / (length + 1)
            joined = track.frame_index[past + 1] == track.frame_index[past] + 1
            end = past + 1 if joined and self._drawable[past + 1] else past
            color = MARKERS[Source(track.source[past])].color
            _draw_step(image, track.xy[past], track.xy[end], color, self._unit, fresh)

    def _draw_marker(self, image: Image, row: int) -> None:
        xy, marker = self._track.xy[row], MARKERS[Source(self._track.source[row])]
        inner = _pixels(marker.thickness * self._unit)
        outer = inner + 2 * _pixels(self._unit)
        for color, thickness in ((EDGE, outer), (marker.color, inner)):
            _draw_ring(image, xy, self._radius, marker.dashes, color, thickness)
        score = float(self._track.score[row])
        if self._options.confidence and score > 0:
            self._write_beside(image, f"{score:.2f}", xy)

    def _write_beside(self, image: Image, text: str, xy: FloatArray) -> None:
        """To the right of the ring, or to its left at the picture's right edge."""
        away = self._radius + 6 * self._unit
        (width, height), _ = cv2.getTextSize(text, FONT, self._font_scale, 1)
        x = xy[0] + away
        if x + width > self._width:
            x = xy[0] - away - width
        self._write(image, text, (x, xy[1] + height / 2))

    @property
    def _font_scale(self) -> float:
        return max(0.4, 0.8 * self._unit)

    def _write(self, image: Image, text: str, origin: tuple[float, float]) -> None:
        """Text with its lower left corner at ``origin``."""
        x, y = round(origin[0]), round(origin[1])
        step, thickness = _pixels(1.2 * self._unit), _pixels(1.6 * self._unit)
        # A thicker dark copy would do in OpenCV 4; 5 draws with a font that hardly thickens.
        copies = [(dx, dy, EDGE) for dx in (-step, 0, step) for dy in (-step, 0, step)]
        for dx, dy, color in (*copies, (0, 0, TEXT)):
            place = (x + dx, y + dy)
            cv2.putText(image, text, place, FONT, self._font_scale, color, thickness, cv2.LINE_AA)


def _pixels(width: float) -> int:
    return max(1, round(width))


def _fixed(xy: FloatArray) -> tuple[int, int]:
    """Pixels → OpenCV's fixed-point; both have integers at the pixels' centres."""
    return round(xy[0] * 2**SHIFT), round(xy[1] * 2**SHIFT)


def _draw_ring(
    image: Image, xy: FloatArray, radius: float, dashes: int, color: Color, thickness: int
) -> None:
    center, r = _fixed(xy), round(radius * 2**SHIFT)
    if not dashes:
        cv2.circle(image, center, r, color, thickness, cv2.LINE_AA, SHIFT)
    for dash in range(dashes):
        start = 360 * dash / dashes
        end = start + 180 / dashes
        cv2.ellipse(image, center, (r, r), 0, start, end, color, thickness, cv2.LINE_AA, SHIFT)


def _draw_step(
    image: Image, start: FloatArray, end: FloatArray, color: Color, unit: float, fresh: float
) -> None:
    """One step of the trail; ``fresh`` goes from 1, just now, to 0."""
    inner = _pixels((1 + 3 * fresh) * unit)
    outer = inner + 2 * _pixels(unit)
    crop, origin = _around(image, np.stack([start, end]), outer)
    if not crop.size:  # just outside of the picture
        return
    drawn = crop.copy()
    for shade, thickness in ((EDGE, outer), (color, inner)):
        ends = _fixed(start - origin), _fixed(end - origin)
        cv2.line(drawn, *ends, shade, thickness, cv2.LINE_AA, SHIFT)
        cv2.circle(drawn, ends[0], thickness << (SHIFT - 1), shade, cv2.FILLED, cv2.LINE_AA, SHIFT)
    opacity = 0.1 + 0.8 * fresh
    cv2.addWeighted(drawn, opacity, crop, 1 - opacity, 0, dst=crop)


def _restore_disc(image: Image, original: Image, xy: FloatArray, radius: float) -> None:
    """Put back what a ring encloses."""
    mask = np.zeros(image.shape[:2], dtype=np.uint8)
    cv2.circle(mask, _fixed(xy), round(radius * 2**SHIFT), 255, cv2.FILLED, cv2.LINE_8, SHIFT)
    cv2.copyTo(original, mask, image)


def _around(image: Image, points: FloatArray, margin: float) -> tuple[Image, FloatArray]:
    """The part of an image (a view) that holds the points, and its top-left pixel (x, y)."""
    size = np.array([image.shape[1], image.shape[0]])
    low = np.clip(np.floor(points.min(axis=0) - margin), 0, size).astype(int)
    high = np.clip(np.ceil(points.max(axis=0) + margin) + 1, 0, size).astype(int)
    return image[low[1] : high[1], low[0] : high[0]], low.astype(np.float64)
