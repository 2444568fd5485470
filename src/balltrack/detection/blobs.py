"""A heatmap → the places where the ball may be."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from balltrack.geometry import Scaling
from balltrack.models.specs import Locator, NetworkSpec
from balltrack.options import Locate
from balltrack.streaks import Streak, streak_between
from balltrack.structures import Candidate, Frame, FrameCandidates

LOW_THRESHOLD = 0.1
"""Score from which a blob is worth remembering: a path through the shot can confirm an
answer far too weak to stand alone."""

TOP_K = 8
"""Candidates kept a frame: one ball, and room for what is often taken for it (a second
shuttle, shoes, line corners, a spectator's cap)."""

SHOULDER = 3
"""A lesser peak is the highest within so many pixels to each side, and farther than this from
every other candidate: TrackNet's target is a disc of radius 2.5."""

_Heat = npt.NDArray[np.float32]

Places = npt.NDArray[np.int64]
"""Of pixels in a flat array."""


class Blob(NamedTuple):
    """A candidate in network pixels: position, and peak in [0, 1]."""

    x: float
    y: float
    score: float


def choose_locator(asked: Locate, spec: NetworkSpec) -> Locator:
    """What was asked for, or the network's own."""
    return spec.locate if asked == "auto" else asked


def frame_candidates(
    frame: Frame,
    heatmap: npt.NDArray[np.float32],
    scaling: Scaling,
    locate: Locator = "centroid",
    *,
    low_threshold: float = LOW_THRESHOLD,
    top_k: int = TOP_K,
    warm: Places | None = None,
    streaks_above: float | None = None,
) -> FrameCandidates:
    """`find_candidates` of one frame, in source pixels.

    ``streaks_above`` is the heat of a streak where the heatmap shows them whole, else None.
    """
    blobs = find_candidates(heatmap, locate, low_threshold=low_threshold, top_k=top_k, warm=warm)
    candidates = []
    for blob in blobs:
        x, y = scaling.to_source(np.array([blob.x, blob.y]))
        drawn = None if streaks_above is None else _painted(heatmap, blob, streaks_above)
        streak = drawn and drawn.mapped(scaling.to_source)
        candidates.append(Candidate(float(x), float(y), blob.score, streak))
    return FrameCandidates(frame.index, frame.time_s, frame.shot, tuple(candidates))


def find_candidates(
    heatmap: npt.NDArray[np.float32],
    locate: Locator = "centroid",
    *,
    low_threshold: float = LOW_THRESHOLD,
    top_k: int = TOP_K,
    warm: Places | None = None,
) -> list[Blob]:
    """The ``top_k`` highest blobs, best first.

    A blob is a connected region (8 neighbours) above ``low_threshold``, cut down to the
    pixels above half its own peak: where that leaves several parts, a weak bridge joined
    them and each is a candidate. Half the peak is TrackNetV3's fixed 0.5 for a certain ball.
    Lesser peaks on the shoulders of a blob are candidates, too: a ball beside a bright shoe.

    Args:
        heatmap: (h, w) float32 in [0, 1].
        locate: how a blob becomes a point; see `LOCATORS`, or `one_circle`.
        warm: where in the flat heatmap all pixels above ``low_threshold`` are, the hottest first,
            if somebody knows; it spares looking for them.
    """
    if locate == "one-circle":
        return one_circle(heatmap)
    blobs = []
    for (left, top), region in _regions(heatmap, low_threshold, top_k, warm):
        parts = _regions(region, float(region.max()) / 2, top_k)
        inside = [blob for corner, part in parts if (blob := _blob(corner, part, locate))]
        inside += [
            blob
            for corner, part in _shoulders(region, inside, top_k)
            if (blob := _blob(corner, part, locate))
        ]
        blobs += [blob._replace(x=left + blob.x, y=top + blob.y) for blob in inside]
    return sorted(blobs, key=lambda blob: -blob.score)[:top_k]


def _painted(heatmap: _Heat, blob: Blob, threshold: float) -> Streak | None:
    """The streak of the region around a blob, network pixels; None where it is not that hot."""
    row, column = round(blob.y), round(blob.x)
    if heatmap[row, column] <= threshold:
        return None
    _, labels = cv2.connectedComponents((heatmap > threshold).view(np.uint8), connectivity=8)
    return painted_streak(*np.nonzero(labels == labels[row, column]))


def painted_streak(rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> Streak:
    """The streak of which these are the pixels of a heatmap.

    As BlurBall has it (Gossard et al. 2025, ``detectors/blurball_postprocessor.py``): along the
    axis of the region's second moments from its first pixel to its last. Upstream's ``lengths``
    are half of that, and its angles turn the other way round, since its y points down.
    """
    xy = np.column_stack([columns, rows]).astype(np.float64)
    middle = xy.mean(axis=0)
    _, axes = np.linalg.eigh((xy - middle).T @ (xy - middle))  # the longer one is the last
    across, along = (xy - middle) @ axes[:, 0], (xy - middle) @ axes[:, 1]
    start, end = (middle + far * axes[:, 1] for far in (along.min(), along.max()))
    return streak_between(start, end, float(np.ptp(across)))


def _blob(corner: tuple[int, int], part: _Heat, locate: Locator) -> Blob | None:
    point = LOCATORS[locate](part)
    if point is None:
        return None
    score = min(float(part.max()), 1.0)
    return Blob(corner[0] + point[0], corner[1] + point[1], score)


def _shoulders(
    region: _Heat, blobs: Sequence[Blob], limit: int
) -> Iterator[tuple[tuple[int, int], _Heat]]:
    """The pixels around each lesser peak that are above half of it, as `_regions` gives them.

    The ``limit`` highest: where a whole picture glows there are thousands.
    """
    if max(region.shape) <= SHOULDER:
        return  # no room for another peak
    peaks = np.argwhere(region > cv2.dilate(region, _AROUND))
    highest = peaks[np.argsort(-region[tuple(peaks.T)], kind="stable")]
    taken = [(blob.x, blob.y) for blob in blobs]
    for y, x in highest.tolist():
        if len(taken) == len(blobs) + limit:
            return
        if all(math.dist((x, y), other) > SHOULDER + 1 for other in taken):
            taken.append((x, y))
            left, top = max(x - SHOULDER + 1, 0), max(y - SHOULDER + 1, 0)
            part = region[top : y + SHOULDER, left : x + SHOULDER]
            yield (left, top), np.where(part > region[y, x] / 2, part, np.float32(0))


def _regions(
    heat: _Heat, level: float, limit: int, warm: Places | None = None
) -> Iterator[tuple[tuple[int, int], _Heat]]:
    """Connected regions above ``level``, highest peak first, at most ``limit``.

    ``warm`` as that of `find_candidates`.

    Yields:
        The top left corner (x, y) of the region's bounding box, and the heat in the box,
        0 outside the region.
    """
    above = (heat > level).view(np.uint8)
    for _ in range(limit):
        if warm is None:
            _, peak, _, seed = cv2.minMaxLoc(heat, above)
            if peak <= level:
                return
        else:
            warm = warm[above.ravel()[warm] > 0]
            if not len(warm):
                return
            seed = int(warm[0]) % heat.shape[1], int(warm[0]) // heat.shape[1]
        # Filling costs only the region's own pixels: 6 us where labelling a frame costs 400.
        _, _, _, (x, y, w, h) = cv2.floodFill(above, None, seed, _FILLED, flags=8)
        box = np.s_[y : y + h, x : x + w]
        region = above[box] == _FILLED
        above[box][region] = 0
        yield (x, y), np.where(region, heat[box], np.float32(0))


_AROUND = np.ones((2 * SHOULDER + 1, 2 * SHOULDER + 1), dtype=np.uint8)
_AROUND[SHOULDER, SHOULDER] = 0

_FILLED = 2  # neither of a comparison's 0 and 1


def centroid(part: _Heat) -> tuple[float, float]:
    """Heat-weighted mean of the pixels (nttcom/WASB-SBDT, detectors/postprocessor.py)."""
    columns, rows = part.sum(axis=0, dtype=np.float64), part.sum(axis=1, dtype=np.float64)
    total = columns.sum()
    x = columns @ np.arange(len(columns)) / total
    return float(x), float(rows @ np.arange(len(rows)) / total)


def contour(part: _Heat) -> tuple[float, float]:
    """Centre of the bounding box (qaz812345/TrackNetV3, test.py ``predict_location``).

    Upstream takes int(x + w / 2), which lies up to half a pixel beyond the centre.
    """
    height, width = part.shape
    return (width - 1) / 2, (height - 1) / 2


def hough(part: _Heat) -> tuple[float, float] | None:
    """Centre of the strongest circle centred in the box, None where there is no such circle.

    A small blob is doubled first: of a ball of two pixels in radius the circle is else off by
    that much.
    """
    height, width = part.shape
    scale = 2 if max(part.shape) <= _HOUGH_MARGIN else 1
    padded = np.pad(part, _HOUGH_MARGIN)
    drawn = cv2.resize(padded, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    for circle in _circles(drawn > part.max() / 4, min_distance=1):
        x, y = ((value + 0.5) / scale - 0.5 - _HOUGH_MARGIN for value in circle)
        if -0.5 <= x < width - 0.5 and -0.5 <= y < height - 0.5:
            return min(max(x, 0.0), width - 1.0), min(max(y, 0.0), height - 1.0)
    return None


def one_circle(heatmap: _Heat) -> list[Blob]:
    """The ball of TrackNet's paper: the circle, where there is exactly one in the whole heatmap.

    Huang et al. 2019, section III: pixels from level 128, circles by Hough's transform. Size
    (1280x720) and distance between circles are those of MooreManor/TrackNet, Accuracy.py; with
    predict_video.py's distance of 1 a perfect heatmap has two to nine circles.
    """
    scale = _TRACKNET_HEIGHT / heatmap.shape[0]
    picture = cv2.resize(heatmap, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    above = picture * 255 > 127
    circles = _circles(above, min_distance=10)
    if len(circles) != 1:
        return []
    limits = (heatmap.shape[1] - 1, heatmap.shape[0] - 1)
    x, y = (
        min(max((value + 0.5) / scale - 0.5, 0.0), float(limit))
        for value, limit in zip(circles[0], limits, strict=True)
    )
    near = np.s_[max(0, round(y) - 1) : round(y) + 2, max(0, round(x) - 1) : round(x) + 2]
    return [Blob(x, y, min(float(heatmap[near].max(initial=0.0)), 1.0))]


def _circles(drawn: npt.NDArray[np.bool_], min_distance: int) -> list[tuple[float, float]]:
    """Centres of circles of 2 to 7 pixels in radius, the strongest first.

    Parameters are those of MooreManor/TrackNet, predict_video.py.
    """
    found = cv2.HoughCircles(
        drawn.astype(np.uint8) * 255,
        cv2.HOUGH_GRADIENT,
        1,
        min_distance,
        param1=50,
        param2=2,
        minRadius=2,
        maxRadius=7,
    )
    # OpenCV counts from the corner of a pixel here, not from its centre.
    return [] if found is None else [(x - 0.5, y - 0.5) for x, y in found[0, :, :2].tolist()]


_HOUGH_MARGIN = 8  # the largest circle and a pixel

_TRACKNET_HEIGHT = 720


LOCATORS: dict[Locator, Callable[[_Heat], tuple[float, float] | None]] = {
    "centroid": centroid,
    "contour": contour,
    "hough": hough,
}
"""How a blob becomes a point: its box with 0 outside the blob → (x, y) in the box or None."""
