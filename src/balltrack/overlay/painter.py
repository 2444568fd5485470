"""Where the ball is, drawn into the picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace

from balltrack.options import RenderOptions
from balltrack.overlay.drawing import CLEAR, FONT, Color, Point, Sheet, ink
from balltrack.structures import Event, Frame, Image, Source, Track
from balltrack.video.yuv import PlanarFrame, planes_of

# Bright strokes with dark edges are seen on clay, grass, hard courts and crowds alike.
EDGE: Color = (24, 24, 24)
TEXT: Color = (255, 255, 255)
EVENTS: dict[str, Color] = {"hit": (60, 150, 255), "bounce": (120, 255, 120)}
"""What is marked, and how."""
EVENT_S = 0.3  # for which an event stays marked
WIDER = 1.8  # an event's ring than the ball's
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
    Source.CORRECTED: Marker((90, 220, 90), 3.0),
}
OTHER = Marker((200, 200, 200), 1.2)
"""Of a ball beside the one in play, with its number."""


class OverlayPainter:
    """Draws a track over the frames of its video.

    A ring goes round the ball, which itself stays in sight: solid where the ball was
    detected, green where a person put it, thin where a weaker answer was linked, dashed where
    nothing was seen and the position is filled in. A trail over the last frames of the shot
    fades behind it, with gaps where frames have no position. Other balls have a thin grey ring and
    their number, and no trail. All sizes follow the shorter side of the picture.
    """

    def __init__(
        self,
        track: Track,
        options: RenderOptions,
        size: tuple[int, int],
        matrix: Colorspace = Colorspace.ITU601,
        title: str = "",
        *,
        events: Iterable[Event] = (),
        frame_rate: float = 25.0,
    ) -> None:
        """Prepare to draw.

        Args:
            track: in pixels of the frames that will come.
            options: what to draw.
            size: width and height of those frames.
            matrix: of their colours.
            title: to write into the corner, and after it where the frame's position comes from.
            events: hits and bounces to mark where they happen, for `EVENT_S`.
            frame_rate: frames a second.
        """
        self._title = title
        self._track = track
        self._options = options
        self._unit = min(size) / 720
        self._radius = max(6.0, RADIUS * self._unit)
        # A centre further out than this shows nothing; it could also overflow fixed point.
        self._size = size
        self._drawable = self._in_sight(track)
        self._others = [(other, self._in_sight(other)) for other in track.others]
        self._events = [
            event for event in events if event.kind in EVENTS and isfinite(event.x + event.y)
        ]
        self._event_frames = max(1, round(EVENT_S * frame_rate))
        colors = [EDGE, TEXT, *EVENTS.values(), *(one.color for one in (*MARKERS.values(), OTHER))]
        self._inks = {color: ink(color, matrix) for color in colors}
        self._shot: int | None = None
        self._shot_start = 0

    def paint(self, frame: PlanarFrame) -> VideoFrame:
        """Draw into the frame's picture, and return it; see `draw`."""
        # The decoder may need its picture for others: then this makes a copy.
        frame.picture.make_writable()
        self.draw(planes_of(frame.picture), frame)
        return frame.picture

    def draw(self, planes: list[Image], frame: Frame) -> None:
        """Draw into the planes of a frame's picture, see `planes_of`.

        Frames come in order. One without a row in the track gets no marker. The trail ends
        where the shot changes, by the track's own numbers or by those of the frames.
        """
        if self._shot is not None and frame.shot != self._shot:
            self._shot_start = frame.index
        self._shot = frame.shot
        row = int(np.searchsorted(self._track.frame_index, frame.index))
        source = Source.NONE
        if row < len(self._track) and self._track.frame_index[row] == frame.index:
            source = Source(self._track.source[row])
            self._draw_others(planes, row)
            self._draw_trail(planes, row)
            if self._drawable[row]:
                self._draw_marker(planes, row)
        for event in self._events:
            if 0 <= frame.index - event.frame_index < self._event_frames:
                self._draw_event(planes, event)
        words = [f"{self._title}: {source.label}"] if self._title else []
        words += [str(frame.index)] if self._options.frame_number else []
        if words:
            self._write(planes, "  ".join(words), (14 * self._unit, 34 * self._unit))

    def _in_sight(self, track: Track) -> npt.NDArray[np.bool_]:
        """(N,) where a ring would show."""
        inside = (track.xy > -self._radius) & (track.xy < np.array(self._size) + self._radius)
        return np.asarray(track.visible & inside.all(axis=1))

    def _draw_others(self, planes: list[Image], row: int) -> None:
        for number, (other, drawable) in enumerate(self._others, start=2):
            if drawable[row]:
                x, y = other.xy[row].tolist()
                self._ring(planes, (x, y), OTHER)
                self._write_beside(planes, str(number), (x, y))

    def _draw_trail(self, planes: list[Image], row: int) -> None:
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
            self._draw_step(planes, (past, end, row), fresh)

    def _draw_step(self, planes: list[Image], rows: tuple[int, int, int], fresh: float) -> None:
        """From one row to the next, but not over the ball of a third.

        ``fresh`` goes from 1, just now, to 0.
        """
        start, end, ball = (self._at(row) for row in rows)
        color = MARKERS[Source(self._track.source[rows[0]])].color
        inner = _pixels((1 + 3 * fresh) * self._unit)
        outer = inner + 2 * _pixels(self._unit)
        sheet = Sheet(planes, (start, end), outer)
        for shade, thickness in ((EDGE, outer), (color, inner)):
            sheet.line(start, end, self._inks[shade], thickness)
            sheet.disc(start, thickness / 2, self._inks[shade])
        if self._drawable[rows[2]]:
            sheet.disc(ball, self._radius, CLEAR)
        sheet.lay(0.1 + 0.8 * fresh)

    def _draw_marker(self, planes: list[Image], row: int) -> None:
        xy = self._at(row)
        self._ring(planes, xy, MARKERS[Source(self._track.source[row])])
        score = float(self._track.score[row])
        if self._options.confidence and score > 0:
            self._write_beside(planes, f"{score:.2f}", xy)

    def _ring(self, planes: list[Image], xy: Point, marker: Marker) -> None:
        inner = _pixels(marker.thickness * self._unit)
        outer = inner + 2 * _pixels(self._unit)
        sheet = Sheet(planes, (xy,), self._radius + outer)
        for color, thickness in ((EDGE, outer), (marker.color, inner)):
            sheet.ring(xy, self._radius, marker.dashes, self._inks[color], thickness)
        sheet.lay()

    def _draw_event(self, planes: list[Image], event: Event) -> None:
        """A wide ring where it happened, and its name: the ball's own marker lies inside."""
        xy, radius = (event.x, event.y), WIDER * self._radius
        inner = _pixels(2.0 * self._unit)
        outer = inner + 2 * _pixels(self._unit)
        sheet = Sheet(planes, (xy,), radius + outer)
        for color, thickness in ((EDGE, outer), (EVENTS[event.kind], inner)):
            sheet.ring(xy, radius, 0, self._inks[color], thickness)
        sheet.lay()
        self._write_beside(planes, event.kind, (xy[0], xy[1] + radius), radius)

    def _write_beside(
        self, planes: list[Image], text: str, xy: Point, radius: float | None = None
    ) -> None:
        """To the right of the ring, or to its left at the picture's right edge."""
        away = (radius or self._radius) + 6 * self._unit
        (width, height), _ = cv2.getTextSize(text, FONT, self._font_scale, 1)
        x = xy[0] + away
        if x + width > self._size[0]:
            x = xy[0] - away - width
        self._write(planes, text, (x, xy[1] + height / 2))

    def _at(self, row: int) -> Point:
        x, y = self._track.xy[row].tolist()
        return x, y

    @property
    def _font_scale(self) -> float:
        return max(0.4, 0.8 * self._unit)

    def _write(self, planes: list[Image], text: str, origin: Point) -> None:
        """Text with its lower left corner at ``origin``."""
        x, y = round(origin[0]), round(origin[1])
        step, thickness = _pixels(1.2 * self._unit), _pixels(1.6 * self._unit)
        (width, height), below = cv2.getTextSize(text, FONT, self._font_scale, thickness)
        sheet = Sheet(planes, [(x, y - height), (x + width, y + below)], step + thickness)
        # A thicker dark copy would do in OpenCV 4; 5 draws with a font that hardly thickens.
        copies = [(dx, dy, EDGE) for dx in (-step, 0, step) for dy in (-step, 0, step)]
        for dx, dy, color in (*copies, (0, 0, TEXT)):
            place = (x + dx, y + dy)
            sheet.text(text, place, self._font_scale, self._inks[color], thickness)
        sheet.lay()


def _pixels(width: float) -> int:
    return max(1, round(width))
