"""Labels with what a person says in their place, and what that comes to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from balltrack.labels.sheet import UNKNOWN_STATUS, Sheet
from balltrack.labels.subtitles import STATUS
from balltrack.review.corrections import Correction
from balltrack.review.doubt import doubt
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
        shot=column(track.shot, _shots(track, np.array(list(now))), np.int64),
        blur=column(track.blur, [(math.nan, math.nan)] * len(said), np.float64),
        play=column(track.play, [True] * len(said), np.bool_),
    )
    return Sheet(
        both,
        column(base.visibility, [one.visibility for one in said], np.int8),
        column(base.status, [one.status for one in said], np.int8),
    )


def columns_of(
    sheet: Sheet, count: int, size: tuple[int, int], found: Mapping[int, str]
) -> dict[str, Any]:
    """What is known of every frame: a name and (count,) values; NaN, 0 or -1 where nothing is.

    Args:
        sheet: as `merged` has it.
        count: frames of the video.
        size: (width, height) of it, pixels.
        found: frame → "hit" or "bounce", where a tracker found one.
    """
    track = sheet.track
    empty = (
        ("x", math.nan, track.xy[:, 0]),
        ("y", math.nan, track.xy[:, 1]),
        ("score", 0.0, track.score),
        ("source", 0, track.source),
        ("visibility", 0, sheet.visibility),
        ("status", UNKNOWN_STATUS, sheet.status),
        ("doubt", 0.0, doubt(track, size)),
        ("found", UNKNOWN_STATUS, UNKNOWN_STATUS),
    )
    columns = {}
    for name, nothing, told in empty:
        columns[name] = np.full(count, nothing)
        columns[name][track.frame_index] = told
    for frame, kind in found.items():
        columns["found"][frame] = STATUS.get(kind, UNKNOWN_STATUS)
    return {**columns, "shot": _shots(track, np.arange(count))}


def as_json(column: Any) -> list[Any]:
    """Numbers, None for NaN, which JSON does not have."""
    if column.dtype.kind != "f":
        return list(column.tolist())
    return [None if math.isnan(value) else round(value, 3) for value in column.tolist()]


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


def in_words(counts: Mapping[str, int]) -> str:
    """``7 moved, 1 event``, of a `summary`; empty where nothing was changed."""
    one = {"events": "event"}
    told = ((one.get(name, name) if n == 1 else name, n) for name, n in counts.items() if n)
    return ", ".join(f"{n} {name}" for name, n in told)


def row_of(track: Track, frame: int) -> int | None:
    """Which row a frame has; None where it has none."""
    row = int(np.searchsorted(track.frame_index, frame))
    return row if row < len(track) and track.frame_index[row] == frame else None


def _shots(track: Track, frames: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Of frames, the shot of the last labelled frame up to each."""
    if not len(track):
        return np.zeros(len(frames), dtype=np.int64)
    rows = np.searchsorted(track.frame_index, frames, "right") - 1
    return track.shot[np.maximum(rows, 0)]


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
