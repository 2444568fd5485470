"""What a cut file holds, as a player would show it."""

from __future__ import annotations

from pathlib import Path

import av

from numbered_clips import read_number


def numbers(path: Path) -> list[int]:
    """The number on every frame of a cut of a numbered clip."""
    with av.open(str(path)) as container:
        return [
            read_number(frame.to_ndarray(format="bgr24")) for frame in container.decode(video=0)
        ]


def times(path: Path) -> list[float]:
    """When every frame is shown, in seconds."""
    with av.open(str(path)) as container:
        return [float(frame.time or 0) for frame in container.decode(video=0)]


def sound_s(path: Path) -> float:
    """Seconds of sound; 0 where there is none."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return 0.0
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
