"""A view of a frame as SVG, with the truth and what was found marked on it."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np

from balltrack.evaluation.comparison import Comparison, Criterion, Size
from balltrack.evaluation.page.pictures import View
from balltrack.geometry import Scaling


def draw(
    view: View,
    clip: Comparison,
    size: Size,
    criterion: Criterion,
    outlined: Sequence[View] = (),
) -> str:
    """The ``<svg>`` of a view, in source pixels, the picture inside as a data URI.

    Args:
        view: what to show.
        clip: whose row of the view's frame, if there is one, is marked.
        size: (width, height) of the source in pixels.
        criterion: says how large the truth's ring is.
        outlined: other views of the frame, whose outlines show where they are.
    """
    data = base64.b64encode(view.jpeg).decode("ascii")
    rows = np.flatnonzero(clip.frame_index == view.frame).tolist()
    marks = "".join(
        f'<rect class="crop" x="{piece.left}" y="{piece.top}" '
        f'width="{piece.width}" height="{piece.height}"/>'
        for piece in outlined
    )
    marks += "".join(_marks(view, clip, row, _reach(size, criterion)) for row in rows)
    return (
        f'<svg viewBox="{view.left} {view.top} {view.width} {view.height}">'
        f'<image x="{view.left}" y="{view.top}" width="{view.width}" height="{view.height}" '
        f'preserveAspectRatio="none" href="data:image/jpeg;base64,{data}"/>{marks}</svg>'
    )


def _marks(view: View, clip: Comparison, row: int, reach: tuple[float, float]) -> str:
    """A ring and an open cross: neither hides the ball. Pixel centres lie at halves in SVG."""
    marks = ""
    if clip.ball[row]:
        x, y = (clip.truth_xy[row] + 0.5).tolist()
        rx, ry = (max(radius, view.width / 64) for radius in reach)  # seen in an overview too
        marks += f'<ellipse class="truth" cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}"/>'
    if clip.predicted[row]:
        x, y = (clip.xy[row] + 0.5).tolist()
        inner, outer = view.width / 40, view.width / 16
        arms = "".join(
            f"M{x + sx * inner:.1f} {y + sy * inner:.1f}L{x + sx * outer:.1f} {y + sy * outer:.1f}"
            for sx, sy in ((1, 1), (1, -1), (-1, 1), (-1, -1))
        )
        marks += f'<path class="found" d="{arms}"/>'
    return marks


def _reach(size: Size, criterion: Criterion) -> tuple[float, float]:
    """The tolerance in source pixels, along x and y."""
    if criterion.grid is None:
        return criterion.tolerance, criterion.tolerance
    x, y = (criterion.tolerance / Scaling(size, criterion.grid).factors).tolist()
    return x, y
