"""A rally as physics: who hits the ball when and where, and how it flies between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from balltrack.structures import FloatArray

GRAVITY = 9.81  # m/s²
HALF_WIDTH, HALF_LENGTH = 3.05, 6.7  # m, of a badminton court


@dataclass(frozen=True)
class Rally:
    """Hits at ``hit_times`` (H,) in s, increasing from <= 0, at ``hit_places`` (H, 3) in m.

    Player 0 (near) and player 1 (far) hit in turn, 0 first.
    """

    hit_times: FloatArray
    hit_places: FloatArray

    def ball(self, times: FloatArray) -> FloatArray:
        """(T, 3) positions at (T,) s: the parabola through the two hits around each time."""
        last = len(self.hit_times) - 2
        k = np.clip(np.searchsorted(self.hit_times, times, "right") - 1, 0, last)
        duration = self.hit_times[k + 1] - self.hit_times[k]
        since = np.clip(times - self.hit_times[k], 0, duration)
        start, stop = self.hit_places[k], self.hit_places[k + 1]
        positions = start + (stop - start) * (since / duration)[:, None]
        positions[:, 2] += GRAVITY / 2 * since * (duration - since)
        return np.asarray(positions, dtype=np.float64)

    def player(self, number: int, time_s: float) -> FloatArray:
        """(2,) court position of a player, who runs from hit to hit."""
        times, places = self.hit_times[number::2], self.hit_places[number::2, :2]
        return np.array([np.interp(time_s, times, places[:, axis]) for axis in (0, 1)])


def play_rally(rng: np.random.Generator, duration_s: float) -> Rally:
    """A rally that lasts at least so long: every hit somewhere in the hitter's half."""
    count = int(duration_s / 0.8) + 4
    times = np.cumsum(rng.uniform(0.8, 1.3, count)) - 1.5  # the first before the clip begins
    sides = np.where(np.arange(count) % 2 == 0, -1.0, 1.0)
    places = np.column_stack(
        [
            rng.uniform(-0.8, 0.8, count) * HALF_WIDTH,
            sides * rng.uniform(0.3, 0.85, count) * HALF_LENGTH,
            rng.uniform(0.6, 2.4, count),
        ]
    )
    return Rally(times, places)
