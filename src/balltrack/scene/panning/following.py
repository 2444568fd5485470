"""Where the camera of a shot was at every frame, found as the frames go by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, islice
from operator import attrgetter

from balltrack.scene.panning.camera import (
    UNMOVED,
    Place,
    between,
    from_to,
    grey,
    moved,
    resized,
    scaled,
    shift,
    then,
)
from balltrack.structures import AnyFrame, Image

STILL = 1.0
"""Pixels of the picture by which its corners move at most while the camera stands still. On clips
from tripods they move by 0.3 at most, on panned ones by 3 and more (`docs/experiments.md`)."""

SETTLED = 240
"""Frames after which a camera that has moved stands still again, if it has not moved by more."""

LOOKS = 8
"""Frames from one look at whether the camera moves to the next."""

TOGETHER = 32
"""Frames that leave together: in all of them the camera is followed if it moves in any."""

STEPS = 4
"""Frames that are held against one picture, each of them, where it does move."""

EVEN = 0.3
"""Pixels by which the camera may be seen beside the straight way through so many frames and is
still taken to have gone it: by so much a look may err."""

HALF = 0.5
"""Size of the pictures that are looked at while it stands still."""

LOST = 8
"""Frames in a row, at most, in which it is taken to move as before, since nothing agrees."""


def follow_camera(frames: Iterable[AnyFrame], *, at_once: bool = False) -> Iterator[AnyFrame]:
    """The same frames in the same order, with their ``place`` where the camera has moved.

    Frames leave when `TOGETHER` have come, or their shot has ended.

    Args:
        frames: with ``shot`` set (`shots.split_shots`).
        at_once: each leaves before the next has come. A camera that begins to move is seen up to
            `STEPS` frames late.
    """
    for _, shot in groupby(frames, key=attrgetter("shot")):
        first = next(shot)
        camera = _Camera(first.image, seldom=at_once)
        yield first
        while coming := list(islice(shot, 1 if at_once else TOGETHER)):
            places = camera.follow([frame.image for frame in coming])
            for frame, place in zip(coming, places, strict=True):
                yield frame if place is UNMOVED else replace(frame, place=place)


class _Camera:
    """Of one shot.

    Looks are held against a picture of which the place is known: while the camera stands still
    against the one at which it came to rest, so that nothing adds up, else against the last one.

    Args:
        first: picture of the shot.
        seldom: does not look at every picture that comes alone.
    """

    def __init__(self, first: Image, *, seldom: bool) -> None:
        self._seldom = seldom
        self._place: Place = UNMOVED
        self._step: Place = UNMOVED  # from a picture to the one before
        self._moves = False
        self._lost = 0
        self._rest, self._rested = UNMOVED, 0  # where it has stayed, and for how many frames
        self._age = 0  # frames since the picture that looks are held against
        self._keep(first)

    def follow(self, images: Sequence[Image]) -> list[Place]:
        """Where it was at each of the next pictures."""
        if not self._moves and self._stays(images):
            return [self._place] * len(images)
        places: list[Place] = []
        for start in range(0, len(images), STEPS):
            part, before = images[start : start + STEPS], self._place
            seen = [self._look(image) for image in part]
            even = between(before, self._place, len(part))
            pairs = zip(seen, even, strict=True)
            apart = max(shift(from_to(*pair), _size(part[0])) for pair in pairs)
            places += even if apart <= EVEN else seen
        return places

    def _stays(self, images: Sequence[Image]) -> bool:
        looks = [*images[LOOKS - 1 : -1 : LOOKS], images[-1]]
        self._age += len(images)
        if self._seldom and self._age < STEPS:
            return True
        self._age = 0
        key = resized(self._key, HALF)
        ways = [moved(resized(grey(image), HALF), key) for image in looks]
        return all(
            way is not None and shift(scaled(way, 1 / HALF), _size(images[-1])) <= STILL
            for way in ways
        )

    def _look(self, image: Image) -> Place:
        """Where it is now."""
        self._age += 1
        way = moved(grey(image), self._key)
        if way is not None:
            place, self._lost = then(way, self._there), 0
            self._step = from_to(place, self._place)
        elif self._lost < LOST:
            place = then(self._step, self._place)
            self._lost += 1
        else:
            place, self._lost, self._step = self._place, 0, UNMOVED
            self._rest, self._rested = place, SETTLED
        self._place = place
        self._rested += 1
        if shift(from_to(place, self._rest), _size(image)) > STILL:
            self._rest, self._rested = place, 0
        self._moves = self._rested < SETTLED
        if (way is not None and self._age >= STEPS) or not self._moves:
            self._keep(image)
        return place

    def _keep(self, image: Image) -> None:
        """What is seen next is held against this."""
        self._key, self._there, self._age = grey(image), self._place, 0


def _size(image: Image) -> tuple[int, int]:
    return image.shape[1], image.shape[0]
