"""What a camera sees of the court: everything that is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from balltrack.structures import FloatArray, Image
from balltrack.synthetic.rally import HALF_LENGTH, HALF_WIDTH

_SUBPIXEL_BITS = 4  # of OpenCV's drawing functions


@dataclass(frozen=True)
class Camera:
    """A pinhole ``place`` (3,) m looking at the court's middle; ``focal`` in pixels."""

    place: tuple[float, float, float]
    focal: float
    size: tuple[int, int]

    def project(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(N, 3) m → (N, 2) pixels and (N,) depth in m."""
        ahead = -np.array(self.place) / np.linalg.norm(self.place)
        right = np.cross(ahead, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        axes = np.stack([right, -np.cross(right, ahead), ahead], axis=1)
        seen = (np.asarray(points) - self.place) @ axes
        centre = (np.array(self.size) - 1) / 2
        xy = centre + self.focal * seen[:, :2] / seen[:, 2:]
        return np.asarray(xy, dtype=np.float64), np.asarray(seen[:, 2], dtype=np.float64)


@dataclass(frozen=True)
class View:
    """A camera, and the image of everything that does not move."""

    camera: Camera
    stage: Image


_COURTS = (  # surround, court, camera
    ((70, 90, 50), (80, 140, 60), (0.0, -15.0, 9.0)),
    ((40, 60, 120), (140, 90, 50), (4.0, -14.0, 9.5)),
)  # BGR


def make_view(shot: int, size: tuple[int, int], seed: int, beside: float | None = None) -> View:
    """The court of a shot: they differ in colour and camera, and by seed in the crowd.

    Args:
        shot: its number, from 0.
        size: (width, height) in pixels.
        seed: of the crowd.
        beside: m from its middle to that of another court to the right; None where there is none.
    """
    surround, court, place = _COURTS[shot % len(_COURTS)]
    width, height = size
    camera = Camera(place, 1.05 * min(width, height * 16 / 9), size)
    stage = np.full((height, width, 3), surround, dtype=np.uint8)
    horizon = camera.project(np.array([[0.0, 1.35 * HALF_LENGTH, 0.0]]))[0][0, 1]
    rows = int(np.clip(horizon, 1, height - 1))
    rng = np.random.default_rng([seed, shot])
    crowd = rng.integers(10, 130, (rows // 6 + 1, width // 6 + 1, 3), dtype=np.uint8)
    stage[:rows] = cv2.resize(crowd, (width, rows), interpolation=cv2.INTER_LINEAR)
    for across in (0.0,) if beside is None else (beside, 0.0):
        _draw_court(stage, camera, across, court)
    return View(camera, stage)


def _draw_court(stage: Image, camera: Camera, across: float, colour: tuple[int, int, int]) -> None:
    """The floor and the lines of a court, the middle of which lies ``across`` m to the right."""
    way = np.array([across, 0.0, 0.0])
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    ground = np.array([(x * HALF_WIDTH, y * HALF_LENGTH, 0.0) for x, y in corners])
    floor = _fixed_point(camera.project(ground * 1.1 + way)[0])
    cv2.fillPoly(stage, [floor], colour, cv2.LINE_AA, _SUBPIXEL_BITS)
    thickness = max(1, round(len(stage) / 360))
    for start, stop in _lines():
        ends = _fixed_point(camera.project(np.array([start, stop], dtype=np.float64) + way)[0])
        cv2.line(stage, ends[0], ends[1], (235, 235, 235), thickness, cv2.LINE_AA, _SUBPIXEL_BITS)


def _lines() -> Iterator[tuple[tuple[float, float, float], tuple[float, float, float]]]:
    """Both ends of every line of the court, and of the net's tape."""
    w, h = HALF_WIDTH, HALF_LENGTH
    for x in (-w, 0.85 * -w, 0.85 * w, w):
        yield (x, -h, 0), (x, h, 0)
    for y in (-h, -0.89 * h, -1.98, 1.98, 0.89 * h, h):
        yield (-w, y, 0), (w, y, 0)
    for sign in (-1, 1):
        yield (0, sign * 1.98, 0), (0, sign * h, 0)
    yield (-w, 0, 1.55), (w, 0, 1.55)


def draw_player(image: Image, camera: Camera, place: FloatArray, number: int) -> None:
    """A standing figure of 1.8 m: legs, body, head."""
    x, y = place
    heights = (0.0, 0.9, 1.5, 1.7)
    points, depth = camera.project(np.array([(x, y, z) for z in heights]))
    metre = camera.focal / float(depth[0])
    shirt = ((40, 40, 190), (190, 120, 30))[number]
    for foot in (-0.15, 0.15):
        ends = _fixed_point(points[:2] + np.array([[foot * metre, 0], [0, 0]]))
        _bar(image, ends, (60, 90, 140), 0.14 * metre)
    _bar(image, _fixed_point(points[1:3]), shirt, 0.4 * metre)
    head = _fixed_point(points[3:])[0]
    radius = round(0.13 * metre * 2**_SUBPIXEL_BITS)
    cv2.circle(image, head, radius, (90, 120, 170), cv2.FILLED, cv2.LINE_AA, _SUBPIXEL_BITS)


def _bar(
    image: Image, ends: npt.NDArray[np.int32], colour: tuple[int, int, int], width: float
) -> None:
    cv2.line(image, ends[0], ends[1], colour, max(1, round(width)), cv2.LINE_AA, _SUBPIXEL_BITS)


def _fixed_point(xy: FloatArray) -> npt.NDArray[np.int32]:
    return np.asarray(np.rint(xy * 2**_SUBPIXEL_BITS), dtype=np.int32)


def draw_smear(image: Image, centres: FloatArray, radius: float) -> None:
    """Blend in a near-white disc that moved through ``centres`` (N, 2) while the shutter was open.

    A pixel's share is the mean over the places of how much of it the disc covers, measured at
    the pixel's centre: the blob's centroid is the mean of ``centres`` to about 0.01 px.
    """
    height, width = image.shape[:2]
    low = np.maximum(np.floor(centres.min(axis=0) - radius - 1).astype(int), 0)
    high = np.minimum(np.ceil(centres.max(axis=0) + radius + 2).astype(int), (width, height))
    if (low >= high).any():
        return
    x, y = np.arange(low[0], high[0]), np.arange(low[1], high[1])
    dx = x[None, None, :] - centres[:, 0, None, None]
    dy = y[None, :, None] - centres[:, 1, None, None]
    cover = np.clip(radius + 0.5 - np.hypot(dx, dy), 0, 1).mean(axis=0)[..., None]
    patch = image[low[1] : high[1], low[0] : high[0]]
    patch[:] = np.rint(patch * (1 - cover) + 245 * cover)
