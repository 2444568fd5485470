"""Clips made to order: what lies where on every frame, and how sure of it a network will be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import cv2
import numpy as np

from balltrack.structures import Image
from seeing_network import grey

RADIUS = 5
DARK = 40


class Spot(NamedTuple):
    """A disc at (x, y) that `seeing_network` scores so; ``tail`` draws a streak to its right."""

    x: float
    y: float
    score: float
    tail: int = 0


def picture(spots: Iterable[Spot], size: tuple[int, int]) -> Image:
    image = np.full((size[1], size[0], 3), DARK, dtype=np.uint8)
    for x, y, score, tail in spots:
        colour = (grey(score),) * 3
        centre = (round(16 * x), round(16 * y))
        cv2.circle(image, centre, 16 * RADIUS, colour, cv2.FILLED, shift=4)
        if tail:
            end = (centre[0] + 16 * tail, centre[1])
            cv2.line(image, centre, end, colour, 3, shift=4)
    return image


def write_pictures(
    path: Path, images: Sequence[Image], rate: int = 20, options: dict[str, str] | None = None
) -> Path:
    """H.264 that keeps the brightness to a few 255ths."""
    height, width = images[0].shape[:2]
    with av.open(str(path), "w") as container:
        given = {"crf": "3", "preset": "veryfast"} | (options or {})
        stream = container.add_stream("libx264", rate=rate, options=given)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for i, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = i, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def tell(
    path: Path, frames: Sequence[Iterable[Spot]], size: tuple[int, int], rate: int = 20
) -> Path:
    """Write the clip that shows these spots."""
    return write_pictures(path, [picture(spots, size) for spots in frames], rate)
