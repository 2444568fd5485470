"""Tracks cut into pieces, and pieces put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from balltrack.structures import TRACK_COLUMNS, TRACK_PAIRS, Source, Track


def take_rows(track: Track, rows: slice | npt.NDArray[np.bool_]) -> Track:
    """Some rows of a track."""
    others = tuple(take_rows(other, rows) for other in track.others)
    columns: Any = {name: getattr(track, name)[rows] for name in TRACK_COLUMNS}
    return Track(**columns, others=others)


def shift_rows(track: Track, by: tuple[int, int]) -> Track:
    """The same rows, their positions so many pixels to the right and below."""
    if by == (0, 0):
        return track
    others = tuple(shift_rows(other, by) for other in track.others)
    return replace(track, xy=track.xy + by, others=others)


MOST_REPEATED = 4
"""Frames after a picture's first that a converter shows it on at most, 24 pictures a second in 120;
where there are more, what is filmed stands still."""


def repeat_rows(track: Track, frames: Sequence[Sequence[tuple[int, float]]]) -> Track:
    """Rows of N pictures → those of all frames that show them.

    Args:
        track: of N rows.
        frames: of each picture the ``frame_index`` and ``time_s`` of its frames.
    """
    shown = [frame for each in frames for frame in each]
    others = tuple(repeat_rows(other, frames) for other in track.others)
    counts = [len(each) for each in frames]
    columns: Any = {n: np.repeat(getattr(track, n), counts, axis=0) for n in TRACK_COLUMNS}
    columns["frame_index"] = np.array([index for index, _ in shown], np.int64)
    columns["time_s"] = np.array([time_s for _, time_s in shown], np.float64)
    return Track(**columns, others=others)


BLOCK = 1024
"""Pieces that are kept as they came."""


def says_how_found(track: Track) -> bool:
    """Whether its labels say how positions were found and how surely.

    Of those that do not, such as TrackNet's four columns, all are read as DETECTED with score 1.
    """
    seen = track.visible
    return bool((track.score[seen] != 1).any() or (track.source[seen] != Source.DETECTED).any())


def join_tracks(pieces: Iterable[Track]) -> Track:
    """Pieces of a track, in order, as one; a track without rows where there are none.

    What has come is put together now and then: hours of pieces of one row each, as a live source
    gives them, would take forty times their memory.
    """
    blocks: list[Track] = []
    recent: list[Track] = []
    for piece in pieces:
        recent.append(piece)
        if len(recent) == BLOCK:
            blocks.append(_joined(recent))
            recent.clear()
    return _joined([*blocks, *recent])


def _joined(parts: Sequence[Track]) -> Track:
    if not parts:
        shapes = {name: (0, 2) if name in TRACK_PAIRS else (0,) for name in TRACK_COLUMNS}
        empty: Any = {name: np.empty(shapes[name], TRACK_COLUMNS[name]) for name in TRACK_COLUMNS}
        return Track(**empty)
    others = tuple(map(_joined, zip(*(part.others for part in parts), strict=True)))
    joined: Any = {n: np.concatenate([getattr(p, n) for p in parts]) for n in TRACK_COLUMNS}
    return Track(**joined, others=others)
