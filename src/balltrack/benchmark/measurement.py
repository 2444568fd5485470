"""What a benchmark says, and how it is asked for."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any

from balltrack.benchmark.overlay import Overlay
from balltrack.benchmark.process import run_job
from balltrack.options import TrackOptions

STAGES = {
    "start": "interpreter and imports",
    "load": "weights onto the device",
    "decode": "read, decode, resize: a thread of its own",
    "wait": "for frames whose shots are known, from another thread",
    "prepare": "background, windows",
    "network": "windows put together, heatmaps waited for",
    "locate": "merge heatmaps, find candidates",
    "verify": "look again at candidates; decoding for it is a thread of its own",
    "link": "choose the path, fill gaps",
    "write": "labels",
}
"""Name → what happens in it. All but decode follow one another and add up to the run."""

ORIGINAL_REPORTS = {
    "TrackNetV2, first report": 14.3,
    "TrackNetV2, second report": 12.6,
    "TrackNetV3": 22.0,
}
"""Seconds that the research scripts took for a clip of 13 s on a GPU, as reported to this project
by its first users; no public source. Card, clip and version are not known: a
hint, no measurement."""

MATCH_HOUR_FRAMES = 3600 * 30


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes:
        seconds: on the wall clock.
        cpu_seconds: of all threads; what other work on the machine changes least.
        stages: seconds of each of `STAGES`.
        frames_per_s: of the whole run.
        first_row_s: seconds until the first frame's candidates were known.
    """

    seconds: float
    cpu_seconds: float
    stages: dict[str, float]
    frames_per_s: float
    first_row_s: float


@dataclass(frozen=True)
class Measurement:
    """Everything measured, and on what.

    Attributes:
        video, frames: the job.
        first: a fresh process, from its start to the label file; the file system's cache
            is warm.
        second: once more in the same process.
        decode_only_frames_per_s: what the reader reaches alone: no pipeline can be faster.
        peak_memory_mb: of the process, both runs.
        peak_cuda_mb: of torch's allocator; None without CUDA.
        runtime: which library ran the network.
        precision: of the network.
        batch_size: windows a network call.
        options: as asked for.
        machine: device, threads, processor, versions.
        overlay: what drawing costs besides; None where nobody asked.
    """

    video: str
    frames: int
    first: Run
    second: Run
    decode_only_frames_per_s: float
    peak_memory_mb: float
    peak_cuda_mb: float | None
    runtime: str
    precision: str
    batch_size: int
    options: dict[str, Any]
    machine: dict[str, Any]
    overlay: Overlay | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values, with `ORIGINAL_REPORTS` beside them."""
        return asdict(self) | {
            "seconds_a_match_hour": self.seconds_a_match_hour,
            "original_reports_s": ORIGINAL_REPORTS,
        }

    @property
    def seconds_a_match_hour(self) -> float:
        """What an hour of video costs, in seconds of this machine, at the second run's speed."""
        return round(MATCH_HOUR_FRAMES / self.second.frames_per_s, 1)


def measure(
    video: str | os.PathLike[str], options: TrackOptions, *, overlay: bool = False
) -> Measurement:
    """Track ``video`` twice in a process of its own.

    The first run pays for the interpreter, the imports and the weights as a user's does, and
    the peak memory is that of tracking alone.

    Args:
        video: path.
        options: how to track.
        overlay: also time drawing the track over the video.

    Raises:
        BalltrackError: what tracking raised there, or that the process broke down.
    """
    answer = run_job(video, options, overlay=overlay)
    answer |= {name: Run(**answer[name]) for name in ("first", "second")}
    if answer["overlay"] is not None:
        answer["overlay"] = Overlay(**answer["overlay"])
    return Measurement(**answer)
