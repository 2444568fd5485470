"""Which frames of a track are most worth a look."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import numpy.typing as npt

from balltrack.structures import FloatArray, Source, Track

LEAST = 0.4
"""Doubt from which a frame is worth a look."""

FILLED = 0.9
"""Doubt of a position that was filled in: nothing was seen."""

EDGE = 0.6
"""Doubt of the first and last frame of a short gap: the ball was there just before."""

SHORT_GAP = 25
"""Frames of such a gap at most: a second, and the ball has not left for good."""

JUMP = 0.06
"""Change of velocity from one frame to the next, in diagonals of the picture, that has doubt a
half: 90 px at 1280x720, twice what a hit does on most frames."""

SPREAD = 12
"""Frames from one that is offered to the next, about, where no ball was found for long."""

UNSEEN = 20
"""Frames at most that are offered where nothing is doubtful, since no ball was found."""

TOGETHER = 3
"""Doubtful frames closer than that are looked at as one."""


def doubt(track: Track, size: tuple[int, int]) -> FloatArray:
    """How doubtful each row is: the largest of 1 - confidence, filling, and jump.

    Args:
        track: N rows.
        size: (width, height) of the video.

    Returns:
        (N,) in [0, 1]; rows that a person put right have 0.
    """
    seen = track.visible
    values = np.where(seen, 1 - track.score.astype(np.float64), 0.0)
    values[track.source == Source.INPAINTED] = FILLED
    values = np.maximum(values, _jumps(track, size))
    values = np.maximum(values, _edges(track))
    values[track.source == Source.CORRECTED] = 0
    return np.asarray(values, dtype=np.float64)


def to_begin_with(track: Track, size: tuple[int, int], count: int) -> list[int]:
    """The doubtful frames, or some in which no ball was found; of no rows at all any, evenly.

    Args:
        track: what is known.
        size: (width, height) of the video.
        count: of its frames.
    """
    if not len(track):
        return list(_spread(count, UNSEEN).tolist())
    doubtful = worth_a_look(doubt(track, size), track.frame_index)
    return doubtful or without_a_ball(track, UNSEEN)


def worth_a_look(values: FloatArray, frames: npt.NDArray[np.int64]) -> list[int]:
    """The most doubtful frame of each doubtful stretch, the worst stretch first.

    Args:
        values: (N,) of `doubt`.
        frames: (N,) numbers of the frames.
    """
    rows = np.flatnonzero(values >= LEAST)
    stretches = np.split(rows, np.flatnonzero(np.diff(frames[rows]) > TOGETHER) + 1)
    worst = [int(part[np.argmax(values[part])]) for part in stretches if len(part)]
    return [int(frames[row]) for row in sorted(worst, key=lambda row: (-values[row], row))]


def without_a_ball(track: Track, count: int, said: Collection[int] = ()) -> list[int]:
    """Frames spread evenly over all that no ball was found in, but for short gaps.

    Of shots that show no play none is taken, unless none is known to show it.

    Args:
        track: N rows.
        count: so many beside those that are ``said``; fewer where they would lie closer than
            `SPREAD`.
        said: frames that a person spoke of; none near them is taken.
    """
    gaps = [range(start, stop) for start, stop, short in _gaps(track) if not short]
    play = track.play if track.play.any() else np.ones_like(track.play)
    rows = np.array([row for gap in gaps for row in gap if play[row]], dtype=np.int64)
    frames = track.frame_index[rows[_spread(len(rows), count + len(said))]].tolist()
    return [one for one in frames if all(abs(one - other) >= SPREAD for other in said)]


def _spread(length: int, count: int) -> npt.NDArray[np.int64]:
    """At most ``count`` of so many places, evenly, about `SPREAD` apart at least."""
    many = min(count, -(-length // SPREAD))
    return ((np.arange(many) + 0.5) * length / max(many, 1)).astype(np.int64)


def _jumps(track: Track, size: tuple[int, int]) -> FloatArray:
    """(N,) from 0, steady, to 1, by how often `JUMP` the velocity changes at each row."""
    values = np.zeros(len(track))
    if len(track) < 3:
        return values
    change = np.linalg.norm(np.diff(track.xy, 2, axis=0), axis=1)
    close = (np.diff(track.frame_index)[1:] == 1) & (np.diff(track.frame_index)[:-1] == 1)
    change[~close | (track.shot[2:] != track.shot[:-2])] = 0
    values[1:-1] = 1 - 0.5 ** (np.nan_to_num(change) / (JUMP * np.hypot(*size)))
    return values


def _edges(track: Track) -> FloatArray:
    """(N,) `EDGE` at both ends of gaps that are short and within a shot."""
    values = np.zeros(len(track))
    for start, stop, short in _gaps(track):
        if short:
            values[[start, stop - 1]] = EDGE
    return values


def _gaps(track: Track) -> Iterator[tuple[int, int, bool]]:
    """Rows without a ball, from one up to another, and whether the gap is short, within a shot."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], ~track.visible, [False]])))
    for start, stop in edges.reshape(-1, 2).tolist():
        inside = start > 0 and stop < len(track) and stop - start <= SHORT_GAP
        yield start, stop, inside and track.shot[start - 1] == track.shot[stop]
