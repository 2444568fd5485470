"""Tracks made of numbers, for tests of what is read from them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from balltrack.structures import Event, Source, Track


def track_of(
    xy: npt.ArrayLike,
    *,
    fps: float = 25.0,
    shot: npt.ArrayLike = 0,
    source: npt.ArrayLike | None = None,
) -> Track:
    """One row a frame from frame 0; NaN is unseen."""
    places = np.asarray(xy, dtype=np.float64)
    count = len(places)
    seen = np.isfinite(places[:, 0])
    sources = np.where(seen, Source.DETECTED, Source.NONE) if source is None else source
    return Track(
        frame_index=np.arange(count, dtype=np.int64),
        time_s=np.arange(count) / fps,
        xy=places,
        score=np.where(seen, 1, 0).astype(np.float32),
        source=np.asarray(sources, dtype=np.int8),
        shot=np.broadcast_to(np.asarray(shot, dtype=np.int64), (count,)).copy(),
    )


def event(frame: int, kind: str, score: float = 1.0) -> Event:
    return Event(frame, kind, 1.0, 2.0, score)
