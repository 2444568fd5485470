"""Points of padel and squash: courts between walls, off which the ball comes back into play."""

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

END, SIDE = 10.0, 5.0  # m
WALLS = (SIDE, END)
SQUASH = 3.2, 4.875  # m to its walls; the front wall is the far one

GROUND = Bouncing(along=(0.6, 0.85), upwards=(0.6, 0.8))
SOFT = Bouncing(along=(0.5, 0.8), upwards=(0.35, 0.6))


def play_padel(rng: Rng) -> Play:
    """The serve, strokes, volleys, balls off the glass, and how it ends."""
    play = Play()
    side = float(rng.choice([-1.0, 1.0]))
    place = _served(play, side, rng)
    strokes = int(rng.integers(1, 16))
    for number in range(strokes):
        side = -side
        last = number == strokes - 1
        flight, seconds = _stroke(place, side, number == 0, rng)
        if number > 0 and not last and rng.random() < 0.35:
            place = play.fly(flight, seconds * rng.uniform(0.55, 0.85))  # a volley
        else:
            flight = _bounce(play, flight, seconds, WALLS, rng)
            if last:
                return _ended(play, flight, WALLS, rng)
            falls = flight.falls_for()
            flight = play.fly_between(flight, falls * rng.uniform(0.3, 0.95), WALLS, rng)
            place = flight.place
        if not last:
            play.happens(HIT)
    return play


def _bounce(
    play: Play,
    flight: Flight,
    seconds: float,
    walls: tuple[float, float],
    rng: Rng,
    bouncing: Bouncing = GROUND,
) -> Flight:
    """`Play.bounce` between walls."""
    flight = play.fly_between(flight, seconds, walls, rng)
    play.happens(BOUNCE)
    return flight.bounced(0.0, rng, bouncing)


def _ended(play: Play, flight: Flight, walls: tuple[float, float], rng: Rng) -> Play:
    """Nobody reaches it before it is on the ground again."""
    for _ in range(int(rng.integers(1, 4))):
        falls = flight.falls_for()
        if falls < 0.12:
            break
        flight = _bounce(play, flight, falls, walls, rng)
    play.fly_between(flight, min(flight.falls_for(), rng.uniform(0.1, 0.8)), walls, rng)
    return play


def _served(play: Play, side: float, rng: Rng) -> FloatArray:
    """The ball is dropped and struck below the hip; returns where."""
    hand = np.array([rng.uniform(-4, 4), side * rng.uniform(6.9, 7.5), 1.1])
    if rng.random() < 0.25:
        return hand * [1, rng.uniform(0.3, 1.3), rng.uniform(0.3, 2)]
    play.hold(hand, rng.uniform(0.1, 1.5), rng)
    drop = Flight(hand, np.array([0.0, 0.0, -rng.uniform(0, 2)]), 0.1, GRAVITY)
    seconds = drop.falls_for()
    up = play.bounce(drop, seconds, rng, GROUND)
    place = play.fly(up, float(up.speed[2]) / up.gravity * rng.uniform(0.8, 1.2))
    play.happens(HIT)
    return place


def _stroke(place: FloatArray, side: float, serve: bool, rng: Rng) -> tuple[Flight, float]:
    """The flight of a stroke, and the seconds to where it would bounce."""
    chance = rng.random()
    if serve:
        depth, pace = rng.uniform(4, 6.9), rng.uniform(13, 22)
    elif chance < 0.3:  # a lob
        depth, pace = rng.uniform(6.5, 9.8), rng.uniform(8, 12)
    elif chance < 0.45 and place[2] > 1.2:  # a smash
        depth, pace = rng.uniform(3, 8), rng.uniform(22, 40)
    else:
        depth, pace = rng.uniform(2, 9), rng.uniform(11, 22)
    target = np.array([rng.uniform(-4.5, 4.5), side * depth, RADIUS])
    seconds = max(1.15 * float(np.hypot(*(target - place)[:2])) / pace, 0.5)
    drag, gravity = rng.uniform(0.1, 0.3), GRAVITY * rng.uniform(0.8, 1.3)
    return flight_to(place, target, seconds, drag, gravity), seconds


def play_squash(rng: Rng) -> Play:
    """Strokes from all of the court to the front wall and back, and how it ends."""
    play = Play()
    place = np.array([rng.uniform(-2.5, 2.5), rng.uniform(-3.5, 0), rng.uniform(0.5, 2)])
    if rng.random() < 0.5:
        play.hold(place, rng.uniform(0.1, 1.5), rng)
    strokes = int(rng.integers(1, 16))
    for number in range(strokes):
        if play.time_s > 0:
            play.happens(HIT)
        away = SQUASH[1] - float(place[1])
        high = min(rng.uniform(0.5, 4.2), float(place[2]) + 0.4 * away)
        front = np.array([rng.uniform(-2.8, 2.8), SQUASH[1], high])
        seconds = max(away / rng.uniform(12, 42), abs(high - float(place[2])) / 8, 0.12)
        flight = flight_to(place, front, seconds, rng.uniform(0.1, 0.3), GRAVITY)
        play.fly(flight, seconds)
        speed = flight.speed_at(seconds) * [0.9, -rng.uniform(0.6, 0.85), 0.95]
        flight = replace(flight, place=front, speed=speed)
        falls = flight.falls_for()
        if rng.random() < 0.3 and number < strokes - 1:
            place = play.fly_between(flight, falls * rng.uniform(0.5, 0.9), SQUASH, rng).place
            continue
        flight = _bounce(play, flight, falls, SQUASH, rng, SOFT)
        if number == strokes - 1:
            return _ended(play, flight, SQUASH, rng)
        falls = flight.falls_for()
        place = play.fly_between(flight, falls * rng.uniform(0.3, 0.95), SQUASH, rng).place
    return play
