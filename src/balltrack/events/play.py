"""Rows as they become final → the same rows, and what the ball does on each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from balltrack.events.finding import EventFinder
from balltrack.events.modes import modes
from balltrack.events.rows import every
from balltrack.events.velocity import velocity
from balltrack.models.trajectory.eventnet_arrays import REACH
from balltrack.structures import Play, Track, join_tracks, take_rows


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
    held: Track | None = None  # rows of one shot, of which ``given`` have left
    given = 0
    for piece in pieces:
        if held is not None and held.shot[0] != piece.shot[0]:
            yield _played(held, slice(given, None), size, frame_rate, finder)
            held, given = None, 0
        held = piece if held is None else join_tracks([held, piece])
        if (stop := len(held) - around) > given:
            yield _played(held, slice(given, stop), size, frame_rate, finder)
            first = max(stop - around, 0)
            held, given = take_rows(held, slice(first, None)), stop - first
    if held is not None and given < len(held):
        yield _played(held, slice(given, None), size, frame_rate, finder)


def _played(
    held: Track, rows: slice, size: tuple[int, int], frame_rate: float, finder: EventFinder
) -> tuple[Track, Play]:
    clocked = held
    if not (np.isfinite(held.time_s).all() and (np.diff(held.time_s) > 0).all()):
        clocked = replace(held, time_s=held.frame_index / frame_rate)
    events = finder.find(clocked, size)
    moving = velocity(clocked, events)
    mode = modes(clocked, events, size[1])
    play = Play(moving.speed[rows], moving.direction[rows], mode[rows])
    return take_rows(held, rows), play
