"""When each row was: a file's own times, or a frame rate that somebody gave; and how long a picture
lasts where frames repeat some."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from balltrack.declaring import check_range
from balltrack.errors import LabelError, OptionError
from balltrack.structures import Event, FloatArray, Track

SLOWEST, FASTEST = 1.0, 1000.0
"""Frame rates that are taken for one."""

RHYTHM = 7
"""Pictures on either side that say how long one lasts: repeats come once in five at the most."""


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


def event_times(track: Track, events: Iterable[Event]) -> FloatArray:
    """(E,) seconds of each event, between the rows' times where its frame has no row."""
    frames = [event.frame_index for event in events]
    if not frames or not len(track):
        return np.full(len(frames), np.nan)
    return np.asarray(np.interp(frames, track.frame_index, track.time_s), dtype=np.float64)


def seconds_a_picture(
    times: FloatArray, stretch: npt.NDArray[np.int64], new: npt.NDArray[np.bool_]
) -> FloatArray:
    """(P,) seconds from a picture to the next, NaN where none of those around is shown twice.

    A converter that makes 30 frames of 25 pictures shows every fifth one twice, so that their times
    jerk where the ball's way does not: they were taken evenly, as the line through their times
    and numbers says.

    Args:
        times: (N,) seconds of each row.
        stretch: (N,) as `stretches.stretches` gives them; what is in another one does not count.
        new: (N,) rows that begin a picture, P of them, see `stretches.seen_anew`.
    """
    again = np.bincount(np.cumsum(new) - 1, minlength=int(new.sum())) > 1
    times, stretch = times[new], stretch[new]
    away = np.arange(-RHYTHM, RHYTHM + 1)
    rows = np.arange(len(times))[:, None] + away
    inside = (rows >= 0) & (rows < len(times))
    rows = rows.clip(0, max(len(times) - 1, 0))
    near = inside & (stretch[rows] == stretch[:, None])
    count = np.maximum(near.sum(axis=1), 1)[:, None]
    place = np.where(near, away - (near * away).sum(axis=1, keepdims=True) / count, 0.0)
    spread = np.square(place).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        step = (place * np.where(near, times[rows], 0.0)).sum(axis=1) / spread
    return np.where((near & again[rows]).any(axis=1) & (spread > 0), step, np.nan)
