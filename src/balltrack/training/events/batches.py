"""Windows of trajectories, each from another camera and with other faults."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from balltrack.events.rows import live_rows, network_rows
from balltrack.models.trajectory.eventnet_arrays import CLASSES, LIVE, WHOLE, Plan, Rows
from balltrack.training.events.noise import corrupted, shown_twice, stretched
from balltrack.training.events.sequences import Course, targets

ENOUGH = 400
"""Rows beyond which a trajectory is not drawn any more often."""

RATES = (0.8, 1.2)
"""Of the frame rate, times as many frames a second."""

PACES = (0.85, 1.2)
"""Of time itself: everything slower or faster."""

REPEATED = 0.25
"""Share of the windows whose video shows some pictures twice."""

PERIODS = (4, 5, 6)
"""Frames of which one is a repetition."""

ZOOM, SHIFT = 0.25, 0.12
"""Logarithm of the enlargement, and heights of the picture, at most."""

Rng = np.random.Generator


class Drawer:
    """Draws windows from some trajectories, longer ones more often."""

    def __init__(self, courses: Sequence[Course], length: int, plan: Plan = WHOLE) -> None:
        self.courses, self.length, self.plan = courses, length, plan
        rows = np.array([min(len(course.places), ENOUGH) for course in courses], dtype=float)
        self._shares = rows / rows.sum()

    def window(self, rng: Rng) -> tuple[Rows, npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """(L, features) rows, (L, 3) targets, (L,) 1 where there is a row."""
        course = self.courses[int(rng.choice(len(self.courses), p=self._shares))]
        places, classes, fps = course.places, course.classes, course.fps
        needed = int(self.length / RATES[0]) + 2
        if len(places) > needed:
            first = int(rng.integers(len(places) - needed))
            places, classes = places[first : first + needed], classes[first : first + needed]
        if rng.random() < 0.6:
            ratio = rng.uniform(*RATES)
            places, classes = stretched(places, classes, ratio)
            fps *= ratio
        places, classes = places[: self.length], classes[: self.length]
        places = places * [rng.choice([-1.0, 1.0]), 1.0] * np.exp(rng.uniform(-ZOOM, ZOOM))
        places = corrupted(places + rng.uniform(-SHIFT, SHIFT, 2), classes, rng)
        if rng.random() < REPEATED:
            period = int(rng.choice(PERIODS))
            places, classes = shown_twice(places, classes, period, int(rng.integers(period)))
            places, classes = places[: self.length], classes[: self.length]
            fps *= period / (period - 1)
        times = np.arange(len(places)) / fps * rng.uniform(*PACES)
        count = len(places)
        rows = np.zeros((self.length, self.plan.features), dtype=np.float32)
        wanted = np.zeros((self.length, len(CLASSES)), dtype=np.float32)
        there = np.zeros(self.length, dtype=np.float32)
        rows[:count] = (live_rows if self.plan == LIVE else network_rows)(places, times)
        wanted[:count] = targets(classes)
        there[:count] = 1.0
        return rows, wanted, there
