"""Courts and their lines, in metres.

x goes to the right and y away from the camera, from the court's middle: the net lies at y = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

from balltrack.errors import UnknownNameError
from balltrack.structures import FloatArray

Line = tuple[tuple[float, float], tuple[float, float]]
"""Both ends, (x, y) in metres."""


@dataclass(frozen=True)
class Court:
    """A playing surface seen from behind one of its short sides.

    Attributes:
        name: as the command line calls it.
        width, length: between the outer edges of the lines, or of the table, in metres.
        lines: inside of the border, net included.
        rules: where the measures come from.
    """

    name: str
    width: float
    length: float
    lines: tuple[Line, ...]
    rules: str

    def holds(self, place: FloatArray) -> bool:
        """Whether a (2,) place in metres lies within the border."""
        return bool(abs(place[0]) <= self.width / 2 and abs(place[1]) <= self.length / 2)


def _across(width: float, *places: float) -> tuple[Line, ...]:
    """The net, and lines across on both sides of it."""
    ys = (0.0, *(sign * y for y in places for sign in (-1, 1)))
    return tuple(((-width / 2, y), (width / 2, y)) for y in ys)


def _along(place: float, length: float) -> tuple[Line, ...]:
    """A line on each side, along the whole length."""
    return tuple(((x, -length / 2), (x, length / 2)) for x in (-place, place))


def _centre(start: float, end: float) -> tuple[Line, ...]:
    """A line in the middle on each side of the net."""
    return tuple(((0.0, sign * start), (0.0, sign * end)) for sign in (-1, 1))


_COURTS = (
    Court(
        "tennis",
        10.97,
        23.77,
        (
            *_across(10.97),
            *_along(8.23 / 2, 23.77),
            *(((-8.23 / 2, y), (8.23 / 2, y)) for y in (-6.40, 6.40)),
            *_centre(0.0, 6.40),
        ),
        "ITF Rules of Tennis, rule 1: doubles court, service lines 6.40 m from the net",
    ),
    Court(
        "badminton",
        6.10,
        13.40,
        (
            *_across(6.10, 1.98, 13.40 / 2 - 0.76),
            *_along(5.18 / 2, 13.40),
            *_centre(1.98, 13.40 / 2),
        ),
        "BWF Laws of Badminton, law 1 and diagram A",
    ),
    Court(
        "padel",
        10.0,
        20.0,
        (*_across(10.0, 6.95), *_centre(0.0, 6.95)),
        "FIP Rules of Padel, rule 1: service lines 6.95 m from the net",
    ),
    Court(
        "table-tennis",
        1.525,
        2.74,
        (*_across(1.525), *_centre(0.0, 2.74 / 2)),
        "ITTF Laws of Table Tennis, law 2.1; the plane is the table's, 76 cm above the floor",
    ),
    Court(
        "volleyball",
        9.0,
        18.0,
        _across(9.0, 3.0),
        "FIVB Official Volleyball Rules, rule 1: attack lines 3 m from the middle",
    ),
)
COURTS = {court.name: court for court in _COURTS}


def find_court(name: str) -> Court:
    """The court called ``name``.

    Raises:
        UnknownNameError: there is none.
    """
    if name not in COURTS:
        raise UnknownNameError("court", name, COURTS)
    return COURTS[name]
