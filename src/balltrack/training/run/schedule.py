"""The learning rate of every step."""

from __future__ import annotations

import math
from dataclasses import dataclass

FALLING = 0.4
"""Share of the steps in which the rate falls; it is constant before, so that a run can be
prolonged or cut short from any earlier checkpoint."""

FLOOR = 0.01
"""Of the highest rate, what is left at the end."""


@dataclass(frozen=True)
class Schedule:
    """Linear warm-up, constant, then a cosine down to 1 %.

    Attributes:
        steps: of the whole run.
        highest: the rate after the warm-up.
        warmup: steps over which it rises.
        falling: share of the steps, the last ones, over which it falls.
    """

    steps: int
    highest: float
    warmup: int
    falling: float = FALLING

    def rate(self, step: int) -> float:
        """Of a step, counted from 0."""
        fall_from = self.steps * (1 - self.falling)
        fallen = min(1.0, max(0.0, step - fall_from) / max(1.0, self.steps - fall_from))
        rise = min(1.0, (step + 1) / max(1, self.warmup))
        left = FLOOR + (1 - FLOOR) * (1 + math.cos(math.pi * fallen)) / 2
        return self.highest * rise * left
