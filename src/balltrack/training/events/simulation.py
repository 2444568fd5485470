"""Rallies of tennis as physics, seen by a camera behind the court: trajectories without end.

A few hundred labelled strokes teach a network what a bounce looks like from their seven cameras;
simulated ones come from any. The ball is slowed by the air exponentially in the plane, falls with
a gravity that spin makes larger or smaller, and loses part of its speed at a bounce. Lengths are
metres: x to the right, y away from the camera, z up, the origin the middle of the court.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from balltrack.labels.events import BOUNCE, HIT
from balltrack.structures import FloatArray

GRAVITY = 9.81  # m/s²
BASELINE = 11.9  # m from the net
RADIUS = 0.03  # m

Rng = np.random.Generator


@dataclass(frozen=True)
class Flight:
    """A ball in the air: from ``place`` (3,) m with ``speed`` (3,) m/s; ``drag`` in 1/s."""

    place: FloatArray
    speed: FloatArray
    drag: float
    gravity: float

    def at(self, times: FloatArray) -> FloatArray:
        """(T, 3) places at (T,) seconds after it set out."""
        t = np.asarray(times, dtype=np.float64)[:, None]
        places = self.place + self.speed * (1 - np.exp(-self.drag * t)) / self.drag
        places[:, 2] = self.place[2] + self.speed[2] * t[:, 0] - self.gravity * t[:, 0] ** 2 / 2
        return np.asarray(places)

    def falls_for(self) -> float:
        """Seconds until it touches the ground."""
        height = max(float(self.place[2]) - RADIUS, 0.0)
        rise = float(self.speed[2])
        return (rise + math.sqrt(rise**2 + 2 * self.gravity * height)) / self.gravity

    def bounced(self, time_s: float, rng: Rng) -> Flight:
        """The flight after touching the ground at ``time_s``."""
        place = self.at(np.array([time_s]))[0]
        place[2] = RADIUS
        speed = self.speed * np.exp(-self.drag * time_s) * rng.uniform(0.55, 0.85)
        speed[2] = (self.gravity * time_s - self.speed[2]) * rng.uniform(0.65, 0.85)
        return Flight(place, speed, rng.uniform(0.1, 0.25), GRAVITY * rng.uniform(0.9, 1.2))


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

    def fly(self, flight: Flight, seconds: float) -> FloatArray:
        """Let it fly; returns where it arrives."""
        self.pieces.append((self.time_s, flight.at))
        self.time_s += seconds
        return np.asarray(flight.at(np.array([seconds]))[0])

    def hold(self, place: FloatArray, seconds: float, rng: Rng) -> None:
        """Somebody has it in the hand, which sways."""
        sway, phase = rng.normal(0, 0.04, 3), rng.uniform(0, 6)
        self.pieces.append((self.time_s, lambda t: place + np.outer(np.sin(phase + 3 * t), sway)))
        self.time_s += seconds

    def happens(self, kind: str) -> None:
        self.events.append((self.time_s, kind))

    def roll_out(self, flight: Flight, most: int, rng: Rng) -> None:
        """Bounce up to ``most`` times more and leave."""
        for _ in range(int(rng.integers(0, most + 1))):
            seconds = flight.falls_for()
            if seconds < 0.12:
                break
            self.fly(flight, seconds)
            self.happens(BOUNCE)
            flight = flight.bounced(seconds, rng)
        self.fly(flight, min(flight.falls_for(), rng.uniform(0.1, 1.0)))


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
            play.fly(flight, seconds)
            play.happens(BOUNCE)
            flight = flight.bounced(seconds, rng)
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
            play.fly(flight, seconds)
            play.happens(BOUNCE)
            flight = flight.bounced(seconds, rng)
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


def broadcast_camera(rng: Rng) -> Callable[[FloatArray], FloatArray]:
    """(N, 3) m → (N, 2) heights of the picture from its centre, y down: high behind a baseline."""
    place = np.array([rng.uniform(-2, 2), -BASELINE - rng.uniform(6, 28), rng.uniform(4, 13)])
    ahead = np.array([rng.uniform(-1, 1), rng.uniform(-3, 1), 0.0]) - place
    ahead /= np.linalg.norm(ahead)
    right = np.cross(ahead, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(ahead, right), ahead], axis=1)

    def seen(points: FloatArray) -> FloatArray:
        turned = (points - place) @ axes
        return np.asarray(turned[:, :2] / np.maximum(turned[:, 2:], 0.5))

    corners = np.array([[-5.5, -BASELINE, 0.0], [5.5, -BASELINE, 0.0]])
    ends = seen(corners)
    zoom = rng.uniform(0.8, 1.45) / abs(ends[1, 0] - ends[0, 0])  # the near baseline's length
    shift = np.array([0.0, rng.uniform(-0.15, 0.1)]) - zoom * seen(np.zeros((1, 3)))[0]
    return lambda points: zoom * seen(points) + shift


def simulated(rng: Rng) -> tuple[FloatArray, list[tuple[int, str]], float]:
    """One filmed point.

    Returns:
        (N, 2) places in heights of the picture from its centre, NaN outside a 16:9 picture; the
        row and kind of every event; frames a second, 24 to 31.
    """
    play, camera = play_point(rng), broadcast_camera(rng)
    fps = rng.uniform(24, 31)
    count = max(8, int(play.time_s * fps))
    times = np.asarray((np.arange(count) + rng.random()) / fps, dtype=np.float64)
    places = np.full((count, 3), np.nan)
    ends = [start for start, _ in play.pieces[1:]] + [np.inf]
    for (start, way), end in zip(play.pieces, ends, strict=True):
        here = (times >= start) & (times < end)
        places[here] = way(times[here] - start)
    seen = camera(places)
    seen[(np.abs(seen) > [0.89, 0.5]).any(axis=1)] = np.nan
    rows = [(round((moment - times[0]) * fps), kind) for moment, kind in play.events]
    return seen, [(row, kind) for row, kind in rows if 0 <= row < count], fps
