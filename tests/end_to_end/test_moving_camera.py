"""A camera that is held in the hand, or pans, finds nearly what one on a tripod finds."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from balltrack.options import TrackOptions
from balltrack.overlay.writer import VideoWriter
from balltrack.pipeline import Tracker
from balltrack.structures import FloatArray
from balltrack.synthetic import render_clip

COUNT, RATE = 60, 25
SIZE = (1152, 648)


def hand(i: int) -> tuple[float, float]:
    turn = 2 * np.pi * i / RATE
    return 64 + 14 * np.sin(0.6 * turn) + 6 * np.sin(4.3 * turn), 36 + 10 * np.sin(2.7 * turn)


def pan(i: int) -> tuple[float, float]:
    return 1.2 * i, 36.0


def tripod(_: int) -> tuple[float, float]:
    return 64.0, 36.0


def found(folder: Path, moves: Callable[[int], tuple[float, float]], lag: int | None) -> float:
    """The share of the balls that are found to 10 px."""
    clip = render_clip(size=(1280, 720), frame_count=COUNT, frame_rate=RATE, seed=1)
    path = folder / "clip.mp4"
    with VideoWriter(path, SIZE, Fraction(RATE)) as writer:
        for frame in clip.frames():
            x, y = moves(frame.index)
            way = np.array([[1, 0, -x], [0, 1, -y]], np.float64)
            image = cv2.warpAffine(frame.image, way, SIZE, borderMode=cv2.BORDER_REPLICATE)
            writer.write(np.asarray(image, np.uint8), frame.time_s)
    truth: FloatArray = clip.truth.xy - np.array([moves(i) for i in range(COUNT)])
    inside = np.all((truth > 20) & (truth < np.array(SIZE) - 20), axis=1)
    track = Tracker(TrackOptions(lag=lag)).track(path)
    right = np.hypot(*(track.xy - truth).T) < 10
    return float(right[inside].mean())


@pytest.mark.parametrize(
    ("lag", "less"),
    [(None, 0.05), pytest.param(60, 0.15, marks=pytest.mark.slow)],
    ids=["file", "live"],
)
def test_what_moves_with_the_camera_is_not_the_ball(
    tmp_path: Path, lag: int | None, less: float
) -> None:
    still = found(tmp_path, tripod, lag)
    assert still > 0.9
    assert found(tmp_path, pan, lag) > still - less
    assert found(tmp_path, hand, lag) > still - less
