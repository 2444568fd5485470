"""Rallies: from the serve to the last event before play stops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from balltrack.events.times import event_times
from balltrack.labels.events import BOUNCE, HIT
from balltrack.structures import Event, Track

PAUSE_S = 3.0
"""Longest time from an event of a rally to the next: a lob takes two seconds and a half."""

ANSWER_S = 1.0
"""Longest time from a bounce to the stroke that answers it, where nothing else shows play."""


@dataclass(frozen=True)
class Rally:
    """Frames from ``first_frame`` to ``last_frame``, both included.

    Attributes:
        first_frame, last_frame: of the first event, which is a hit where the serve was found, and
            the last.
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
        """Seconds from the first event to the last."""
        return self.end_s - self.start_s


def find_rallies(track: Track, events: Sequence[Event]) -> list[Rally]:
    """The rallies of a track, in order.

    A bounce is in play after a hit, or where a hit follows within `ANSWER_S`: a serve is
    easily missed. Any other bounce ends a rally: it is the second one, or somebody bounces the
    ball before the serve. Otherwise a rally goes on as long as its events follow one another
    within `PAUSE_S` and one camera shot. A hit alone is no rally.

    Args:
        track: with times (`events.timed`).
        events: hits and bounces in order; other kinds are passed over.
    """
    return [_rally(track, group) for group in _groups(track, events)]


def in_play(track: Track, events: Sequence[Event]) -> list[Event]:
    """The events that belong to a rally: no bouncing before the serve nor after the point."""
    return [event for group in _groups(track, events) for event in group]


def _groups(track: Track, events: Sequence[Event]) -> Iterator[list[Event]]:
    known = [event for event in events if event.kind in (HIT, BOUNCE)]
    group: list[Event] = []
    for before, event, after in zip([None, *known], known, [*known[1:], None], strict=False):
        follows = before is not None and within(track, before, event, PAUSE_S)
        answered = after is not None and after.kind == HIT and within(track, event, after, ANSWER_S)
        played = (
            event.kind == HIT or answered or (follows and before is not None and before.kind == HIT)
        )
        if group and not (played and follows):
            if len(group) > 1:
                yield group
            group = []
        if played:
            group.append(event)
    if len(group) > 1:
        yield group


def within(track: Track, before: Event, after: Event, seconds: float) -> bool:
    """Whether an event follows another so soon, and in the same shot."""
    first_s, last_s = event_times(track, (before, after)).tolist()
    return bool(last_s - first_s <= seconds and _shot(track, before) == _shot(track, after))


def _rally(track: Track, group: Sequence[Event]) -> Rally:
    start_s, end_s = event_times(track, (group[0], group[-1])).tolist()
    kinds = [event.kind for event in group]
    return Rally(
        group[0].frame_index,
        group[-1].frame_index,
        start_s,
        end_s,
        kinds.count(HIT),
        kinds.count(BOUNCE),
        _shot(track, group[0]),
    )


def _shot(track: Track, event: Event) -> int:
    row = min(int(np.searchsorted(track.frame_index, event.frame_index)), len(track) - 1)
    return int(track.shot[row])
