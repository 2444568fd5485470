"""Which ball is in play: paths of a shot held against each other, before one is chosen.

The search for the path takes what scores best, and a ball that rolls behind the players or on the
next court scores as well as the rally's. It gives itself away by how it moves over its whole time:
slowly and evenly, never struck, while another ball in the same shot is fast, turns back where it
is struck, and comes from one side of the picture to the other. Only such a one, seen beside what
clearly has the motion of play, is left out, and what belongs to a rally on the next court, see
`next_court`; all else is judged by its score, as ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice

import numpy as np

from balltrack.structures import FloatArray, FrameCandidates
from balltrack.trajectory.balls.graphics import drawn
from balltrack.trajectory.balls.next_court import find_strips, is_beside, may_be_played
from balltrack.trajectory.balls.pieces import Piece, find_pieces
from balltrack.trajectory.balls.play import APART, LONG_S, PLAYED, SURE, speeds, turns
from balltrack.trajectory.linking import choose
from balltrack.trajectory.motion import LinkingParameters, confidence

STRETCH = 1024
"""Frames of a shot, at most, over which its balls are held against each other."""

ROLLS = 0.4
"""Heights/s that it has at most, on all but one in ten of its steps."""

TOGETHER_S = 0.5
"""Seconds, all in all, on which both must have been seen."""

FASTER = 3.0
"""How many times as fast as the other the ball in play is at least, by a quarter of the steps."""


@dataclass(frozen=True)
class Stretch:
    """Frames of one shot.

    Attributes:
        frames: one entry a frame, without the candidates that are clearly another ball's.
        pieces: of all candidates, their rows counted in ``frames``.
    """

    frames: tuple[FrameCandidates, ...]
    pieces: tuple[Piece, ...]


def contested(
    candidates: Iterable[FrameCandidates],
    *,
    frame_rate: float,
    size: tuple[int, int],
    parameters: LinkingParameters,
) -> Iterator[Stretch]:
    """The balls of every shot held against each other, in stretches of at most `STRETCH` frames.

    Args:
        candidates: one entry a frame, in order.
        frame_rate: frames per second.
        size: (width, height) of the source, pixels.
        parameters: what the search for the path believes.
    """
    for _, shot in groupby(candidates, key=lambda frame: frame.shot):
        while frames := tuple(islice(shot, STRETCH)):
            yield _contest(frames, frame_rate, size, parameters)


def _contest(
    frames: Sequence[FrameCandidates],
    frame_rate: float,
    size: tuple[int, int],
    parameters: LinkingParameters,
) -> Stretch:
    height = size[1]
    pieces = tuple(find_pieces(frames, frame_rate, height, parameters.max_candidates))
    left = _without(frames, drawn(pieces, frame_rate, height))
    left = _without(left, _of_next_courts(left, pieces, frame_rate, size, parameters))
    if rolling := [piece for piece in pieces if _rolls(piece, frame_rate, height)]:
        rival = _rival(_without(left, rolling), frame_rate, size, parameters)
        left = _without(left, [one for one in rolling if _loses(one, rival, frame_rate, height)])
    return Stretch(left, pieces)


def _of_next_courts(
    frames: Sequence[FrameCandidates],
    pieces: Sequence[Piece],
    frame_rate: float,
    size: tuple[int, int],
    parameters: LinkingParameters,
) -> Iterator[Piece]:
    """Pieces that belong to a rally at a side of the picture."""
    strips = find_strips(pieces, size[0])
    if any(may_be_played(strip, frame_rate, size[1]) for strip in strips):
        aside = (piece for strip in strips for piece in strip.pieces)
        rival = _rival(_without(frames, aside), frame_rate, size, parameters)
        for strip in strips:
            if is_beside(strip, rival, frame_rate, size):
                yield from strip.pieces


def _rival(
    frames: Sequence[FrameCandidates],
    frame_rate: float,
    size: tuple[int, int],
    parameters: LinkingParameters,
) -> FloatArray:
    """(N, 3) of the path through what is left: x and y in heights, and how sure it is, or NaN."""
    choices = choose(frames, frame_rate=frame_rate, size=size, parameters=parameters)
    rival = np.full((len(frames), 3), np.nan)
    for row, (_, choice) in enumerate(choices):
        if choice is not None:
            rival[row] = choice.x / size[1], choice.y / size[1], choice.score
    rival[:, 2] = np.minimum(rival[:, 2], confidence(rival[:, 2], parameters))
    return rival


def _without(
    frames: Sequence[FrameCandidates], pieces: Iterable[Piece]
) -> tuple[FrameCandidates, ...]:
    """The frames without the pieces' candidates; those that have none of them as they are."""
    gone: dict[int, set[int]] = {}
    for piece in pieces:
        for row, candidate in zip(piece.rows, piece.candidates, strict=True):
            gone.setdefault(row, set()).add(id(candidate))
    kept = list(frames)
    for row, ids in gone.items():
        left = tuple(one for one in frames[row].candidates if id(one) not in ids)
        kept[row] = replace(frames[row], candidates=left)
    return tuple(kept)


def _rolls(piece: Piece, frame_rate: float, height: float) -> bool:
    """Whether it is a ball that is followed for long, and slow and even all the time."""
    length = piece.rows[-1] - piece.rows[0] + 1
    if length < LONG_S * frame_rate or not piece.believed:
        return False
    return bool(np.quantile(_speeds(piece, frame_rate, height), 0.9) <= ROLLS)


def _speeds(piece: Piece, frame_rate: float, height: float) -> FloatArray:
    """(n - 1,) heights/s."""
    return speeds(np.array(piece.rows), piece.xy / height, frame_rate)


def _loses(piece: Piece, rival: FloatArray, frame_rate: float, height: float) -> bool:
    """Whether what the search finds instead, while it is there, has clearly the motion of play."""
    rows = np.array(piece.rows)
    apart = np.hypot(*(rival[rows, :2] - piece.xy / height).T) > APART  # False where none is seen
    if apart.sum() < TOGETHER_S * frame_rate:
        return False
    first, stop = rows[apart][0], rows[apart][-1] + 1
    seen = first + np.flatnonzero(np.isfinite(rival[first:stop, 0]))
    fast = np.quantile(speeds(seen, rival[seen, :2], frame_rate), 0.75)
    slow = np.quantile(_speeds(piece, frame_rate, height), 0.75)
    return bool(
        rival[rows[apart], 2].mean() >= SURE
        and fast >= max(PLAYED, FASTER * slow)
        and turns(rival[seen, :2])
    )
