"""Files of `VideoWriter`, and what PyAV reads back of them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from balltrack.overlay.writer import VideoWriter
from balltrack.structures import Image

SIZE = (64, 48)
RATE = Fraction(30000, 1001)


def ramp(number: int, size: tuple[int, int] = SIZE) -> Image:
    x = np.arange(size[0]) * 255 // size[0]
    row = np.stack([x, 255 - x, np.full_like(x, 5 * number % 250)], axis=1)
    return np.repeat(row[None], size[1], axis=0).astype(np.uint8)


def write(
    path: Path, times: Iterable[float], size: tuple[int, int] = SIZE, **settings: object
) -> Path:
    with VideoWriter(path, size, RATE, **settings) as writer:  # type: ignore[arg-type]
        for number, time_s in enumerate(times):
            writer.write(ramp(number, size), time_s)
    return path


def times_of(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(frame.time) for frame in container.decode(video=0)]


def decoded(path: Path) -> list[Image]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def copy_of(source: Path, target: Path) -> Path:
    """What rendering does: the source's frames and times, with its sound."""
    with av.open(str(source)) as container:
        frames = list(container.decode(video=0))
    with VideoWriter(target, SIZE, Fraction(25), audio_from=source) as writer:
        for frame in frames:
            writer.write(frame.to_ndarray(format="bgr24"), float(frame.time - frames[0].time))
    return target
