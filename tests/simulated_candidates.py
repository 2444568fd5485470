"""Rallies with a known ball, and what a detector at a low threshold makes of them."""

from __future__ import annotations

import numpy as np

from balltrack.structures import Candidate, FloatArray, FrameCandidates, Labels

SIZE = (1280, 720)
RATE = 30.0


def rally(
    rng: np.random.Generator, frames: int = 150, *, size: tuple[int, int] = SIZE
) -> FloatArray:
    """(frames, 2) source pixels: arcs from side to side, broken at every hit."""
    width, height = size
    xy = np.zeros((frames, 2))
    here, first, left = np.array([0.2 * width, 0.6 * height]), 0, False
    while first < frames:
        duration = int(rng.integers(15, 35))
        there = np.array([rng.uniform(0.55, 0.85) * width, rng.uniform(0.45, 0.75) * height])
        if left:
            there[0] = width - there[0]
        t = np.arange(duration)[:, None] / duration
        lift = np.array([0, rng.uniform(0.1, 0.35) * height])
        arc = here + (there - here) * t - 4 * lift * t * (1 - t)
        part = arc[: frames - first]
        xy[first : first + len(part)] = part
        here, first, left = there, first + duration, not left
    return xy


def detections(
    xy: FloatArray,
    rng: np.random.Generator,
    *,
    size: tuple[int, int] = SIZE,
    clutter: float = 1.5,
    jitter: float = 0.8,
    shot: int = 0,
    first: int = 0,
) -> list[FrameCandidates]:
    """The ball with a score that comes and goes, among clutter of which half stays in place.

    ``xy`` is NaN where there is no ball; ``jitter`` is pixels, ``clutter`` candidates a frame.
    """
    frames, spots, confidence = [], [], 0.0
    for number, ball in enumerate(xy):
        found = []
        confidence = 0.7 * confidence + rng.normal(0, 0.7)
        if np.isfinite(ball).all():
            found.append((*(ball + rng.normal(0, jitter, 2)), 1.2 + 1.3 * confidence))
        spots = [spot for spot in spots if rng.random() < 0.85]
        if rng.random() < 0.15 * clutter / 2:
            spots.append((*rng.uniform(0, size), rng.normal(-1.3, 0.8)))
        found += [(*(s[:2] + rng.normal(0, 1, 2)), s[2] + rng.normal(0, 0.4)) for s in spots]
        for _ in range(rng.poisson(clutter / 2)):
            found.append((*rng.uniform(0, size), rng.normal(-1.5, 0.9)))
        index = first + number
        frames.append(FrameCandidates(index, index / RATE, shot, tuple(_candidates(found))))
    return frames


def labels(xy: FloatArray) -> Labels:
    visibility = np.isfinite(xy).all(axis=1).astype(np.int8)
    return Labels(np.arange(len(xy)), visibility, xy, np.full(len(xy), -1, dtype=np.int8))


def _candidates(found: list[tuple[float, float, float]]) -> list[Candidate]:
    strongest = sorted(found, key=lambda row: -row[2])
    return [
        Candidate(float(x), float(y), float(1 / (1 + np.exp(-logit))))
        for x, y, logit in strongest
        if logit > -2.2
    ]
