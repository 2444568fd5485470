"""Rows as they become final → the same rows, and what the ball does on each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace

import numpy as np

from balltrack.events.finding import EventFinder, centred
from balltrack.events.gaps import doubt, gap_causes
from balltrack.events.live import LiveEventFinder
from balltrack.events.modes import STILL_S, modes
from balltrack.events.rows import every, shot_rows
from balltrack.events.times import RHYTHM
from balltrack.events.velocity import velocity
from balltrack.models.trajectory.eventnet_arrays import REACH
from balltrack.structures import Event, Gap, Play, Source, Track
from balltrack.tracks import MOST_REPEATED, join_tracks, take_rows

LOOKED_BACK = (RHYTHM + 1) * (1 + MOST_REPEATED)
"""Rows before one that its speed, and the doubt of a gap around it, may go by."""


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

    def see(held: Track, rows: slice, first: Gap, last: Gap = Gap.UNKNOWN) -> tuple[Track, Play]:
        clocked = _clocked(held, frame_rate)
        events = finder.find(clocked, size)
        return _played(held, clocked, events, rows, size, frame_rate, (first, last))

    held: Track | None = None  # rows of one shot, of which ``given`` have left
    given = 0
    gap = Gap.UNKNOWN  # of a gap that begins with what is held
    for piece in pieces:
        if held is not None and held.shot[0] != piece.shot[0]:
            yield see(held, slice(given, None), gap, Gap.CUT)
            held, given, gap = None, 0, Gap.CUT
        held = piece if held is None else join_tracks([held, piece])
        if (stop := len(held) - around) > given:
            rows, play = see(held, slice(given, stop), gap)
            yield rows, play
            first = max(stop - around, 0)
            if first:
                gap = Gap(play.gap[-1]) or Gap.UNKNOWN
            held, given = take_rows(held, slice(first, None)), stop - first
    if held is not None and given < len(held):
        yield see(held, slice(given, None), gap)


def with_play_live(
    pieces: Iterable[Track], size: tuple[int, int], frame_rate: float, finder: LiveEventFinder
) -> Iterator[tuple[Track, Play]]:
    """The same rows one by one, each with what the ball does on it as far as it shows by then.

    A row waits for the frames that the finder may look ahead, or for the end of its shot. What
    takes time to show is not there before: a ball lies still from `modes.STILL_S` on, a gap
    has the cause that its beginning tells, and a filled row a doubt where the gap's end is known.

    Args:
        pieces, size, frame_rate: as those of `with_play`.
        finder: of hits and bounces.
    """
    shot: _LiveShot | None = None
    for piece in pieces:
        if shot is not None and shot.number != piece.shot[0]:
            yield from shot.end(Gap.CUT)
            shot = _LiveShot(piece, size, frame_rate, finder, Gap.CUT)
        elif shot is None:
            shot = _LiveShot(piece, size, frame_rate, finder, Gap.UNKNOWN)
        for row in range(len(piece)):
            yield from shot.add(take_rows(piece, slice(row, row + 1)))
    if shot is not None:
        yield from shot.end(Gap.UNKNOWN)


class _LiveShot:
    """The last rows of a camera shot, of which those from ``waiting`` on have not left."""

    def __init__(
        self,
        piece: Track,
        size: tuple[int, int],
        frame_rate: float,
        finder: LiveEventFinder,
        gap: Gap,
    ) -> None:
        self.number = int(piece.shot[0])
        self._size, self._frame_rate = size, frame_rate
        self._watch = finder.watch(frame_rate)
        self._back = math.ceil(frame_rate * STILL_S) + LOOKED_BACK
        self._held = take_rows(piece, slice(0, 0))
        self._waiting = 0
        self._events: list[Event] = []
        self._gap = gap  # of the row before those that wait
        self._time_s = -math.inf

    def add(self, row: Track) -> Iterator[tuple[Track, Play]]:
        """The next row, at the end of those that are held."""
        self._held = join_tracks([self._held, row])
        time_s = float(row.time_s[0])
        if not time_s > self._time_s:  # jumps back, or is not known
            known = math.isfinite(self._time_s)
            time_s = self._time_s + 1 / self._frame_rate if known else 0.0
        self._time_s = time_s
        seen = row.visible[0] and row.source[0] != Source.INPAINTED
        self._watch.see(centred(row.xy[0], self._size) if seen else np.full(2, np.nan), time_s)
        if self._watch.count - self._watch.settled > self._watch.ahead:
            yield self._leave(Gap.UNKNOWN)

    def end(self, gap: Gap) -> Iterator[tuple[Track, Play]]:
        """The rows that still wait; ``gap``: why the ball is not seen after them."""
        while self._waiting < len(self._held):
            yield self._leave(gap)

    def _leave(self, last: Gap) -> tuple[Track, Play]:
        row, held = self._waiting, self._held
        first = self._watch.settled  # the frame that is held at ``row``
        here, later = self._watch.settle()
        frames = held.frame_index
        seen = [
            Event(int(frames[row + sign.frame - first]), sign.kind, np.nan, np.nan, sign.score)
            for sign in (*here, *later)
        ]
        clocked, around = _clocked(held, self._frame_rate), (self._gap, last)
        events = [*self._events, *seen]
        left = _played(
            held, clocked, events, slice(row, row + 1), self._size, self._frame_rate, around
        )
        self._gap = Gap(left[1].gap[-1]) or Gap.UNKNOWN
        start = max(0, row + 1 - self._back)
        self._held, self._waiting = take_rows(held, slice(start, None)), row + 1 - start
        self._events = [
            event
            for event in (*self._events, *seen[: len(here)])
            if event.frame_index >= frames[start]
        ]
        return left


def play_of(track: Track, size: tuple[int, int], frame_rate: float, finder: EventFinder) -> Play:
    """What the ball does on each row of a whole track; arguments as those of `with_play`."""
    if not len(track):
        none = np.empty(0)
        return Play(none, none, none.astype(np.int8), none.astype(np.int8), none)
    shots = (take_rows(track, rows) for rows in shot_rows(track))
    plays = [play for _, play in with_play(shots, size, frame_rate, finder)]
    names = [field.name for field in fields(Play)]
    values = {name: np.concatenate([getattr(play, name) for play in plays]) for name in names}
    return Play(**values)


def _clocked(held: Track, frame_rate: float) -> Track:
    """With times that increase: its own, or where they do not those of the frames' numbers."""
    if np.isfinite(held.time_s).all() and (np.diff(held.time_s) > 0).all():
        return held
    return replace(held, time_s=held.frame_index / frame_rate)


def _played(
    held: Track,
    clocked: Track,
    events: Sequence[Event],
    rows: slice,
    size: tuple[int, int],
    frame_rate: float,
    around: tuple[Gap, Gap],
) -> tuple[Track, Play]:
    """Some of the rows that are held, by what all of them show.

    Args:
        held: rows of one shot.
        clocked: the same with times.
        events: that happened on them.
        rows: which to give.
        size, frame_rate: as those of `with_play`.
        around: why the ball is not seen before the first and after the last one.
    """
    moving = velocity(clocked, events)
    first, last = around
    play = Play(
        speed=moving.speed[rows],
        direction=moving.direction[rows],
        mode=modes(clocked, events, size[1])[rows],
        gap=gap_causes(held, size, frame_rate, first=first, last=last)[rows],
        doubt=doubt(held, size)[rows],
    )
    return take_rows(held, rows), play
