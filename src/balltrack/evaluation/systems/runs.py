"""Several systems track one video, one after the other.

Each reads the video in a pass of its own, as ``balltrack track`` does: its rows are those of
``track`` to the byte, its seconds are its own, and no more is held in memory than for one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from balltrack.detection.detector import Description
from balltrack.options import TrackOptions
from balltrack.pipeline import OnProgress, Tracker
from balltrack.structures import Track


@dataclass(frozen=True)
class Run:
    """What one system made of the video.

    Attributes:
        name: of the system, unique among those compared.
        detector: what computed its answers.
        track: one row for each decoded frame.
        load_s: seconds until its networks were ready.
        seconds: from opening the video to the last row, decoding included.
    """

    name: str
    detector: Description
    track: Track
    load_s: float
    seconds: float

    @property
    def frames_per_s(self) -> float:
        return len(self.track) / self.seconds


def run_system(
    video: Path, name: str, options: TrackOptions, progress: OnProgress | None = None
) -> Run:
    """Load a system and track the video with it.

    Args:
        video: path.
        name: of the system.
        options: how to track.
        progress: called after every frame.

    Raises:
        BalltrackError: as `Tracker` and `Tracker.track`.
    """
    started = time.perf_counter()
    tracker = Tracker(options)
    loaded = time.perf_counter()
    track = tracker.track(video, progress=progress)
    ended = time.perf_counter()
    return Run(name, tracker.detector.description, track, loaded - started, ended - loaded)


def system_names(weights: Sequence[str]) -> list[str]:
    """A name for each: of the file, and with a number where several files are called so."""
    stems = [TrackOptions(one).networks for one in weights]
    return [
        stem if stems.count(stem) == 1 else f"{stem}-{stems[: at + 1].count(stem)}"
        for at, stem in enumerate(stems)
    ]
