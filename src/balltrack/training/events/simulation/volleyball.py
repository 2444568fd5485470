"""Rallies of volleyball: up to three contacts a side, each a hit."""

from __future__ import annotations

import numpy as np

from balltrack.labels.events import HIT
from balltrack.structures import FloatArray
from balltrack.training.events.simulation.flights import (
    GRAVITY,
    Bouncing,
    Play,
    Rng,
    flight_to,
)

END, SIDE = 9.0, 4.5  # m
FLOOR = Bouncing(along=(0.6, 0.9), upwards=(0.55, 0.75))


def play_rally(rng: Rng) -> Play:
    """Holding the ball, the serve, and sides that receive, set and attack until it lands."""
    play = Play()
    side = float(rng.choice([-1.0, 1.0]))
    place = _served(play, side, rng)
    for _ in range(int(rng.integers(1, 8))):
        side = -side
        contacts = int(rng.choice([1, 2, 3], p=[0.15, 0.2, 0.65]))
        for contact in range(contacts):
            height = rng.uniform(0.4, 1.2) if contact == 0 else rng.uniform(1.5, 3.3)
            deep = rng.uniform(2, 8) if contact == 0 else rng.uniform(0.4, 4)
            target = np.array([rng.uniform(-SIDE, SIDE), side * deep, height])
            seconds = _attack(place, target, rng) if contact == 0 else rng.uniform(0.5, 1.7)
            gravity, drag = GRAVITY * rng.uniform(0.9, 1.25), rng.uniform(0.08, 0.2)
            place = play.fly(flight_to(place, target, seconds, drag, gravity), seconds)
            play.happens(HIT)
            if contact == 0 and rng.random() < 0.12:  # a block sends it back at once
                break
    target = np.array([rng.uniform(-6, 6), -side * rng.uniform(0.5, 10.5), 0.11])
    seconds = _attack(place, target, rng)
    flight = flight_to(place, target, seconds, 0.12, GRAVITY)
    play.roll_out(play.bounce(flight, seconds, rng, FLOOR), 2, rng, FLOOR)
    return play


def _served(play: Play, side: float, rng: Rng) -> FloatArray:
    hand = np.array([rng.uniform(-4, 4), side * (END + rng.uniform(0, 2)), rng.uniform(1, 1.5)])
    if rng.random() < 0.3:
        return hand * [1, rng.uniform(0.1, 1), rng.uniform(0.5, 2)]
    play.hold(hand, rng.uniform(0.1, 1.5), rng)
    tossed = np.array([rng.normal(0, 0.2), -side * rng.uniform(0.2, 1.5), rng.uniform(1.2, 1.9)])
    seconds = rng.uniform(0.6, 1.2)
    struck = play.fly(flight_to(hand, hand + tossed, seconds, 0.1, GRAVITY), seconds)
    play.happens(HIT)
    return struck


def _attack(place: FloatArray, target: FloatArray, rng: Rng) -> float:
    """Seconds from the last contact of one side to the other."""
    pace = rng.uniform(6, 12) if rng.random() < 0.35 else rng.uniform(12, 28)
    return max(float(np.hypot(*(target - place)[:2])) / pace, 0.12)
