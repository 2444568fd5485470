"""Frames that show something else than they should: their rows are there, without a ball."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from balltrack.structures import FrameCandidates, Source, Track


def without_candidates(
    found: Iterable[FrameCandidates], lost: Collection[int]
) -> Iterator[FrameCandidates]:
    """The same entries, those of ``lost`` frames empty; more may be lost with every frame."""
    for entry in found:
        yield replace(entry, candidates=()) if entry.frame_index in lost else entry


def without_balls(pieces: Iterable[Track], lost: Collection[int]) -> Iterator[Track]:
    """The same rows; nothing is filled in on ``lost`` frames either."""
    for piece in pieces:
        hidden = np.array([index in lost for index in piece.frame_index.tolist()], np.bool_)
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
