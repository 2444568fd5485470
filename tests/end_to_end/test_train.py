"""Clips and labels in, and out comes a network that finds what was labelled."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from balltrack import TrackOptions, track_video
from balltrack.cli.main import run
from balltrack.models.specs import SPECS, NetworkSpec
from balltrack.structures import FloatArray, Image
from told_clips import write_pictures

SIZE = (320, 192)  # twice what the network sees
SPEC = NetworkSpec("tracknet-v3-small", 4, 4, 96, 160, "concat", base_width=8, stem_stride=2)
RED, BLUE = (40, 40, 230), (230, 40, 40)  # BGR
LABELLED = 4
"""One frame in so many has a label; the ball is on all of them."""


def wandering(rng: np.random.Generator, count: int) -> FloatArray:
    """(count, 2) positions that turn back at the borders."""
    t = np.arange(count)[:, None]
    away = rng.uniform(0, 500, 2) + t * rng.uniform(5, 9, 2)
    room = np.array(SIZE) - 60
    return np.asarray(30 + np.abs((away % (2 * room)) - room))


def pictures(rng: np.random.Generator, count: int) -> tuple[list[Image], FloatArray]:
    """A red ball and a blue one of the same size on a mottled floor, and where the red one is."""
    floor = cv2.resize(rng.integers(40, 120, (8, 12, 3), dtype=np.uint8), SIZE)
    red, blue = wandering(rng, count), wandering(rng, count)
    images = []
    for places in zip(blue, red, strict=True):
        image = floor.copy()
        for (x, y), colour in zip(places, (BLUE, RED), strict=True):
            cv2.circle(image, (round(16 * x), round(16 * y)), 16 * 6, colour, cv2.FILLED, shift=4)
        images.append(np.asarray(image, dtype=np.uint8))
    return images, red


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    match = tmp_path / "data" / "badminton" / "train" / "match"
    match.mkdir(parents=True)
    for name in ("a", "b"):
        images, red = pictures(rng, 60)
        write_pictures(match / f"{name}.mp4", images)
        rows = [f"{i},1,{x:.2f},{y:.2f}" for i, (x, y) in enumerate(red) if i % LABELLED == 0]
        (match / f"{name}_ball.csv").write_text("\n".join(["Frame,Visibility,X,Y", *rows]) + "\n")
    return tmp_path / "data"


def test_what_was_labelled_is_found(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On frames that it has never seen: in its colour, in its place, on every frame.

    A network that saw colours swapped would find the other ball, one whose labels were not brought
    to its size would learn nothing, and one that took frames without a label for frames without a
    ball would be sure of none.
    """
    monkeypatch.setitem(SPECS, "tracknet-v3-small", SPEC)
    length = ("--steps", "130", "--epoch-steps", "65", "--warmup", "5", "--mine-steps", "0")
    size = ("--batch-size", "8", "--crop", "64", "--learning-rate", "0.01", "--no-bf16")
    output = tmp_path / "run"
    assert run(["train", str(data), "-o", str(output), "-q", *length, *size]) == 0

    images, red = pictures(np.random.default_rng(2), 24)
    video = write_pictures(tmp_path / "new.mp4", images)
    options = TrackOptions(
        str(output / "last.safetensors"), device="cpu", runtime="torch", precision="fp32",
        verify="none", link=False, rectify=False, threshold=0.3,
    )  # fmt: skip
    found = track_video(video, options)
    off = np.hypot(*(found.xy - red).T)
    assert (off < 4).sum() >= 22  # of 24; a few steps more would see the rest
    assert np.nanmedian(off) < 1.5
    assert np.median(found.score) > 0.55
