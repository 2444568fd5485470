"""A ball's ways through the air, one after another, and what happens between them.

Lengths are metres: x to the right, y away from the usual camera, z up, the origin the middle of
the court, z 0 where the ball bounces in play.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from balltrack.labels.events import BOUNCE
from balltrack.structures import FloatArray

GRAVITY = 9.81  # m/s²
RADIUS = 0.03  # m

Rng = np.random.Generator


class Way(Protocol):
    """Where the ball is at (T,) seconds after it set out: (T, 3) m."""

    def at(self, times: FloatArray) -> FloatArray: ...


@dataclass(frozen=True)
class Bouncing:
    """What a bounce leaves: the least and most share of the speed along the ground and upwards,
    and of gravity (spin pulls the ball up or down) and drag (1/s) after it."""

    along: tuple[float, float] = (0.55, 0.85)
    upwards: tuple[float, float] = (0.65, 0.85)
    gravity: tuple[float, float] = (0.9, 1.2)
    drag: tuple[float, float] = (0.1, 0.25)


@dataclass(frozen=True)
class Flight:
    """A ball in the air: from ``place`` (3,) m with ``speed`` (3,) m/s.

    Air slows it exponentially in the plane, by ``drag`` 1/s; it falls with ``gravity`` m/s²,
    which spin makes larger or smaller, to ``ground`` m.
    """

    place: FloatArray
    speed: FloatArray
    drag: float
    gravity: float
    ground: float = 0.0

    def at(self, times: FloatArray) -> FloatArray:
        """(T, 3) places at (T,) seconds after it set out."""
        t = np.asarray(times, dtype=np.float64)[:, None]
        places = self.place + self.speed * (1 - np.exp(-self.drag * t)) / self.drag
        places[:, 2] = self.place[2] + self.speed[2] * t[:, 0] - self.gravity * t[:, 0] ** 2 / 2
        return np.asarray(places)

    def speed_at(self, time_s: float) -> FloatArray:
        """(3,) m/s."""
        speed = self.speed * np.exp(-self.drag * time_s)
        speed[2] = self.speed[2] - self.gravity * time_s
        return np.asarray(speed)

    def falls_for(self) -> float:
        """Seconds until it touches the ground."""
        height = max(float(self.place[2]) - self.ground - RADIUS, 0.0)
        rise = float(self.speed[2])
        return (rise + math.sqrt(rise**2 + 2 * self.gravity * height)) / self.gravity

    def bounced(self, time_s: float, rng: Rng, bouncing: Bouncing = Bouncing()) -> Flight:
        """The flight after touching the ground at ``time_s``."""
        place = self.at(np.array([time_s]))[0]
        place[2] = self.ground + RADIUS
        speed = self.speed_at(time_s)
        speed[:2] *= rng.uniform(*bouncing.along)
        speed[2] = -speed[2] * rng.uniform(*bouncing.upwards)
        gravity = GRAVITY * rng.uniform(*bouncing.gravity)
        return Flight(place, speed, rng.uniform(*bouncing.drag), gravity, self.ground)


def flight_to(
    place: FloatArray, target: FloatArray, time_s: float, drag: float, gravity: float
) -> Flight:
    """The flight from one place that reaches another after ``time_s``."""
    speed = (target - place) * drag / (1 - np.exp(-drag * time_s))
    speed[2] = (target[2] - place[2] + gravity * time_s**2 / 2) / time_s
    return Flight(place, speed, drag, gravity)


@dataclass
class Play:
    """A rally as it is played: pieces of the ball's way one after another, and what happened.

    Attributes:
        pieces: start in seconds and the (T,) seconds since then → (T, 3) places.
        events: seconds and kind.
        time_s: until now.
    """

    pieces: list[tuple[float, Callable[[FloatArray], FloatArray]]] = field(default_factory=list)
    events: list[tuple[float, str]] = field(default_factory=list)
    time_s: float = 0.0

    def fly(self, way: Way, seconds: float) -> FloatArray:
        """Let it fly; returns where it arrives."""
        self.pieces.append((self.time_s, way.at))
        self.time_s += seconds
        return np.asarray(way.at(np.array([seconds]))[0])

    def hold(self, place: FloatArray, seconds: float, rng: Rng) -> None:
        """Somebody has it in the hand, which sways."""
        sway, phase = rng.normal(0, 0.04, 3), rng.uniform(0, 6)
        self.pieces.append((self.time_s, lambda t: place + np.outer(np.sin(phase + 3 * t), sway)))
        self.time_s += seconds

    def happens(self, kind: str) -> None:
        self.events.append((self.time_s, kind))

    def places(self, times: FloatArray) -> FloatArray:
        """(T, 3) places at (T,) seconds, increasing, of the whole rally."""
        places = np.full((len(times), 3), np.nan)
        ends = [start for start, _ in self.pieces[1:]] + [np.inf]
        for (start, way), end in zip(self.pieces, ends, strict=True):
            here = (times >= start) & (times < end)
            places[here] = way(times[here] - start)
        return places

    def bounce(
        self, flight: Flight, seconds: float, rng: Rng, bouncing: Bouncing = Bouncing()
    ) -> Flight:
        """Let it fly for ``seconds``, to the ground; returns the flight after it."""
        self.fly(flight, seconds)
        self.happens(BOUNCE)
        return flight.bounced(seconds, rng, bouncing)

    def roll_out(
        self, flight: Flight, most: int, rng: Rng, bouncing: Bouncing = Bouncing()
    ) -> None:
        """Bounce up to ``most`` times more and leave."""
        for _ in range(int(rng.integers(0, most + 1))):
            seconds = flight.falls_for()
            if seconds < 0.12:
                break
            flight = self.bounce(flight, seconds, rng, bouncing)
        self.fly(flight, min(flight.falls_for(), rng.uniform(0.1, 1.0)))

    def fly_between(
        self, flight: Flight, seconds: float, walls: tuple[float, float], rng: Rng
    ) -> Flight:
        """Let it fly for ``seconds`` between walls at ±x and ±y, which it bounces off.

        A wall is no event: the ball goes on in the same stroke, and touches no ground.

        Returns:
            The flight as it is at the end.
        """
        left = seconds
        while True:
            moments = np.append(np.arange(0.0, left, 0.004), left)
            beyond = np.abs(flight.at(moments)[:, :2]) > walls
            beyond &= flight.at(moments)[:, :2] * flight.speed[:2] > 0  # on its way out
            row = int(np.argmax(beyond.any(axis=1)))
            moment = float(moments[row]) if beyond.any() else left
            place, speed = self.fly(flight, moment), flight.speed_at(moment)
            if not beyond.any():
                return replace(flight, place=place, speed=speed)
            axis = int(np.argmax(beyond[row]))
            speed[:2] *= rng.uniform(0.8, 0.95)
            speed[axis] *= -rng.uniform(0.65, 0.85)
            flight, left = replace(flight, place=place, speed=speed), left - moment
