"""A view of a frame with the truth and what was found marked on it, ready for the page."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from balltrack.evaluation.comparison import Comparison, Criterion, Size
from balltrack.evaluation.page.pictures import View
from balltrack.geometry import Scaling

Point = tuple[float, float]


@dataclass(frozen=True)
class Ring:
    """Around the ball of the truth: centre and radii, in source pixels as SVG counts them."""

    x: float
    y: float
    rx: float
    ry: float


@dataclass(frozen=True)
class Cross:
    """On what was found, open in the middle: (from, to) of each arm, as in `Ring`."""

    arms: tuple[tuple[Point, Point], ...]


@dataclass(frozen=True)
class Drawing:
    """What one picture of the page shows, in source pixels.

    Attributes:
        view: the piece of the frame.
        data: its JPEG in base64, for a data URI.
        outlined: other views of the frame, whose outlines show where they are.
        truth: at most one ring; none where the frame has no ball or no label.
        found: at most one cross.
    """

    view: View
    data: str
    outlined: tuple[View, ...]
    truth: tuple[Ring, ...]
    found: tuple[Cross, ...]


def draw(
    view: View,
    clip: Comparison,
    size: Size,
    criterion: Criterion,
    outlined: Sequence[View] = (),
) -> Drawing:
    """Mark a view.

    Args:
        view: what to show.
        clip: whose row of the view's frame, if there is one, is marked.
        size: (width, height) of the source in pixels.
        criterion: says how large the truth's ring is.
        outlined: other views of the frame.
    """
    rows = np.flatnonzero(clip.frame_index == view.frame).tolist()
    reach = _reach(size, criterion)
    return Drawing(
        view,
        base64.b64encode(view.jpeg).decode("ascii"),
        tuple(outlined),
        tuple(_ring(view, clip, row, reach) for row in rows if clip.ball[row]),
        tuple(_cross(view, clip, row) for row in rows if clip.predicted[row]),
    )


def _ring(view: View, clip: Comparison, row: int, reach: Point) -> Ring:
    x, y = (clip.truth_xy[row] + 0.5).tolist()  # pixel centres lie at halves in SVG
    rx, ry = (max(radius, view.width / 64) for radius in reach)  # seen in an overview too
    return Ring(x, y, rx, ry)


def _cross(view: View, clip: Comparison, row: int) -> Cross:
    x, y = (clip.xy[row] + 0.5).tolist()
    inner, outer = view.width / 40, view.width / 16  # the gap leaves the ball to be seen
    return Cross(
        tuple(
            ((x + sx * inner, y + sy * inner), (x + sx * outer, y + sy * outer))
            for sx, sy in ((1, 1), (1, -1), (-1, 1), (-1, -1))
        )
    )


def _reach(size: Size, criterion: Criterion) -> Point:
    """The tolerance in source pixels, along x and y."""
    if criterion.grid is None:
        return criterion.tolerance, criterion.tolerance
    x, y = (criterion.tolerance / Scaling(size, criterion.grid).factors).tolist()
    return x, y
