"""The court's plane as a camera sees it: pixels ↔ metres.

A camera without distortion maps a plane onto its picture by a homography, which four points
that lie on no line with each other determine (Hartley & Zisserman, "Multiple View Geometry in
Computer Vision", 2nd edition, section 2.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from balltrack.court.courts import Court
from balltrack.errors import OptionError
from balltrack.structures import FloatArray

CORNERS = ("near-left", "near-right", "far-right", "far-left")

NEAR = 0.5
"""How far outside the picture corners may lie, in sizes of it: what is cut off below is guessed."""


@dataclass(frozen=True)
class CourtPlane:
    """A court and where it lies in the picture.

    Attributes:
        court: its lines.
        to_metres: (3, 3) homography from source pixels to metres on the court.
    """

    court: Court
    to_metres: FloatArray

    def ground(self, xy: FloatArray) -> FloatArray:
        """(N, 2) source pixels → (N, 2) metres on the plane that they are seen against.

        That is where a ball on the ground is. One at height h seems to be further from the
        camera, by h · d / (H - h), with the camera H above the ground and d away from the ball.
        NaN at and above the horizon, and where ``xy`` is.
        """
        return _mapped(self.to_metres, xy, positive=True)

    def picture(self, places: FloatArray) -> FloatArray:
        """(N, 2) metres on the plane → (N, 2) source pixels."""
        to_pixels = np.asarray(np.linalg.inv(self.to_metres), dtype=np.float64)
        return _mapped(to_pixels, places, positive=False)

    def metres_a_pixel(self, xy: FloatArray) -> FloatArray:
        """(N,) how far the place on the ground moves, at most, when (N, 2) pixels move by one."""
        xy = np.asarray(xy, dtype=np.float64)
        steps = [
            self.ground(xy + offset) - self.ground(xy - offset)
            for offset in np.array([[0.5, 0.0], [0.0, 0.5]])
        ]
        jacobian = np.stack(steps, axis=-1)  # (N, 2, 2) metres by pixel
        finite = np.isfinite(jacobian).all(axis=(1, 2))
        largest = np.full(len(xy), np.nan)
        largest[finite] = np.linalg.svd(jacobian[finite], compute_uv=False)[:, 0]
        return largest


def see_court(court: Court, corners: Sequence[tuple[float, float]]) -> CourtPlane:
    """A court whose four corners are known in the picture.

    Args:
        court: its size.
        corners: in source pixels: near-left, near-right, far-right, far-left, as `CORNERS`.

    Raises:
        OptionError: they are not four, or not the corners of a court in this order.
    """
    seen = check_corners(corners)
    x, y = court.width / 2, court.length / 2
    places = np.array([(-x, -y), (x, -y), (x, y), (-x, y)])
    found = cv2.getPerspectiveTransform(seen.astype(np.float32), places.astype(np.float32))
    to_metres: FloatArray = np.asarray(found, dtype=np.float64)
    if (to_metres[2] @ np.append(seen.mean(axis=0), 1.0)) < 0:
        to_metres = -to_metres  # so that what lies in front of the camera is positive
    return CourtPlane(court, to_metres)


def check_corners(corners: Sequence[tuple[float, float]]) -> FloatArray:
    """(4, 2) corners in source pixels.

    Raises:
        OptionError: they are not four, or do not go round a court in the order of `CORNERS`.
    """
    order = ", ".join(CORNERS)
    if len(corners) != len(CORNERS):
        raise OptionError(f"corners: there must be four ({order}), got {len(corners)}")
    seen = np.array(corners, dtype=np.float64)
    if not np.isfinite(seen).all():
        raise OptionError("corners: every x and y must be a number")
    edges = np.roll(seen, -1, axis=0) - seen
    following = np.roll(edges, -1, axis=0)
    turns = edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0]
    # From near-left by near-right to the far side is against the clock, as y goes down.
    if not (turns < 0).all():
        raise OptionError(
            f"corners: these do not go round a court; give {order}, as the camera sees them"
        )
    return seen


def check_near(corners: Sequence[tuple[float, float]], size: tuple[int, int]) -> None:
    """Refuse corners that are another picture's; those beside this one may lie a little outside.

    Args:
        corners: in source pixels.
        size: (width, height) of the picture.

    Raises:
        OptionError: one lies too far outside.
    """
    for x, y in corners:
        if max(abs(x / size[0] - 0.5), abs(y / size[1] - 0.5)) > 0.5 + NEAR:
            raise OptionError(
                f"corners: {x:g},{y:g} lies far outside a picture of {size[0]}x{size[1]}; "
                "was it clicked in one of another size?"
            )


def _mapped(homography: FloatArray, points: FloatArray, *, positive: bool) -> FloatArray:
    points = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        mapped = np.column_stack([points, np.ones(len(points))]) @ homography.T
        found = mapped[:, :2] / mapped[:, 2:]
    if positive:
        found[~(mapped[:, 2] > 1e-9)] = np.nan
    return np.asarray(found)
