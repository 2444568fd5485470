"""How well a blob fits a flight: constant acceleration through the frames around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

import numpy as np
import numpy.typing as npt

from balltrack.structures import FloatArray, Frame

REACH = 4
"""Different pictures to either side in which a flight looks for its ball."""

STEP = 0.16
"""Longest step of a ball from one picture to the next, shares of the picture's height."""

SHORTEST = 0.004
"""A flight whose steps are shorter than this, on average, is no flight but something that stays."""

TOLERANCE = 0.005
"""Distance from the foretold place at which a blob still counts, shares of the height."""

BEND = 0.012
"""Largest change of a step from one picture to the next, shares of the height."""

MIDDLE, STEEPNESS = 4.5, 1.0
"""The score is a logistic curve over the pictures that agree: a half at `MIDDLE` of them."""


class Flights:
    """Scores blobs by the flights that go through them.

    A flight is begun by three blobs in three pictures in a row whose steps are alike, and foretold
    by constant acceleration to both sides. The blobs that lie where it says count.

    Args:
        height: of the picture, pixels.
    """

    def __init__(self, height: int) -> None:
        self._height = height

    def score(
        self, seen: Iterable[tuple[Frame, FloatArray]]
    ) -> Iterator[tuple[Frame, FloatArray, FloatArray]]:
        """The same frames and blobs, with (n,) scores in (0, 1).

        Args:
            seen: frames in order, each with its (n, 3+) blobs, x and y first, pixels. Frames that
                repeat a picture share one array.
        """
        for _, shot in groupby(seen, key=lambda pair: pair[0].shot):
            yield from self._score_shot(shot)

    def _score_shot(
        self, seen: Iterable[tuple[Frame, FloatArray]]
    ) -> Iterator[tuple[Frame, FloatArray, FloatArray]]:
        pictures: list[tuple[list[Frame], FloatArray]] = []
        given = 0
        for frame, blobs in seen:
            if pictures and pictures[-1][1] is blobs:
                pictures[-1][0].append(frame)
                continue
            pictures.append(([frame], blobs))
            if len(pictures) - 1 - given > REACH + 1:
                yield from self._answer(pictures, given)
                given += 1
            if given > 2 * REACH:
                drop = given - REACH
                del pictures[:drop]
                given -= drop
        for place in range(given, len(pictures)):
            yield from self._answer(pictures, place)

    def _answer(
        self, pictures: list[tuple[list[Frame], FloatArray]], place: int
    ) -> Iterator[tuple[Frame, FloatArray, FloatArray]]:
        frames, blobs = pictures[place]
        around = [
            pictures[at][1][:, :2] / self._height if 0 <= at < len(pictures) else np.empty((0, 2))
            for at in range(place - REACH, place + REACH + 1)
        ]
        agreeing = support(around)
        scores = 1 / (1 + np.exp(-STEEPNESS * (agreeing - MIDDLE)))
        for frame in frames:
            yield frame, blobs, scores


def support(around: list[FloatArray]) -> FloatArray:
    """(n,) for each blob of the middle picture: how many others its best flight has.

    Args:
        around: of 2 `REACH` + 1 pictures in a row the (n, 2) blobs, heights.
    """
    now = around[REACH]
    best = np.zeros(len(now))
    if not len(now):
        return best
    # where the blob stands among the three that begin a flight: first, middle, last
    for first in (-2, -1, 0):
        one, two, three = (around[REACH + first + i] for i in range(3))
        for flight, number in _begun(one, two, three, -first):
            agreeing = _agreeing(flight, first, around)
            np.maximum.at(best, number, agreeing)
    return best


def _begun(
    one: FloatArray, two: FloatArray, three: FloatArray, place: int
) -> Iterator[tuple[FloatArray, npt.NDArray[np.intp]]]:
    """Flights through one blob of each of three pictures in a row.

    Yields:
        (m, 3, 2) flights, and (m,) the numbers of their blobs in picture ``place``.
    """
    if not (len(one) and len(two) and len(three)):
        return
    early = two[None] - one[:, None]  # (a, b, 2)
    near = np.hypot(early[..., 0], early[..., 1]) <= STEP
    a, b = np.nonzero(near)
    if not len(a):
        return
    bend = three[None] - 2 * two[b][:, None] + one[a][:, None]  # (m, c, 2)
    pair, c = np.nonzero(np.hypot(bend[..., 0], bend[..., 1]) <= BEND)
    a, b = a[pair], b[pair]
    flight = np.stack([one[a], two[b], three[c]], axis=1)
    moved = np.hypot(*(flight[:, 2] - flight[:, 0]).T) >= 2 * SHORTEST
    numbers = (a, b, c)[place]
    yield flight[moved], numbers[moved]


def _agreeing(flight: FloatArray, first: int, around: list[FloatArray]) -> FloatArray:
    """(m,) blobs beside the one in question that lie on each flight, followed to both ends.

    Constant acceleration foretells the next place from the last three; a blob near it takes the
    flight on, and where there is none it has ended: a bounce and a hit begin another.
    """
    count = np.full(len(flight), 2.0)
    for direction in (1, -1):
        last = flight if direction > 0 else flight[:, ::-1]
        alive = np.ones(len(flight), bool)
        place = REACH + first + (3 if direction > 0 else -1)
        while 0 <= place < len(around) and alive.any():
            blobs = around[place]
            if not len(blobs):
                break
            foretold = 3 * last[:, 2] - 3 * last[:, 1] + last[:, 0]
            smooth = 2 * last[:, 2] - last[:, 1]
            foretold = (foretold + smooth) / 2  # the third blob's error counts three times
            distance = np.hypot(*np.moveaxis(blobs[None] - foretold[:, None], -1, 0))  # (m, n)
            nearest = distance.argmin(1)
            speed = np.hypot(*(last[:, 2] - last[:, 1]).T)
            alive = alive & (distance.min(1) <= TOLERANCE + 0.1 * speed)
            count += alive
            last = np.stack([last[:, 1], last[:, 2], blobs[nearest]], axis=1)
            place += direction
    return count
