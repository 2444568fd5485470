"""Rows as they become final → the same rows, and what the ball does on each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from functools import partial
from itertools import pairwise

import numpy as np

from balltrack.events.finding import EventFinder
from balltrack.events.gaps import doubt, gap_causes
from balltrack.events.modes import modes
from balltrack.events.rows import every
from balltrack.events.velocity import velocity
from balltrack.models.trajectory.eventnet_arrays import REACH
from balltrack.structures import Gap, Play, Track, join_tracks, take_rows


def with_play(
    pieces: Iterable[Track], size: tuple[int, int], frame_rate: float, finder: EventFinder
) -> Iterator[tuple[Track, Play]]:
    """The same rows in order, each piece with what the ball does on its rows.

    Rows of a long shot wait for twice the frames that the events network looks ahead, and as many
    before them are looked back at; a shot's last rows leave when it ends.

    Args:
        pieces: rows of a track, each piece of one shot; see `PathFinder.rows`.
        size: (width, height) of the picture, pixels.
        frame_rate: frames a second; counts where rows have no times, or times that jump back.
        finder: of hits and bounces.
    """
    around = 2 * REACH * every(frame_rate)
    see = partial(_played, size=size, frame_rate=frame_rate, finder=finder)
    held: Track | None = None  # rows of one shot, of which ``given`` have left
    given = 0
    gap = Gap.UNKNOWN  # of a gap that begins with what is held
    for piece in pieces:
        if held is not None and held.shot[0] != piece.shot[0]:
            yield see(held, slice(given, None), first=gap, last=Gap.CUT)
            held, given, gap = None, 0, Gap.CUT
        held = piece if held is None else join_tracks([held, piece])
        if (stop := len(held) - around) > given:
            rows, play = see(held, slice(given, stop), first=gap)
            yield rows, play
            first = max(stop - around, 0)
            if first:
                gap = Gap(play.gap[-1]) or Gap.UNKNOWN
            held, given = take_rows(held, slice(first, None)), stop - first
    if held is not None and given < len(held):
        yield see(held, slice(given, None), first=gap)


def play_of(track: Track, size: tuple[int, int], frame_rate: float, finder: EventFinder) -> Play:
    """What the ball does on each row of a whole track; arguments as those of `with_play`."""
    edges = np.flatnonzero(np.diff(track.shot)) + 1
    bounds = [0, *edges.tolist(), len(track)] if len(track) else [0]
    shots = (take_rows(track, slice(first, stop)) for first, stop in pairwise(bounds))
    plays = [play for _, play in with_play(shots, size, frame_rate, finder)]
    names = [field.name for field in fields(Play)]
    values = {name: np.concatenate([getattr(play, name) for play in plays]) for name in names}
    return Play(**values)


def _played(
    held: Track,
    rows: slice,
    size: tuple[int, int],
    frame_rate: float,
    finder: EventFinder,
    *,
    first: Gap,
    last: Gap = Gap.UNKNOWN,
) -> tuple[Track, Play]:
    clocked = held
    if not (np.isfinite(held.time_s).all() and (np.diff(held.time_s) > 0).all()):
        clocked = replace(held, time_s=held.frame_index / frame_rate)
    events = finder.find(clocked, size)
    moving = velocity(clocked, events)
    play = Play(
        speed=moving.speed[rows],
        direction=moving.direction[rows],
        mode=modes(clocked, events, size[1])[rows],
        gap=gap_causes(held, size, frame_rate, first=first, last=last)[rows],
        doubt=doubt(held, size)[rows],
    )
    return take_rows(held, rows), play
