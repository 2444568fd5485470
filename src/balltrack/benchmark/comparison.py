"""Several jobs over one video, in turn: every runtime, several weights, every quality."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import astuple, replace

from balltrack.benchmark.measurement import Measurement, measure
from balltrack.benchmark.overlay import Overlay
from balltrack.declaring import check_range
from balltrack.options import TrackOptions
from balltrack.runtimes import available_runtimes
from balltrack.runtimes.device import choose_device


def every_runtime(weights: Sequence[str], options: TrackOptions) -> list[TrackOptions]:
    """Jobs: each of ``weights`` with each runtime there is for the device.

    Args:
        weights: names or files.
        options: for all; a runtime other than "auto" is the only one.
    """
    names = [options.runtime]
    if options.runtime == "auto":
        names = available_runtimes(choose_device(options.device), options.precision)
    return [replace(options, weights=one, runtime=name) for one in weights for name in names]


def compare(
    video: str | os.PathLike[str],
    jobs: Sequence[TrackOptions],
    *,
    rounds: int = 3,
    overlay: bool = False,
    watch: Callable[[TrackOptions], None] = lambda _: None,
) -> list[Measurement]:
    """Measure several jobs over one video.

    One job follows the other and then all again, so that a machine that is busy for a while
    is so for all of them; of each the best round counts, since noise only ever adds.

    Args:
        video: path.
        jobs: how to track.
        rounds: how often each is measured.
        overlay: also time drawing the track over the video.
        watch: told of each measurement before it begins.

    Returns:
        One for each of ``jobs``.

    Raises:
        BalltrackError: as `measure`.
    """
    check_range("rounds", rounds, 1)
    reports: list[list[Measurement]] = [[] for _ in jobs]
    for _ in range(rounds):
        for job, found in zip(jobs, reports, strict=True):
            watch(job)
            found.append(measure(video, job, overlay=overlay))
    return [best(found) for found in reports]


def best(reports: Sequence[Measurement]) -> Measurement:
    """The best of each figure of the same job, the peak of its memory."""
    return replace(
        reports[0],
        first=min((report.first for report in reports), key=lambda run: run.seconds),
        second=min((report.second for report in reports), key=lambda run: run.seconds),
        decode_only_frames_per_s=max(report.decode_only_frames_per_s for report in reports),
        peak_memory_mb=max(report.peak_memory_mb for report in reports),
        overlay=_best_overlay([report.overlay for report in reports if report.overlay]),
    )


def _best_overlay(found: Sequence[Overlay]) -> Overlay | None:
    if not found:
        return None
    return Overlay(*(min(values) for values in zip(*map(astuple, found), strict=True)))
