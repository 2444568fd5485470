"""Rendered clips with a known track, for tests, the demonstration and the benchmark.

A court seen from behind by a pinhole camera, a textured crowd, two players and a ball that
flies in parabolas from one to the other, smeared by the shutter and hidden now and then.
Lengths are metres on the court: x to the right, y away from the camera, z up; the origin is
the middle of the court.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from balltrack.structures import FloatArray, Frame, Image, Labels

GRAVITY = 9.81  # m/s²
SHUTTER = 0.5
"""Share of a frame's duration for which the shutter is open."""
SMEAR_SAMPLES = 16
BALL_RADIUS = 0.05  # m; a shuttle's skirt, or a small ball made large by glare
HALF_WIDTH, HALF_LENGTH = 3.05, 6.7  # of a badminton court
NOISE_FIELDS = 4
_SUBPIXEL_BITS = 4  # of OpenCV's drawing functions


@dataclass(frozen=True)
class SyntheticClip:
    """A clip that is rendered while it is read, and what is to be seen in it.

    Attributes:
        size: (width, height) in pixels.
        frame_rate: frames/s.
        truth: one row a frame; hidden frames have visibility 0, hits status 1.
        cuts: first frame of every shot but the first.
    """

    size: tuple[int, int]
    frame_rate: Fraction
    truth: Labels
    cuts: tuple[int, ...]
    rally: Rally
    seed: int

    def frames(self) -> Iterator[Frame]:
        """The frames in order; the same ones at every call."""
        noise = _noise(self.size, self.seed)
        shots = [0, *self.cuts, len(self.truth)]
        for shot, (first, stop) in enumerate(pairwise(shots)):
            view = _view(shot, self.size, self.seed)
            for index in range(first, stop):
                image = view.stage.copy()
                time_s = float(index / self.frame_rate)
                for player in (1, 0):  # the far one first
                    _draw_player(image, view.camera, self.rally.player(player, time_s), player)
                if self.truth.visibility[index]:
                    opened = (np.arange(SMEAR_SAMPLES) + 0.5) / SMEAR_SAMPLES - 0.5
                    moments = time_s + opened * SHUTTER / float(self.frame_rate)
                    centres, depth = view.camera.project(self.rally.ball(moments))
                    radius = max(view.camera.focal * BALL_RADIUS / float(depth.mean()), 1.0)
                    draw_smear(image, centres, radius)
                cv2.add(image, noise[index % NOISE_FIELDS], image, dtype=cv2.CV_8U)
                yield Frame(index, time_s, image)


def render_clip(
    *,
    size: tuple[int, int] = (1280, 720),
    frame_count: int = 150,
    frame_rate: Fraction | int = 30,
    seed: int = 0,
    cut_at: int | None = None,
    hidden: bool = True,
) -> SyntheticClip:
    """A clip of one rally.

    Args:
        size: (width, height) in pixels.
        frame_count: length.
        frame_rate: frames/s.
        seed: of the rally, the crowd and the noise; the same seed gives the same pixels.
        cut_at: frame from which another court is seen by another camera; None for one shot.
        hidden: hide the ball for a few frames every now and then, as a player's body does.

    Raises:
        ValueError: a size or length that no video has.
    """
    if min(size) < 16 or frame_count < 1 or frame_rate <= 0:
        raise ValueError(f"render_clip: got {size}, {frame_count} frames at {frame_rate} frames/s")
    rate = Fraction(frame_rate)
    cuts = (cut_at,) if cut_at is not None and 0 < cut_at < frame_count else ()
    times = np.arange(frame_count) / float(rate)
    rng = np.random.default_rng(seed)
    rally = _play_rally(rng, times[-1] + 1)
    positions = rally.ball(times)
    xy = np.empty((frame_count, 2))
    for shot, first in enumerate((0, *cuts)):
        xy[first:] = _view(shot, size, seed).camera.project(positions[first:])[0]
    seen = ((xy > 0) & (xy < np.array(size) - 1)).all(axis=1)
    if hidden:
        seen &= ~_hidden_spans(rng, frame_count)
    xy[~seen] = np.nan
    status = np.zeros(frame_count, dtype=np.int8)
    hits = np.rint(rally.hit_times * float(rate)).astype(int)
    status[hits[(hits >= 0) & (hits < frame_count)]] = 1
    visibility = np.asarray(seen, dtype=np.int8)
    truth = Labels(np.arange(frame_count), visibility, xy, status)
    return SyntheticClip(size, rate, truth, cuts, rally, seed)


@dataclass(frozen=True)
class Rally:
    """Hits at ``hit_times`` (H,) in s, increasing from <= 0, at ``hit_places`` (H, 3) in m.

    Player 0 (near) and player 1 (far) hit in turn, 0 first.
    """

    hit_times: FloatArray
    hit_places: FloatArray

    def ball(self, times: FloatArray) -> FloatArray:
        """(T, 3) positions at (T,) s: the parabola through the two hits around each time."""
        last = len(self.hit_times) - 2
        k = np.clip(np.searchsorted(self.hit_times, times, "right") - 1, 0, last)
        duration = self.hit_times[k + 1] - self.hit_times[k]
        since = np.clip(times - self.hit_times[k], 0, duration)
        start, stop = self.hit_places[k], self.hit_places[k + 1]
        positions = start + (stop - start) * (since / duration)[:, None]
        positions[:, 2] += GRAVITY / 2 * since * (duration - since)
        return np.asarray(positions, dtype=np.float64)

    def player(self, number: int, time_s: float) -> FloatArray:
        """(2,) court position of a player, who runs from hit to hit."""
        times, places = self.hit_times[number::2], self.hit_places[number::2, :2]
        return np.array([np.interp(time_s, times, places[:, axis]) for axis in (0, 1)])


def _play_rally(rng: np.random.Generator, duration_s: float) -> Rally:
    count = int(duration_s / 0.8) + 4
    times = np.cumsum(rng.uniform(0.8, 1.3, count)) - 1.5  # the first before the clip begins
    sides = np.where(np.arange(count) % 2 == 0, -1.0, 1.0)
    places = np.column_stack(
        [
            rng.uniform(-0.8, 0.8, count) * HALF_WIDTH,
            sides * rng.uniform(0.3, 0.85, count) * HALF_LENGTH,
            rng.uniform(0.6, 2.4, count),
        ]
    )
    return Rally(times, places)


def _hidden_spans(rng: np.random.Generator, frame_count: int) -> npt.NDArray[np.bool_]:
    """(N,) bool: a span of 2 to 6 frames about every 40."""
    spans = np.zeros(frame_count, dtype=bool)
    for _ in range(frame_count // 40):
        first = int(rng.integers(0, frame_count))
        spans[first : first + int(rng.integers(2, 7))] = True
    return spans


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
class _View:
    camera: Camera
    stage: Image  # everything that does not move


_COURTS = (  # surround, court, camera
    ((70, 90, 50), (80, 140, 60), (0.0, -15.0, 9.0)),
    ((40, 60, 120), (140, 90, 50), (4.0, -14.0, 9.5)),
)  # BGR


def _view(shot: int, size: tuple[int, int], seed: int) -> _View:
    surround, court, place = _COURTS[shot % len(_COURTS)]
    width, height = size
    camera = Camera(place, 1.05 * min(width, height * 16 / 9), size)
    stage = np.full((height, width, 3), surround, dtype=np.uint8)
    horizon = camera.project(np.array([[0.0, 1.35 * HALF_LENGTH, 0.0]]))[0][0, 1]
    rows = int(np.clip(horizon, 1, height - 1))
    rng = np.random.default_rng([seed, shot])
    crowd = rng.integers(10, 130, (rows // 6 + 1, width // 6 + 1, 3), dtype=np.uint8)
    stage[:rows] = cv2.resize(crowd, (width, rows), interpolation=cv2.INTER_LINEAR)
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    ground = np.array([(x * HALF_WIDTH, y * HALF_LENGTH, 0.0) for x, y in corners])
    cv2.fillPoly(stage, [_fixed_point(camera.project(ground * 1.1)[0])], court, cv2.LINE_AA, 4)
    for start, stop in _lines():
        ends = _fixed_point(camera.project(np.array([start, stop], dtype=np.float64))[0])
        thickness = max(1, round(height / 360))
        cv2.line(stage, ends[0], ends[1], (235, 235, 235), thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
    return _View(camera, stage)


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


def _draw_player(image: Image, camera: Camera, place: FloatArray, number: int) -> None:
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


def _noise(size: tuple[int, int], seed: int) -> list[npt.NDArray[np.int8]]:
    """A few fields of sensor noise, int8, used in turn: drawing one a frame is too slow."""
    rng = np.random.default_rng([seed, 99])
    width, height = size
    return [
        rng.normal(0, 1.5, (height, width, 3)).round().astype(np.int8) for _ in range(NOISE_FIELDS)
    ]
