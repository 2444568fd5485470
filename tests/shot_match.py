"""A rendered match of several shots, and a network that is quick to look at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import count, cycle
from pathlib import Path

from balltrack.overlay.writer import VideoWriter
from balltrack.synthetic import render_clip

SIZE = (160, 96)
SHOTS = (16, 72, 1, 6, 8)
"""Frames of each shot: short ones, a long one, one of a single frame."""

NETWORK = ("--verify", "none", "--runtime", "torch", "--batch-size", 3, "--device", "cpu", "-q")


def write_match(
    path: Path, shots: Sequence[int] = SHOTS, shown: Sequence[int] | None = None, crf: int = 20
) -> Path:
    """A match of shots of these lengths; its pictures are shown so many times, in turn.

    Where that is told, somebody moves in a corner: no two pictures in a row are alike.
    """
    times = cycle(shown or (1,))
    written = count()
    with VideoWriter(path, SIZE, Fraction(30), crf=crf) as writer:
        for number, length in enumerate(shots):
            for frame in render_clip(size=SIZE, frame_count=length, seed=number).frames():
                image = frame.image.copy()
                if shown:
                    image[80:92, 4:16] = 40 + 60 * (frame.index % 2)
                image = image if number % 2 else 255 - image
                for _ in range(next(times)):
                    writer.write(image, next(written) / 30)
    return path


def write_matches(folder: Path, shots: Mapping[str, Sequence[int]]) -> Path:
    """A match of each name, in folders where the name has any, with shots of these lengths."""
    for name, lengths in shots.items():
        path = folder / f"{name}.mp4"
        path.parent.mkdir(exist_ok=True)
        write_match(path, lengths)
    return folder
