"""Several tracks of one video side by side: a pane each, under the name of its system.

A pane each, however many there are: rings and trails keep saying what was seen and what was
filled in, which a colour for each system would take away, and balls of systems that agree would
lie over each other in one picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import ceil, sqrt

from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace

from balltrack.geometry import Scaling
from balltrack.options import RenderOptions
from balltrack.overlay.painter import OverlayPainter
from balltrack.structures import Track
from balltrack.video.yuv import PlanarFrame, planes_of

LARGEST = (1920, 1080)
"""(width, height) in pixels of all panes together, unless the source is larger."""

GAP = 4
"""Pixels between panes."""

BLACK = (16, 128, 128)
"""Luma and both chromas, in limited range."""


def columns_for(count: int) -> int:
    """Panes side by side, so that there are hardly more rows than columns."""
    return ceil(sqrt(count))


def pane_size(source: tuple[int, int], count: int) -> tuple[int, int]:
    """(width, height) of each of ``count`` panes, pixels: even, no larger than the source."""
    columns = columns_for(count)
    grid = (columns, ceil(count / columns))
    shrunk = min(
        1.0,
        *(
            max(side, most) / (side * panes)
            for side, most, panes in zip(source, LARGEST, grid, strict=True)
        ),
    )
    width, height = (max(2, 2 * int(side * shrunk / 2)) for side in source)
    return width, height


class PanesPainter:
    """Draws every track into a pane of its own, row by row.

    Attributes:
        size: (width, height) of all panes together, pixels.

    Args:
        tracks: name → track, in pixels of the source.
        options: what to draw.
        source: (width, height) of the video in pixels.
        pane: (width, height) of the frames that will come.
        matrix: of their colours.
    """

    def __init__(
        self,
        tracks: Mapping[str, Track],
        options: RenderOptions,
        source: tuple[int, int],
        pane: tuple[int, int],
        matrix: Colorspace = Colorspace.ITU601,
    ) -> None:
        scaling = Scaling(source, pane)
        self._painters = [
            OverlayPainter(
                replace(track, xy=scaling.to_target(track.xy)), options, pane, matrix, name
            )
            for name, track in tracks.items()
        ]
        columns = columns_for(len(tracks))
        (across, down), rows = (side + GAP for side in pane), ceil(len(tracks) / columns)
        self._corners = [
            (place % columns * across, place // columns * down) for place in range(len(tracks))
        ]
        self._pane = pane
        self.size = (columns * across - GAP, rows * down - GAP)

    def paint(self, frame: PlanarFrame) -> VideoFrame:
        """All panes of a frame; frames come in order."""
        whole = VideoFrame(*self.size, "yuv420p")
        planes = planes_of(whole)
        for plane, value in zip(planes, BLACK, strict=True):
            plane[:] = value
        for painter, (left, top) in zip(self._painters, self._corners, strict=True):
            pane = []
            for plane, source in zip(planes, planes_of(frame.picture), strict=True):
                height, width = source.shape
                shrink = self._pane[0] // width  # 2 for chroma
                x, y = left // shrink, top // shrink
                pane.append(plane[y : y + height, x : x + width])
                pane[-1][:] = source
            painter.draw(pane, frame)
        return whole
