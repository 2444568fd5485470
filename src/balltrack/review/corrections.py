"""What a person says of a clip in a review."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from balltrack.court.corners import Corners
from balltrack.court.plane import check_corners


@dataclass(frozen=True)
class Correction:
    """What a person says of one frame.

    Attributes:
        frame: 0-based.
        x, y: source pixels; None where there is no ball.
        visibility: TrackNet's class: 0 exactly where there is no ball, 1 easy, 2 hard, 3 occluded.
        status: 0 flying, 1 hit, 2 bounce; -1 where nothing is said.
        filled: whether it was put between two others, and nobody looked.
    """

    frame: int
    x: float | None
    y: float | None
    visibility: int
    status: int = -1
    filled: bool = False

    def __post_init__(self) -> None:
        whole = all(type(one) is int for one in (self.frame, self.visibility, self.status))
        if not whole or not all(isinstance(one, int | float | None) for one in (self.x, self.y)):
            raise ValueError(f"frame {self.frame}: everything must be a number")
        if not all(one is None or math.isfinite(one) for one in (self.x, self.y)):
            raise ValueError(f"frame {self.frame}: a position must be finite")
        seen = self.x is not None and self.y is not None
        if seen != (self.visibility > 0) or (self.x is None) != (self.y is None):
            raise ValueError(f"frame {self.frame}: a ball needs x, y and a class, no ball none")
        if not (self.frame >= 0 and 0 <= self.visibility <= 3 and -1 <= self.status <= 2):
            raise ValueError(f"frame {self.frame}: out of range")


@dataclass(frozen=True)
class CourtSeen:
    """Where a person sees the court.

    Attributes:
        corners: four, as `balltrack.court.plane.CORNERS`.
    """

    corners: Corners

    def __post_init__(self) -> None:
        check_corners(self.corners)


def parsed(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry as it was read, with its rows checked."""
    if "do" in entry:
        return {"do": [Correction(**row) for row in entry["do"]]}
    if "corners" in entry:
        return {"corners": court_seen(entry["corners"])}
    return entry


def court_seen(places: Any) -> CourtSeen:
    """Of corners as JSON has them.

    Raises:
        TypeError, ValueError: they are something else.
        OptionError: they do not go round a court.
    """
    return CourtSeen(tuple((float(x), float(y)) for x, y in places))
