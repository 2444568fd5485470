"""Rallies of badminton.

Air slows a shuttle by the square of its speed, so that it comes down far more steeply than it
went up (terminal speed 6.86 m/s: Cohen et al. 2015, "The physics of badminton").
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from balltrack.labels.events import BOUNCE, HIT
from balltrack.structures import FloatArray
from balltrack.training.events.simulation.flights import GRAVITY, RADIUS, Play, Rng

TERMINAL = 6.86  # m/s
STEP = 0.01  # s
LONGEST = 3.0  # s
SPEEDS = np.geomspace(2.0, 110.0, 160)  # m/s
BACK, WIDE = 6.7, 2.6  # m: the baseline, the singles' sideline
BETWEEN = 0.35, 2.0  # s from a stroke to the next: 96 of 100 in broadcasts of singles
TRIES = 6


@dataclass(frozen=True)
class ShuttleFlight:
    """A shuttle in the air: ``places`` (T, 3) m, one every `STEP`."""

    places: FloatArray

    @property
    def seconds(self) -> float:
        return STEP * (len(self.places) - 1)

    def at(self, times: FloatArray) -> FloatArray:
        """(T, 3) places; beyond its end it lies where it ended."""
        ticks = np.arange(len(self.places)) * STEP
        return np.stack([np.interp(times, ticks, axis) for axis in self.places.T], axis=1)


def shuttle_flights(
    elevation: float,
    speeds: FloatArray,
    terminal: float = TERMINAL,
    until: tuple[float, float] = (math.inf, -math.inf),
) -> FloatArray:
    """(T, N, 2) m along the ground and upwards, one every `STEP`, for at most `LONGEST` seconds.

    Args:
        elevation: radians above the ground at which they set out.
        speeds: (N,) m/s with which they do.
        terminal: m/s at which air carries the shuttle's weight.
        until: it ends where all of them are beyond so many m or below so many.
    """
    speed = np.stack([np.cos(elevation) * speeds, np.sin(elevation) * speeds], axis=1)
    place = np.zeros_like(speed)
    places = [place]
    for _ in range(round(LONGEST / STEP)):
        fast = np.linalg.norm(speed, axis=1, keepdims=True)
        speed = speed / (1 + STEP * GRAVITY * fast / terminal**2)  # exact but for its weight
        speed[:, 1] -= STEP * GRAVITY
        place = place + STEP * speed
        places.append(place)
        if ((place[:, 0] >= until[0]) | (place[:, 1] < until[1])).all():
            break
    return np.stack(places)


def shuttle_to(
    place: FloatArray, target: FloatArray, elevation: float, terminal: float = TERMINAL
) -> ShuttleFlight:
    """The flight from ``place`` that sets out at ``elevation`` (radians) and comes down closest
    to ``target``, both (3,) m; it ends beside it."""
    away = target - place
    distance = float(np.hypot(*away[:2]))
    ways = shuttle_flights(elevation, SPEEDS, terminal, (distance, min(float(away[2]), 0.0) - 1))
    passing = np.argmax(ways[:, :, 0] >= distance, axis=0)  # 0: never
    height = ways[passing, np.arange(len(SPEEDS)), 1]
    off = np.where(passing > 0, np.abs(height - away[2]), np.inf)
    best = int(np.argmin(off)) if np.isfinite(off).any() else len(SPEEDS) - 1
    stop = int(passing[best]) or int(np.argmin(np.abs(ways[:, best, 1] - away[2])))
    return _way(place, away[:2], ways[: max(stop, 2) + 1, best])


def smash(place: FloatArray, target: FloatArray, speed: float) -> ShuttleFlight:
    """Straight down at ``target`` with ``speed`` m/s, until it is at the target's distance or on
    the ground."""
    away = target - place
    distance = float(np.hypot(*away[:2]))
    down = float(np.arctan2(away[2], distance)) + 0.04  # it falls on its way
    until = (distance, RADIUS - float(place[2]))
    along = shuttle_flights(down, np.array([speed]), until=until)[:, 0]
    along[-1, 1] = max(along[-1, 1], until[1])
    return _way(place, away[:2], along)


def falling(place: FloatArray, speed: FloatArray) -> ShuttleFlight:
    """From ``place`` with ``speed`` (3,) m/s to the ground."""
    rises = float(np.arctan2(speed[2], np.hypot(*speed[:2])))
    until = (math.inf, RADIUS - float(place[2]))
    along = shuttle_flights(rises, np.array([np.linalg.norm(speed)]), until=until)[:, 0]
    along[-1, 1] = until[1]
    return _way(place, speed[:2], along)


def _way(place: FloatArray, ahead: FloatArray, along: FloatArray) -> ShuttleFlight:
    """From ``place`` (3,) in the direction of ``ahead`` (2,): (T, 2) m along it and upwards."""
    forward = ahead / max(float(np.hypot(*ahead)), 1e-6)
    return ShuttleFlight(place + np.column_stack([along[:, :1] * forward, along[:, 1]]))


def play_rally(rng: Rng) -> Play:
    """Holding the shuttle, the serve, strokes, and how it ends: on the ground or in the net."""
    play = Play()
    side = float(rng.choice([-1.0, 1.0]))
    place, flight = _begun(play, side, rng)
    for number in range(int(rng.integers(1, 16))):
        side = -side
        if number > 0 or flight is None:
            flight = _stroke(place, side, rng)
        place = play.fly(flight, flight.seconds)
        play.happens(HIT)
    _ended(play, place, -side, rng)
    return play


def _begun(play: Play, side: float, rng: Rng) -> tuple[FloatArray, ShuttleFlight | None]:
    """Where the first stroke is, and the serve's flight; none where a clip begins amid a rally."""
    if rng.random() < 0.3:
        height = rng.uniform(0.3, 2.8)
        return np.array([rng.uniform(-WIDE, WIDE), side * rng.uniform(1, 6.5), height]), None
    hand = np.array([rng.uniform(-1.0, 1.0), side * rng.uniform(1.9, 3.5), rng.uniform(0.8, 1.15)])
    play.hold(hand, rng.uniform(0.1, 2.5), rng)
    play.happens(HIT)
    short = rng.random() < 0.6
    depth, height = (rng.uniform(1.9, 3), 0.9) if short else (rng.uniform(4.5, 6.5), 2.2)
    angle = rng.uniform(10, 25) if short else rng.uniform(35, 60)
    target = np.array([rng.uniform(-WIDE, WIDE), -side * depth, height * rng.uniform(0.7, 1.2)])
    return hand, shuttle_to(hand, target, np.radians(angle))


def _stroke(place: FloatArray, side: float, rng: Rng) -> ShuttleFlight:
    """A stroke that takes neither too short nor too long."""
    for _ in range(TRIES):
        flight = _struck(place, side, rng)
        if BETWEEN[0] <= flight.seconds <= BETWEEN[1]:
            break
    return flight


def _struck(place: FloatArray, side: float, rng: Rng) -> ShuttleFlight:
    """A stroke into the half where y has the sign of ``side``, as the height of the shuttle and
    its distance from the net ask for."""
    far, chance = abs(float(place[1])), rng.random()
    across = rng.uniform(-WIDE, WIDE)
    if place[2] > 1.7 and far > 1.5 and chance < 0.38:
        target = np.array([across, side * rng.uniform(1.5, 5.5), rng.uniform(0.2, 1.4)])
        return smash(place, target, rng.uniform(35, 90))
    if place[2] > 1.7 and chance < 0.6:  # a drop shot
        return _aimed(place, across, side * rng.uniform(0.7, 2.5), (0.3, 1.3), (-8, 15), rng)
    if place[2] > 1.7 or chance < 0.35:  # a clear, or a lob from below
        angles = (10, 45) if place[2] > 1.7 else (30, 60)
        return _aimed(place, across, side * rng.uniform(4.0, 6.8), (1.2, 2.8), angles, rng)
    if far < 3.0 and chance < 0.7:  # at the net
        return _aimed(place, across, side * rng.uniform(0.3, 1.5), (0.3, 1.4), (30, 75), rng)
    if chance < 0.8:  # a block
        return _aimed(place, across, side * rng.uniform(0.8, 2.5), (0.3, 1.3), (8, 35), rng)
    return _aimed(place, across, side * rng.uniform(2.5, 5.5), (0.6, 1.9), (2, 18), rng)  # a drive


def _aimed(
    place: FloatArray,
    across: float,
    along: float,
    heights: tuple[float, float],
    degrees: tuple[float, float],
    rng: Rng,
) -> ShuttleFlight:
    target = np.array([across, along, rng.uniform(*heights)])
    terminal = TERMINAL * rng.uniform(0.93, 1.07)
    return shuttle_to(place, target, np.radians(rng.uniform(*degrees)), terminal)


def _ended(play: Play, place: FloatArray, side: float, rng: Rng) -> None:
    """The last stroke: nobody reaches it, or the net does. It lands, hops, and lies there."""
    flight = _stroke(place, side, rng)
    over = int(np.argmax(flight.places[:, 1] * side > 0))
    if over and rng.random() < 0.25:
        place, speed = play.fly(flight, STEP * over), rng.normal(0, 0.3, 3)
    else:
        place = play.fly(flight, flight.seconds)
        speed = (flight.places[-1] - flight.places[-2]) / STEP
    if place[2] > RADIUS:
        fall = falling(place, speed)
        place = play.fly(fall, fall.seconds)
    play.happens(BOUNCE)
    if rng.random() < 0.7:
        along = rng.uniform(0.1, 0.5)
        hop = falling(place, speed * [along, along, 0] + [0, 0, rng.uniform(0.4, 2.2)])
        place = play.fly(hop, hop.seconds)
    if rng.random() < 0.7:
        play.fly(ShuttleFlight(np.stack([place, place])), rng.uniform(0.1, 2.0))
