"""Fades and wipes: one camera's picture becomes another's bit by bit, with no cut between.

No two neighbouring frames differ much, so each is held against those of the last second or two. A
picture that has become another one and now stands is a new camera's, unless it shows the same
things from elsewhere: then the camera has panned.
"""

from __future__ import annotations

from collections import deque

from balltrack.scene.panning.camera import grey, moved, shift
from balltrack.scene.reduced import Reduced, differ, difference
from balltrack.structures import FloatArray

STEP = 4
"""Frames from one picture that is remembered to the next, and between two that tell whether what
they show stands."""

LONGEST = 64
"""Frames that a fade may take, about."""

STANDS = 9.0
"""What two pictures of a camera that stands still differ by at most, `STEP` frames apart: in
rallies filmed from a tripod by 8, over fades of half a second by 15 and more."""

PANNED = 2.0
"""Pixels by which the corners of a picture move, `STEP` frames apart, where the camera pans."""


class Transitions:
    """What a shot has shown lately, since the camera last panned."""

    def __init__(self) -> None:
        self._shown: deque[Reduced] = deque(maxlen=LONGEST // STEP)
        self._count = 0
        self._changes = False

    def begin(self) -> None:
        """A new shot begins, of which the next picture is remembered."""
        self._shown.clear()
        self._count = 0

    def ended(self, picture: Reduced, later: Reduced | None) -> bool:
        """Whether another camera's picture stands from this frame on.

        Args:
            picture: at the shot's next frame.
            later: `STEP` frames later, where the shot lasts so long.
        """
        remember = self._count % STEP == 0
        self._count += 1
        if remember or self._changes:
            other = self._other(picture)
            self._changes = other is not None
            if other and later and _stands(picture, later) and self._is_new(picture, other):
                return True
        if remember:
            self._shown.append(picture)
        return False

    def _other(self, picture: Reduced) -> Reduced | None:
        """The oldest that may be another camera's."""
        return next((shown for shown in self._shown if differ(shown, picture)), None)

    def _is_new(self, picture: Reduced, other: Reduced) -> bool:
        """Whether it shows other things than ``other``, the oldest that differs.

        What turns out to be of the same camera, since it is found again or a pan led from it, is
        forgotten.
        """
        if _way(other, picture) is not None:
            self._shown.clear()
            return False
        pictures = [*self._shown, picture]
        for number in reversed(range(len(self._shown))):
            if _pans(pictures[number], pictures[number + 1]):
                for _ in range(number + 1):
                    self._shown.popleft()
                return False
        return True


def _stands(picture: Reduced, later: Reduced) -> bool:
    """Whether both are of one camera, be it that it moves."""
    return difference(picture, later) <= STANDS or _pans(picture, later)


def _pans(picture: Reduced, later: Reduced) -> bool:
    way = _way(picture, later)
    return (
        way is not None and shift(way, (picture.image.shape[1], picture.image.shape[0])) >= PANNED
    )


def _way(first: Reduced, second: Reduced) -> FloatArray | None:
    """See `camera.moved`."""
    return moved(grey(first.image), grey(second.image))
