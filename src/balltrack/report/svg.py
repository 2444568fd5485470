"""The few elements of SVG that figures are drawn with; colours come from the page's style."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from balltrack.structures import FloatArray


def figure(width: float, height: float, parts: Iterable[str], name: str) -> Markup:
    """An ``<svg>`` that scales to the page; ``name`` is its class and what it is to a reader."""
    return Markup(
        f'<svg class="{escape(name)}" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(name)}">{"".join(parts)}</svg>'
    )


def image(data: bytes, width: float, height: float, kind: str = "jpeg") -> str:
    """A picture inside of the page."""
    text = base64.b64encode(data).decode("ascii")
    return (
        f'<image width="{width:g}" height="{height:g}" preserveAspectRatio="none" '
        f'href="data:image/{kind};base64,{text}"/>'
    )


def polyline(points: FloatArray, css: str, style: str = "") -> str:
    """A line through (N, 2) points."""
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in points.tolist())
    return f'<polyline class="{css}" points="{text}"{_style(style)}/>'


def line(start: Sequence[float], end: Sequence[float], css: str) -> str:
    (x1, y1), (x2, y2) = start, end
    return f'<line class="{css}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def rectangle(left: float, top: float, width: float, height: float, css: str, tip: str = "") -> str:
    return (
        f'<rect class="{css}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}">{_tip(tip)}</rect>'
    )


def circle(at: Sequence[float], radius: float, css: str, tip: str = "") -> str:
    x, y = at
    return f'<circle class="{css}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}">{_tip(tip)}</circle>'


def triangle(at: Sequence[float], radius: float, css: str, tip: str = "") -> str:
    """With its point up."""
    x, y = at
    points = f"{x:.1f},{y - radius:.1f} {x - radius:.1f},{y + radius:.1f} "
    points += f"{x + radius:.1f},{y + radius:.1f}"
    return f'<polygon class="{css}" points="{points}">{_tip(tip)}</polygon>'


def text(at: Sequence[float], words: str, css: str) -> str:
    x, y = at
    return f'<text class="{css}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


def _tip(words: str) -> str:
    return f"<title>{escape(words)}</title>" if words else ""


def _style(style: str) -> str:
    return f' style="{style}"' if style else ""


@dataclass(frozen=True)
class Scale:
    """From values to places in a figure, on a straight line."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.start + share * (self.end - self.start)

    def ticks(self, about: int = 6) -> list[float]:
        """Round values in the range, about so many."""
        span = (self.high - self.low) or 1.0
        raw = span / about
        power = 10.0 ** _floor_log10(raw)
        step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
        first = -int(-self.low // step)
        count = int((self.high - first * step) / step + 1e-9) + 1
        return [round((first + i) * step, 10) for i in range(max(count, 0))]


def _floor_log10(value: float) -> int:
    power = 0
    while 10.0 ** (power + 1) <= value:
        power += 1
    while 10.0**power > value:
        power -= 1
    return power
