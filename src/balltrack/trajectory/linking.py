"""Which candidate is the ball: the best path through the candidates of every shot."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

import numpy as np

from balltrack.structures import Candidate, FrameCandidates, Source, Track
from balltrack.trajectory.motion import DEFAULT, LinkingParameters
from balltrack.trajectory.path_search import Choice, PathSearch


def link(
    candidates: Iterable[FrameCandidates],
    *,
    threshold: float,
    frame_rate: float,
    size: tuple[int, int],
    parameters: LinkingParameters = DEFAULT,
) -> Track:
    """The ball's track: in every shot, the best path through the candidates.

    Args:
        candidates: one entry a frame, in order, with candidates well below ``threshold``
            as well: weak ones are chosen where the path supports them.
        threshold: score from which a chosen candidate is called detected, else linked.
        frame_rate: frames per second.
        size: (width, height) of the source, pixels.
        parameters: what to believe about scores and motion.

    Returns:
        One row for each entry of ``candidates``.
    """
    choices = choose(candidates, frame_rate=frame_rate, size=size, parameters=parameters)
    return to_track(choices, threshold)


def best_choices(candidates: Iterable[FrameCandidates], threshold: float) -> Iterator[Choice]:
    """The plain way: each frame with its highest-scoring candidate of at least ``threshold``."""
    return ((frame, _best(frame, threshold)) for frame in candidates)


def choose(
    candidates: Iterable[FrameCandidates],
    *,
    frame_rate: float,
    size: tuple[int, int],
    parameters: LinkingParameters = DEFAULT,
    lag: int | None = None,
) -> Iterator[Choice]:
    """Stream of every frame with its chosen candidate, or None where the ball is not seen.

    A frame comes out once ``lag_s`` of later frames have been seen, at most ``lag`` where that is
    given, or its shot ended.
    """
    search: PathSearch | None = None
    shot = None
    for frame in candidates:
        if search is None or frame.shot != shot:
            if search is not None:
                yield from search.finish()
            search, shot = PathSearch(frame_rate, size, parameters, lag), frame.shot
        yield from search.push(frame)
    if search is not None:
        yield from search.finish()


def _best(frame: FrameCandidates, threshold: float) -> Candidate | None:
    best = max(frame.candidates, key=lambda c: c.score, default=None)
    return best if best is not None and best.score >= threshold else None


def to_track(choices: Iterable[Choice], threshold: float) -> Track:
    """One row a frame; a chosen candidate below the threshold counts as linked."""
    rows = array("d")  # ten numbers a frame: candidates are let go as they are decided
    for frame, choice in choices:
        rows.extend((frame.frame_index, frame.time_s, frame.shot, frame.play))
        if choice is None:
            rows.extend((np.nan, np.nan, 0.0, Source.NONE, np.nan, np.nan))
        else:
            source = Source.DETECTED if choice.score >= threshold else Source.LINKED
            drawn = choice.streak
            blur = (np.nan, np.nan) if drawn is None else (drawn.length, drawn.angle)
            rows.extend((choice.x, choice.y, choice.score, source, *blur))
    table = np.frombuffer(rows, dtype=np.float64).reshape(-1, 10)
    return Track(
        frame_index=table[:, 0].astype(np.int64),
        time_s=table[:, 1].copy(),
        xy=table[:, 4:6].copy(),
        score=table[:, 6].astype(np.float32),
        source=table[:, 7].astype(np.int8),
        shot=table[:, 2].astype(np.int64),
        blur=table[:, 8:10].copy(),
        play=table[:, 3].astype(np.bool_),
    )
