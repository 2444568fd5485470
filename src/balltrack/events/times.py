"""When each row was: a file's own times, or a frame rate that somebody gave."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from balltrack.declaring import check_range
from balltrack.errors import LabelError, OptionError
from balltrack.structures import Track

SLOWEST, FASTEST = 1.0, 1000.0
"""Frame rates that are taken for one."""


def timed(track: Track, fps: float | None = None) -> Track:
    """The track with a time on every row.

    Args:
        track: any.
        fps: frames a second, where the track has no times; None where it has them. A track
            with times keeps them.

    Raises:
        OptionError: rows lack a time and there is no ``fps``, or no video has such a rate.
        LabelError: the times do not increase.
    """
    if fps is not None:
        check_range("fps", fps, SLOWEST, FASTEST)
    known = np.isfinite(track.time_s)
    if not known.all():
        if fps is None:
            raise OptionError(
                "the labels say no times; give --fps, or write them with --columns all"
            )
        return replace(track, time_s=track.frame_index / fps)
    if np.any(np.diff(track.time_s) <= 0):
        row = int(np.flatnonzero(np.diff(track.time_s) <= 0)[0]) + 1
        raise LabelError(
            f"the time of frame {track.frame_index[row]} is not after that of the frame before it"
        )
    return track


def frames_per_second(track: Track) -> float:
    """Median frame rate of a track with times; 30 for one of a single row.

    From a row to the next, so that rows left out and pauses in a variable rate do no harm.
    """
    if len(track) < 2:
        return 30.0
    steps = np.diff(track.time_s) / np.diff(track.frame_index)
    return float(np.clip(1 / np.median(steps), SLOWEST, FASTEST))
