"""Frames that show something else than they should: their rows are there, without a ball."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from balltrack.options import PathOptions
from balltrack.structures import FrameCandidates, Source, Track
from balltrack.video.reader import VideoReader

Lost = tuple[Set[int], ...]
"""Sets of frame numbers; they grow as a reader reads."""


def lost_frames(reader: VideoReader, options: PathOptions) -> Lost:
    """The frames of a reader that show no ball to be believed."""
    return (reader.lost, reader.corrupt) if options.skip_corrupt else (reader.lost,)


def without_candidates(found: Iterable[FrameCandidates], lost: Lost) -> Iterator[FrameCandidates]:
    """The same entries, empty on frames that are ``lost``."""
    for entry in found:
        hidden = any(entry.frame_index in numbers for numbers in lost)
        yield replace(entry, candidates=()) if hidden else entry


def without_balls(pieces: Iterable[Track], lost: Lost) -> Iterator[Track]:
    """The same rows; nothing is filled in on such frames either."""
    for piece in pieces:
        indices = piece.frame_index.tolist()
        hidden = np.array([any(index in numbers for numbers in lost) for index in indices])
        yield hide_ball(piece, hidden) if hidden.any() else piece


def hide_ball(rows: Track, hidden: npt.NDArray[np.bool_]) -> Track:
    """The same rows, those that are ``hidden``, (N,), without a position."""
    return replace(
        rows,
        xy=np.where(hidden[:, None], np.nan, rows.xy),
        score=np.where(hidden, np.float32(0), rows.score),
        source=np.where(hidden, np.int8(Source.NONE), rows.source),
        blur=np.where(hidden[:, None], np.nan, rows.blur),
        others=tuple(hide_ball(other, hidden) for other in rows.others),
    )
