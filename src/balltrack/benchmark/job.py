"""The measured process: ``python -m balltrack.benchmark.job JOB`` prints one line of JSON.

Imports are part of the first run, so nothing heavy is loaded at the top.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from balltrack.benchmark.measurement import STAGES, Run
from balltrack.benchmark.overlay import measure_overlay
from balltrack.benchmark.stopwatch import Stopwatch
from balltrack.errors import BalltrackError
from balltrack.options import TrackOptions

if TYPE_CHECKING:
    from balltrack.pipeline import Tracker


def measure_here(
    video: str,
    options: TrackOptions,
    spawned: float,
    folder: str,
    *,
    again: bool = True,
    overlay: bool = False,
) -> dict[str, Any]:
    """The runs and what surrounds them, as the fields of `Measurement`.

    Args:
        video: path.
        options: how to track.
        spawned: `time.monotonic` of the moment this process was asked for.
        folder: for the labels; who asked removes it, however this process ends.
        again: run a second time, and the reader alone; else there is less to answer.
        overlay: also draw the track over the video.
    """
    watch = Stopwatch()
    from balltrack.benchmark import machine  # noqa: PLC0415
    from balltrack.labels import write_track  # noqa: PLC0415
    from balltrack.pipeline import Tracker  # noqa: PLC0415

    watch.seconds["start"] = time.monotonic() - spawned
    runs, used = [], 0.0
    for began in (spawned, None) if again else (spawned,):
        began = time.monotonic() if began is None else began  # noqa: PLW2901
        tracker = Tracker(options, observer=watch, streaks=False)  # these columns have none
        track = tracker.track(video)
        with watch.stage("write"):
            write_track(track, Path(folder) / "out.csv")
        cpu = time.process_time() - used
        runs.append(asdict(_run(began, cpu, watch, len(track))))
        watch, used = Stopwatch(), time.process_time()
    detector = tracker.detector.description
    answer = {
        "video": video,
        "frames": len(track),
        "first": runs[0],
        "peak_memory_mb": machine.peak_memory_mb(),
        "peak_cuda_mb": machine.peak_cuda_mb(),
        "runtime": detector.runtime,
        "precision": detector.precision,
        "batch_size": detector.batch_size,
        "options": asdict(options),
        "machine": machine.describe(detector),
        "overlay": None,
    }
    if again:
        answer["second"] = runs[1]
        answer["decode_only_frames_per_s"] = _decode_only(tracker, video)
    if overlay:
        answer["overlay"] = asdict(measure_overlay(video, track, options, Path(folder)))
    return answer


def _run(began: float, cpu_seconds: float, watch: Stopwatch, frames: int) -> Run:
    seconds = time.monotonic() - began
    stages = {name: round(watch.seconds[name], 4) for name in STAGES if name in watch.seconds}
    return Run(
        seconds=round(seconds, 4),
        cpu_seconds=round(cpu_seconds, 4),
        stages=stages,
        frames_per_s=round(frames / seconds, 2),
        first_row_s=round(watch.first.get("verify", watch.first["locate"]) - began, 4),
    )


def _decode_only(tracker: Tracker, video: str) -> float:
    with tracker.open(video) as reader:
        started = time.perf_counter()
        frames = sum(1 for _ in reader.frames())
        return round(frames / (time.perf_counter() - started), 1)


def main() -> int:
    """A job as the only argument, the answer or the error on stdout."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the command line has it
    job = json.loads(sys.argv[1])
    try:
        options = TrackOptions(**job["options"])
        answer = measure_here(job["video"], options, job["spawned"], job["folder"], **job["more"])
    except BalltrackError as error:
        answer = {"error": str(error), "exit_code": error.exit_code}
    except KeyboardInterrupt:
        return 130
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
