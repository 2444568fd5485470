"""Labels with what a person says in their place, and what that comes to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from balltrack.labels.sheet import UNKNOWN_STATUS, Sheet
from balltrack.review.corrections import Correction
from balltrack.structures import FloatArray, Source, Track


def merged(base: Sheet, now: Mapping[int, Correction], times_s: FloatArray) -> Sheet:
    """The rows of both in the order of their frames; a frame's correction replaces its row.

    Args:
        base: the labels.
        now: what a person says, by frame.
        times_s: (N,) of every frame of the video.
    """
    track = base.track
    kept = ~np.isin(track.frame_index, list(now))
    frames = np.array([*track.frame_index[kept].tolist(), *now], dtype=np.int64)
    order = np.argsort(frames)
    said = list(now.values())

    def column(values: Any, told: Any, dtype: type[Any]) -> Any:
        told = np.array(told, dtype=dtype).reshape(-1, *values.shape[1:])
        return np.concatenate([values[kept], told])[order]

    xy = [(math.nan, math.nan) if one.x is None else (one.x, one.y) for one in said]
    sources = [_source(one) for one in said]
    both = Track(
        frame_index=frames[order],
        time_s=times_s[frames[order]],
        xy=column(track.xy, xy, np.float64),
        score=column(track.score, [not one.filled for one in said], np.float32),
        source=column(track.source, sources, np.int8),
        shot=column(track.shot, _shots(track, list(now)), np.int64),
        blur=column(track.blur, [(math.nan, math.nan)] * len(said), np.float64),
        play=column(track.play, [True] * len(said), np.bool_),
    )
    return Sheet(
        both,
        column(base.visibility, [one.visibility for one in said], np.int8),
        column(base.status, [one.status for one in said], np.int8),
    )


def summary(base: Sheet, now: Mapping[int, Correction]) -> dict[str, int]:
    """What was changed, in counts of frames: each is one of the first five; and events."""
    counts = dict.fromkeys(("moved", "added", "removed", "confirmed", "filled", "events"), 0)
    for one in now.values():
        row = row_of(base.track, one.frame)
        seen = row is not None and bool(base.track.visible[row])
        counts[_kind(one, base.track.xy[row].tolist() if seen else None)] += 1
        before = UNKNOWN_STATUS if row is None else int(base.status[row])
        counts["events"] += one.status != before
    return counts


def row_of(track: Track, frame: int) -> int | None:
    """Which row a frame has; None where it has none."""
    row = int(np.searchsorted(track.frame_index, frame))
    return row if row < len(track) and track.frame_index[row] == frame else None


def _shots(track: Track, frames: list[int]) -> list[int]:
    """Of frames, the shot of the last labelled frame up to each."""
    if not len(track):
        return [0] * len(frames)
    rows = np.searchsorted(track.frame_index, frames, "right") - 1
    return [int(shot) for shot in track.shot[np.maximum(rows, 0)]]


def _source(one: Correction) -> int:
    if one.x is None:
        return int(Source.NONE)
    return int(Source.INPAINTED if one.filled else Source.CORRECTED)


def _kind(one: Correction, was: list[float] | None) -> str:
    """What a correction did to a frame that had a ball at ``was``, or none."""
    if one.x is None or one.y is None:
        return "confirmed" if was is None else "removed"
    if one.filled:
        return "filled"
    if was is None:
        return "added"
    return "confirmed" if math.hypot(one.x - was[0], one.y - was[1]) < 0.01 else "moved"
