"""Cameras beside a court."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from balltrack.structures import FloatArray

Rng = np.random.Generator

Camera = Callable[[FloatArray], FloatArray]
"""(N, 3) m → (N, 2) heights of the picture from its centre, y down."""


def looking(place: FloatArray, at: FloatArray) -> Camera:
    """A camera with a focal length of one height."""
    ahead = at - place
    ahead = ahead / np.linalg.norm(ahead)
    right = np.cross(ahead, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(ahead, right), ahead], axis=1)

    def seen(points: FloatArray) -> FloatArray:
        turned = (points - place) @ axes
        return np.asarray(turned[:, :2] / np.maximum(turned[:, 2:], 0.5))

    return seen


def broadcast_camera(rng: Rng, half_length: float, half_width: float, ceiling: float) -> Camera:
    """High behind the near end, which fills the picture's width nearly or more.

    Args:
        half_length, half_width: of the court, m.
        ceiling: to which the picture mostly shows the air above it, m.
    """
    large = half_length / 11.9  # of a tennis court
    place = np.array([rng.uniform(-2, 2) * large, 0.0, rng.uniform(4, 13) * large**0.7])
    place[1] = -half_length - rng.uniform(6, 28) * large**0.7
    seen = looking(place, np.array([rng.uniform(-1, 1), rng.uniform(-3, 1), 0.0]) * large)
    ends = seen(np.array([[-half_width, -half_length, 0.0], [half_width, -half_length, 0.0]]))
    zoom = rng.uniform(0.8, 1.45) / abs(ends[1, 0] - ends[0, 0])
    span = ends[0, 1] - seen(np.array([[0.0, half_length / 2, ceiling]]))[0, 1]
    zoom = min(zoom, rng.uniform(0.85, 1.3) / span)
    ground = rng.uniform(0.35, 0.52)  # where the near end is, below the middle
    shift = np.array([0.0, ground]) - zoom * ends.mean(axis=0)
    return lambda points: zoom * seen(points) + shift


def any_camera(rng: Rng, half_length: float, half_width: float, ceiling: float) -> Camera:
    """From any side, as a tripod or a phone stands; see `broadcast_camera`."""
    away = half_length * rng.uniform(2.0, 5.0)
    turned = math.radians(rng.choice([0.0, 90.0, 180.0, 270.0]) + rng.normal(0, 20))
    up = away * math.tan(math.radians(rng.uniform(6, 35)))
    seen = looking(np.array([away * math.sin(turned), -away * math.cos(turned), up]), np.zeros(3))
    ends = [half_width, half_length, ceiling]
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (0, 0.7)])
    corners = seen(signs * ends)
    width, height = np.ptp(corners, axis=0)
    zoom = rng.uniform(0.5, 1.15) / max(width / 1.78, height)
    shift = rng.uniform([-0.15, -0.1], [0.15, 0.1])
    shift -= zoom * (corners.min(axis=0) + corners.max(axis=0)) / 2
    return lambda points: zoom * seen(points) + shift
