"""The measured process: ``python -m balltrack.benchmark.job JOB`` prints one line of JSON.

Imports are part of the first run, so nothing heavy is loaded at the top.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from balltrack.benchmark.overlay import measure_overlay
from balltrack.benchmark.report import STAGES, Run
from balltrack.benchmark.stopwatch import Stopwatch
from balltrack.errors import BalltrackError, OptionError
from balltrack.options import TrackOptions

if TYPE_CHECKING:
    from balltrack.inference.runtime import Runtime
    from balltrack.structures import Frame, FrameCandidates, Track


def timed_track(video: str, options: TrackOptions, watch: Stopwatch) -> tuple[Track, Runtime]:
    """`pipeline.track_video` with a watch on every stage; also gives the first runtime it used."""
    from balltrack import pipeline  # noqa: PLC0415
    from balltrack.geometry import Scaling  # noqa: PLC0415
    from balltrack.inference.candidates import (  # noqa: PLC0415
        LOW_THRESHOLD,
        choose_locator,
        frame_candidates,
    )
    from balltrack.inference.ensemble import merge  # noqa: PLC0415
    from balltrack.inference.runtimes import load_runtimes  # noqa: PLC0415
    from balltrack.inference.verifiers import load_verifier  # noqa: PLC0415
    from balltrack.video.prefetch import prefetch  # noqa: PLC0415
    from balltrack.video.shots import split_shots  # noqa: PLC0415

    with watch.stage("load"):
        runtimes = load_runtimes(options)
        verifier = load_verifier(options.verify, runtimes[0])
    reader = _open(video, options, runtimes[0])
    scaling = Scaling((reader.info.width, reader.info.height), reader.size)
    low = min(LOW_THRESHOLD, options.threshold)

    def detector(frames: Iterable[Frame], runtime: Runtime) -> Iterator[FrameCandidates]:
        windows = watch.iterate("prepare", pipeline.cut_windows(frames, runtime.spec, options))
        answers = pipeline.run_network(windows, runtime, options.batch_size)
        locate = choose_locator(options.locate, runtime.spec)
        for frame, heatmap in merge(watch.iterate("network", answers), options.ensemble):
            yield frame_candidates(frame, heatmap, scaling, locate, low_threshold=low)

    with reader, prefetch(watch.iterate("decode", reader.frames())) as decoded:
        frames = split_shots(watch.iterate("wait", decoded))
        found = pipeline.detect_together(frames, runtimes, detector, scaling)
        located = watch.iterate("locate", found)
        with (
            pipeline.second_look(located, verifier, reader.info, options) as judged,
            watch.stage("link"),
        ):
            track = pipeline.choose_path(watch.iterate("verify", judged), options, reader.info)
    if not len(track):
        raise OptionError(f"{video}: has no frame in the part asked for; there is nothing to time")
    return track, runtimes[0]


def measure_here(
    video: str,
    options: TrackOptions,
    spawned: float,
    folder: str,
    *,
    again: bool = True,
    overlay: bool = False,
) -> dict[str, Any]:
    """The runs and what surrounds them, as the fields of `Report`.

    Args:
        video: path.
        options: how to track.
        spawned: `time.monotonic` of the moment this process was asked for.
        folder: for the labels; who asked removes it, however this process ends.
        again: run a second time, and the reader alone; else there is less to answer.
        overlay: also draw the track over the video.
    """
    watch = Stopwatch()
    from balltrack import pipeline  # noqa: F401, PLC0415
    from balltrack.benchmark import machine  # noqa: PLC0415
    from balltrack.labels import write_labels  # noqa: PLC0415

    watch.seconds["start"] = time.monotonic() - spawned
    runs, used = [], 0.0
    for began in (spawned, None) if again else (spawned,):
        began = time.monotonic() if began is None else began  # noqa: PLW2901
        track, runtime = timed_track(video, options, watch)
        with watch.stage("write"):
            write_labels(track, Path(folder) / "out.csv")
        cpu = time.process_time() - used
        runs.append(asdict(_run(began, cpu, watch, len(track))))
        watch, used = Stopwatch(), time.process_time()
    answer = {
        "video": video,
        "frames": len(track),
        "first": runs[0],
        "peak_memory_mb": machine.peak_memory_mb(),
        "peak_cuda_mb": machine.peak_cuda_mb(),
        "runtime": runtime.name,
        "precision": runtime.precision,
        "batch_size": options.batch_size or runtime.batch_size,
        "options": asdict(options),
        "machine": machine.describe(runtime),
        "overlay": None,
    }
    if again:
        answer["second"] = runs[1]
        answer["decode_only_frames_per_s"] = _decode_only(video, options, runtime)
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
        first_row_s=round(watch.first["verify"] - began, 4),
    )


def _decode_only(video: str, options: TrackOptions, runtime: Runtime) -> float:
    with _open(video, options, runtime) as reader:
        started = time.perf_counter()
        frames = sum(1 for _ in reader.frames())
        return round(frames / (time.perf_counter() - started), 1)


def _open(video: str, options: TrackOptions, runtime: Runtime) -> Any:
    from balltrack.video.reader import open_video  # noqa: PLC0415

    return open_video(
        video,
        reader=options.reader,
        size=(runtime.spec.width, runtime.spec.height),
        start_s=options.start_s,
        end_s=options.end_s,
    )


def main() -> int:
    """A job as the only argument, the answer or the error on stdout."""
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
