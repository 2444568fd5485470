"""Points of tennis.

A few hundred labelled strokes teach a network what a bounce looks like from their seven cameras;
simulated ones come from any.
"""

from __future__ import annotations

import numpy as np

from balltrack.labels.events import HIT
from balltrack.structures import FloatArray
from balltrack.training.events.simulation.flights import (
    GRAVITY,
    RADIUS,
    Flight,
    Play,
    Rng,
    flight_to,
)

BASELINE = 11.9  # m from the net


def play_point(rng: Rng) -> Play:
    """A point of tennis: bouncing the ball, toss, serve, strokes, and how it ends."""
    play = Play()
    side = float(rng.choice([-1.0, 1.0]))
    place = _serve(play, side, rng)
    strokes = int(rng.integers(1, 14))
    for number in range(strokes):
        side = -side  # of the court that the ball flies to
        last = number == strokes - 1
        flight, seconds = _stroke(place, side, number == 0, rng)
        chance = rng.random()
        if last and chance < 0.25:
            _into_the_net(play, flight, seconds, side, rng)
            break
        if chance < 0.15 and number > 0:
            place = play.fly(flight, seconds * rng.uniform(0.6, 0.9))  # a volley
        else:
            flight = play.bounce(flight, seconds, rng)
            if last:
                play.roll_out(flight, 3, rng)
                break
            place = play.fly(flight, min(rng.uniform(0.2, 0.75), 0.95 * flight.falls_for()))
        if not last:
            play.happens(HIT)
    return play


def _serve(play: Play, side: float, rng: Rng) -> FloatArray:
    """Up to the serve; returns where it is hit."""
    hand = np.array([rng.uniform(-3.5, 3.5), side * (BASELINE + 0.2), 1.0])
    if rng.random() < 0.6:
        if rng.random() < 0.5:
            play.hold(hand, rng.uniform(0.2, 1.0), rng)
        for _ in range(int(rng.integers(0, 5))):
            down = np.array([rng.normal(0, 0.2), rng.normal(0, 0.2), -rng.uniform(1.5, 4)])
            flight = Flight(hand, down, 0.1, GRAVITY)
            seconds = flight.falls_for()
            flight = play.bounce(flight, seconds, rng)
            rise = float(flight.speed[2]) / flight.gravity
            hand = play.fly(flight, max(0.1, rise * rng.uniform(0.8, 1.1)))
            if rng.random() < 0.7:
                play.hold(hand, rng.uniform(0, 0.5), rng)
        play.hold(hand, rng.uniform(0.1, 1.0), rng)
    top = np.array([hand[0] + rng.normal(0, 0.2), side * (BASELINE - 0.1), rng.uniform(2.4, 3.1)])
    if rng.random() < 0.85:
        seconds = rng.uniform(0.6, 1.1)
        play.fly(flight_to(hand, top, seconds, 0.05, GRAVITY), seconds)
    if play.time_s > 0:
        play.happens(HIT)
    return top


def _stroke(place: FloatArray, side: float, serve: bool, rng: Rng) -> tuple[Flight, float]:
    """The flight of a stroke, and the seconds to where it would bounce."""
    if serve:
        depth, pace = rng.uniform(4, 6.4), rng.uniform(35, 62)
    else:
        deep, fast = rng.random() < 0.85, rng.random() < 0.8
        depth = rng.uniform(6, 11.8) if deep else rng.uniform(1.5, 6)
        pace = rng.uniform(20, 36) if fast else rng.uniform(11, 20)
    target = np.array([rng.uniform(-4.3, 4.3), side * depth, RADIUS])
    seconds = 1.25 * float(np.hypot(*(target - place)[:2])) / pace
    drag, gravity = rng.uniform(0.15, 0.45), GRAVITY * rng.uniform(0.75, 1.7)
    return flight_to(place, target, seconds, drag, gravity), seconds


def _into_the_net(play: Play, flight: Flight, seconds: float, side: float, rng: Rng) -> None:
    start, stop = (abs(float(flight.at(np.array([t]))[0, 1])) for t in (0.0, seconds))
    place = play.fly(flight, seconds * start / max(start + stop, 1.0))
    place[2] = np.clip(place[2], 0.2, 0.9)
    speed = np.array([rng.normal(), rng.normal() - side, rng.uniform(-1, 1)])
    play.roll_out(Flight(place, speed, 0.2, GRAVITY), 3, rng)
