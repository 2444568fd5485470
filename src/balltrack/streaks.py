"""What a moving ball draws while the shutter is open."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.float64]
"""(..., 2) pixels."""

ROUND = 1.3
"""Length over width up to which a streak does not say which way the ball flies."""


@dataclass(frozen=True)
class Streak:
    """The picture of a ball between the opening and the closing of the shutter.

    Attributes:
        x, y: its middle, pixels.
        length: from one visible end to the other, pixels: the ball's way and its diameter.
        width: across, pixels: about the ball's diameter.
        angle: of its length, degrees in [0, 180) as seen in the picture: 0 along the rows, 90
            upright, 45 rising to the right; NaN where it is round, see `ROUND`.
    """

    x: float
    y: float
    length: float
    width: float
    angle: float

    @property
    def travel(self) -> float:
        """How far the ball's middle went, pixels."""
        return max(self.length - self.width, 0.0)

    @property
    def axis(self) -> Places:
        """(2,) of length 1 along it, x to the right and y down; NaN where it is round."""
        angle = math.radians(self.angle)
        return np.array([math.cos(angle), -math.sin(angle)])

    @property
    def reach(self) -> Places:
        """(2,) from its middle to where the ball's middle was at one end; NaN where round."""
        return self.travel / 2 * self.axis

    def mapped(self, place: Callable[[Places], Places]) -> Streak:
        """The same on another grid, to which ``place`` takes (N, 2) places."""
        along = np.array([1.0, 0.0]) if math.isnan(self.angle) else self.axis
        across = np.array([-along[1], along[0]])
        ends, sides = self.length / 2 * along, self.width / 2 * across
        ways = np.array([-ends, ends, -sides, sides])
        start, end, left, right = place(np.array([self.x, self.y]) + ways)
        return streak_between(start, end, math.hypot(*(right - left)))


def streak_between(start: Places, end: Places, width: float) -> Streak:
    """The streak of a width with its visible ends at two places, (2,) pixels each."""
    x, y = (start + end) / 2
    across, down = end - start
    length = math.hypot(across, down)
    known = length > ROUND * width
    angle = math.degrees(math.atan2(-down, across)) % 180 if known else math.nan
    return Streak(float(x), float(y), length, width, angle)
