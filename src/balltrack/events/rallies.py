"""Rallies: from the first hit to the last event before play stops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from balltrack.labels.events import BOUNCE, HIT
from balltrack.structures import Event, Track

PAUSE_S = 3.0
"""Longest time from an event of a rally to the next: a lob takes two seconds and a half."""

BOUNCES = 2
"""In a row without a hit, at most: a ball bounces once between strokes, at a table tennis serve
twice, and a second bounce in tennis ends the point."""


@dataclass(frozen=True)
class Rally:
    """Frames from ``first_frame`` to ``last_frame``, both included.

    Attributes:
        first_frame, last_frame: of the first hit and the last event.
        start_s, end_s: their times.
        strokes: hits.
        bounces: bounces.
        shot: of the camera.
    """

    first_frame: int
    last_frame: int
    start_s: float
    end_s: float
    strokes: int
    bounces: int
    shot: int

    @property
    def length_s(self) -> float:
        """Seconds from the first hit to the last event."""
        return self.end_s - self.start_s


def find_rallies(track: Track, events: Sequence[Event]) -> list[Rally]:
    """The rallies of a track, in order.

    A rally begins with a hit and goes on as long as events follow one another within `PAUSE_S`
    and one camera shot, until the ball has bounced `BOUNCES` times without a hit. One event
    alone is no rally.

    Args:
        track: with times (`events.timed`).
        events: hits and bounces in order; other kinds are passed over.
    """
    return [_rally(track, group) for group in _groups(track, events)]


def in_play(track: Track, events: Sequence[Event]) -> list[Event]:
    """The events that belong to a rally: no bouncing before the serve nor after the point."""
    return [event for group in _groups(track, events) for event in group]


def _groups(track: Track, events: Sequence[Event]) -> Iterator[list[Event]]:
    group: list[Event] = []
    for event in events:
        if event.kind not in (HIT, BOUNCE):
            continue
        if group and not _goes_on(track, group, event):
            if len(group) > 1:
                yield group
            group = []
        if group or event.kind == HIT:
            group.append(event)
    if len(group) > 1:
        yield group


def _goes_on(track: Track, group: Sequence[Event], event: Event) -> bool:
    before, row = (_row(track, each) for each in (group[-1], event))
    bounced = [each.kind for each in group[-BOUNCES:]] == [BOUNCE] * BOUNCES
    return (
        track.shot[before] == track.shot[row]
        and bool(track.time_s[row] - track.time_s[before] <= PAUSE_S)
        and not (bounced and event.kind == BOUNCE)
    )


def _rally(track: Track, group: Sequence[Event]) -> Rally:
    first, last = _row(track, group[0]), _row(track, group[-1])
    kinds = [event.kind for event in group]
    return Rally(
        group[0].frame_index,
        group[-1].frame_index,
        float(track.time_s[first]),
        float(track.time_s[last]),
        kinds.count(HIT),
        kinds.count(BOUNCE),
        int(track.shot[first]),
    )


def _row(track: Track, event: Event) -> int:
    return min(int(np.searchsorted(track.frame_index, event.frame_index)), len(track) - 1)
