"""Points of table tennis; z is 0 on the table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from balltrack.labels.events import BOUNCE, HIT
from balltrack.structures import FloatArray
from balltrack.training.events.simulation.flights import (
    GRAVITY,
    RADIUS,
    Bouncing,
    Flight,
    Play,
    Rng,
    flight_to,
)

END, SIDE = 1.37, 0.76  # m
FLOOR = -0.76  # m
NET = 0.17  # m
TABLE = Bouncing(along=(0.7, 1.05), upwards=(0.65, 0.92), gravity=(0.9, 2.0), drag=(0.4, 1.0))
TRIES = 6


def play_point(rng: Rng) -> Play:
    """Holding the ball, toss, serve with its two bounces, strokes, and how it ends."""
    play = Play()
    side = float(rng.choice([-1.0, 1.0]))
    place, flight = _served(play, side, rng)
    strokes = int(rng.integers(1, 14))
    for number in range(strokes):
        side = -side  # of the table that the ball comes to
        if number > 0 or flight is None:
            flight, seconds = _stroke(place, side, rng)
            if number == strokes - 1 and rng.random() < 0.5:
                _missed(play, flight, seconds, rng)
                return play
            flight = play.bounce(flight, seconds, rng, TABLE)
        if number == strokes - 1:
            _left(play, flight, rng)
            return play
        rise = max(float(flight.speed[2]) / flight.gravity, 0.02)
        seconds = rise * rng.uniform(0.4, 1.9)
        place = play.fly(flight, float(np.clip(seconds, 0.06, 0.55)))
        play.happens(HIT)
    return play


def _served(play: Play, side: float, rng: Rng) -> tuple[FloatArray, Flight | None]:
    """Where the first stroke is, and the serve's flight after its second bounce; none where it
    begins amid a rally."""
    hand = np.array([rng.uniform(-0.9, 0.5), side * (END + rng.uniform(0.05, 0.5)), 0.2])
    if rng.random() < 0.3:
        hand[2] = rng.uniform(0.05, 0.5)
        return hand, None
    play.hold(hand, rng.uniform(0.05, 1.5), rng)
    toss = Flight(hand, np.array([0.0, 0.0, rng.uniform(1.8, 6.5)]), 0.05, GRAVITY)
    struck = play.fly(toss, 2 * float(toss.speed[2]) / GRAVITY * rng.uniform(0.93, 1.02))
    play.happens(HIT)
    own = np.array([rng.uniform(-0.6, 0.6), side * rng.uniform(0.35, 1.2), RADIUS])
    pace = rng.uniform(4, 9)
    seconds = float(np.hypot(*(own - struck)[:2])) / pace
    flight = flight_to(struck, own, max(seconds, 0.05), 0.4, GRAVITY)
    play.fly(flight, max(seconds, 0.05))
    play.happens(BOUNCE)
    other = np.array([rng.uniform(-0.7, 0.7), -side * rng.uniform(0.2, 1.3), RADIUS])
    own[2] = RADIUS
    seconds = float(np.hypot(*(other - own)[:2])) / (pace * rng.uniform(0.7, 0.95))
    gravity = GRAVITY * rng.uniform(0.9, 1.3)
    flight = flight_to(own, other, seconds, rng.uniform(0.3, 0.9), gravity)
    return other, play.bounce(flight, seconds, rng, TABLE)


def _stroke(place: FloatArray, side: float, rng: Rng) -> tuple[Flight, float]:
    """A stroke over the net onto the half of ``side``, and the seconds to its bounce."""
    for _ in range(TRIES):
        target = np.array([rng.uniform(-0.7, 0.7), side * rng.uniform(0.25, END), RADIUS])
        fast = rng.random() < 0.6
        pace = rng.uniform(8, 21) if fast else rng.uniform(4.5, 8)
        seconds = 1.15 * float(np.hypot(*(target - place)[:2])) / pace
        gravity = GRAVITY * (rng.uniform(1.0, 2.2) if fast else rng.uniform(0.6, 1.4))
        flight = flight_to(place, target, seconds, rng.uniform(0.4, 1.3), gravity)
        track = flight.at(np.linspace(0, seconds, 40))
        crossing = int(np.argmin(np.abs(track[:, 1])))
        if track[crossing, 2] > NET:
            break
    return flight, seconds


def _missed(play: Play, flight: Flight, seconds: float, rng: Rng) -> None:
    """Into the net, or past the table."""
    if rng.random() < 0.4:
        moments = np.linspace(0, seconds, 60)
        crossing = int(np.argmin(np.abs(flight.at(moments)[:, 1])))
        place = play.fly(flight, float(moments[max(crossing, 1)]))
        place[2] = np.clip(place[2], 0.03, 0.14)
        speed = np.array([rng.normal(0, 0.3), rng.normal(0, 0.4), rng.uniform(-0.5, 0.5)])
        play.roll_out(Flight(place, speed, 0.5, GRAVITY), 3, rng, TABLE)
        return
    upwards = flight.speed + np.array([0.0, 0.0, rng.uniform(1, 3)])
    _left(play, replace(flight, speed=upwards * [1.2, 1.2, 1.0]), rng)


def _left(play: Play, flight: Flight, rng: Rng) -> None:
    """Off the table and down to the floor, where it bounces on."""
    falling = replace(flight, ground=FLOOR, gravity=GRAVITY)
    play.roll_out(falling, 3, rng, TABLE)
