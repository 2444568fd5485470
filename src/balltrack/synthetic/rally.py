"""A rally as physics: who hits the ball when and where, and how it flies between."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from balltrack.structures import FloatArray

GRAVITY = 9.81  # m/s²
HALF_WIDTH, HALF_LENGTH = 3.05, 6.7  # m, of a badminton court
NEXT_COURT = 7.4  # m from the middle of a court to that of the one beside it


@dataclass(frozen=True)
class Rally:
    """Hits at ``hit_times`` (H,) in s, increasing from <= 0, at ``hit_places`` (H, 3) in m.

    Player 0 (near) and player 1 (far) hit in turn, 0 first. The ball bounces at
    ``bounce_times`` (B,) in s at ``bounce_places`` (B, 3) on the ground; none in badminton.
    """

    hit_times: FloatArray
    hit_places: FloatArray
    bounce_times: FloatArray = field(default_factory=lambda: np.empty(0))
    bounce_places: FloatArray = field(default_factory=lambda: np.empty((0, 3)))

    def ball(self, times: FloatArray) -> FloatArray:
        """(T, 3) positions at (T,) s: the parabola through the hits or bounces around each."""
        moments = np.concatenate([self.hit_times, self.bounce_times])
        order = np.argsort(moments)
        moments = moments[order]
        places = np.concatenate([self.hit_places, self.bounce_places])[order]
        last = len(moments) - 2
        k = np.clip(np.searchsorted(moments, times, "right") - 1, 0, last)
        duration = moments[k + 1] - moments[k]
        since = np.clip(times - moments[k], 0, duration)
        start, stop = places[k], places[k + 1]
        positions = start + (stop - start) * (since / duration)[:, None]
        positions[:, 2] += GRAVITY / 2 * since * (duration - since)
        return np.asarray(positions, dtype=np.float64)

    def moved(self, across: float) -> Rally:
        """The same rally on a court that lies so many metres to the right."""
        way = np.array([across, 0.0, 0.0])
        places, bounces = self.hit_places + way, self.bounce_places + way
        return replace(self, hit_places=places, bounce_places=bounces)

    def player(self, number: int, time_s: float) -> FloatArray:
        """(2,) court position of a player, who runs from hit to hit."""
        times, places = self.hit_times[number::2], self.hit_places[number::2, :2]
        return np.array([np.interp(time_s, times, places[:, axis]) for axis in (0, 1)])


@dataclass(frozen=True)
class Roll:
    """A ball that nobody plays: it rolls from ``start`` (3,) m on the ground and comes to rest.

    ``velocity`` (3,) m/s is that at time 0; it slows down evenly over ``duration_s``.
    """

    start: FloatArray
    velocity: FloatArray
    duration_s: float

    def ball(self, times: FloatArray) -> FloatArray:
        """(T, 3) positions at (T,) s."""
        since = np.clip(times, 0, self.duration_s)
        way = since - since**2 / (2 * self.duration_s)
        return np.asarray(self.start + way[:, None] * self.velocity, dtype=np.float64)


def roll_beside(rng: np.random.Generator, duration_s: float) -> Roll:
    """A ball that rolls along one side of the court, out of the players' way, and stops last."""
    side, ahead = rng.choice([-1.0, 1.0], 2)
    start = np.array([side * rng.uniform(1.2, 1.45) * HALF_WIDTH, -ahead * 0.8 * HALF_LENGTH, 0.05])
    distance = rng.uniform(0.8, 1.4) * HALF_LENGTH
    return Roll(start, np.array([0.0, ahead * 2 * distance / duration_s, 0.0]), duration_s)


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


def with_bounces(rally: Rally, rng: np.random.Generator) -> Rally:
    """The same rally with a bounce between every two hits, in the receiver's half."""
    share = rng.uniform(0.55, 0.7, len(rally.hit_times) - 1)  # of the time to the next hit
    times = rally.hit_times[:-1] + share * np.diff(rally.hit_times)
    places = rally.hit_places[1:] * [0.8, 0.75, 0.0]  # before the receiver
    return replace(rally, bounce_times=times, bounce_places=places)
