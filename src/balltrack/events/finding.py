"""Track → hits and bounces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from balltrack.events.rallies import PAUSE_S, in_play, within
from balltrack.events.rows import Shot, dense_shot, every, network_rows, shot_rows
from balltrack.events.times import event_times, frames_per_second
from balltrack.labels import read_told
from balltrack.labels.events import BOUNCE, HIT
from balltrack.labels.formats import are_labels
from balltrack.models.trajectory.eventnet_arrays import CLASSES, REACH, Rows
from balltrack.structures import Event, FloatArray, Track

Network = Callable[[Rows], Rows]
"""(L, 12) rows of `network_rows` → (L, 3) probabilities of `CLASSES`."""

CANDIDATE = 0.05
"""Score from which a peak is looked at."""

DEAD_S = 0.1
"""Seconds within which two events of a kind are one."""

STROKE_S = 0.25
"""Least seconds from one stroke to the next."""

PIECE = 4096
"""Rows that the network is given at once."""


class Finder(Protocol):
    """What finds hits and bounces in a track; see `EventFinder`."""

    def find(
        self, track: Track, size: tuple[int, int], *, play_only: bool = False
    ) -> tuple[Event, ...]: ...
    def candidates(self, track: Track, size: tuple[int, int]) -> list[Event]: ...


@dataclass(frozen=True)
class EventFinder:
    """Finds hits and bounces in tracks.

    Attributes:
        network: such as `balltrack.models.trajectory.eventnet_arrays.ArrayEventNet`.
        hit_threshold, bounce_threshold: scores in [0, 1] from which a peak is an event.
    """

    network: Network
    hit_threshold: float = 0.7
    bounce_threshold: float = 0.6

    def find(
        self, track: Track, size: tuple[int, int], *, play_only: bool = False
    ) -> tuple[Event, ...]:
        """Hits and bounces in the order of their frames.

        Args:
            track: with times (`events.timed`).
            size: (width, height) of the picture, pixels.
            play_only: leave out what is in no rally: bouncing before the serve and after the
                point (see `rallies`).
        """
        thresholds = {"hit": self.hit_threshold, "bounce": self.bounce_threshold}
        sure = [e for e in self.candidates(track, size) if e.score >= thresholds[e.kind]]
        return tuple(in_play(track, sure) if play_only else sure)

    def candidates(self, track: Track, size: tuple[int, int]) -> list[Event]:
        """Every peak of the network's answers, however low, in the order of frames.

        A score is the network's probability that the event is on this frame or beside it, at
        most 1. Events of a frame where the ball was not seen lie on the straight line between
        the positions around it.
        """
        if not len(track):
            return []
        fps = frames_per_second(track)
        found: list[Event] = []
        for rows in shot_rows(track):
            shot = dense_shot(track, rows)
            if not shot.seen.any():
                continue
            answers = self.probabilities(shot, size, fps)
            for number, kind in enumerate(CLASSES[1:], start=1):
                scores = _widened(answers[:, number], every(fps))
                for row in _peaks(scores, shot.times, CANDIDATE):
                    x, y = shot.between(row)
                    found.append(Event(int(shot.first + row), kind, x, y, float(scores[row])))
        return sorted(found, key=lambda event: (event.frame_index, event.kind))

    def probabilities(self, shot: Shot, size: tuple[int, int], fps: float) -> FloatArray:
        """(L, 3) of `CLASSES`, of every frame of a shot, seen or not.

        The mean of the network's answers to the shot as it is and mirrored left to right.
        """
        places = centred(shot.xy, size)
        answers = np.zeros((len(places), len(CLASSES)))
        step = every(fps)
        for phase in range(step):
            for side in (1.0, -1.0):
                rows = network_rows(places[phase::step] * [side, 1.0], shot.times[phase::step])
                answers[phase::step] += _in_pieces(self.network, rows) / 2
        return answers


@dataclass(frozen=True)
class VolleyFinder:
    """A finder for sports in which nothing bounces before play ends, such as badminton.

    What looks like a bounce and is followed by a hit is a stroke, or beside that hit nothing.

    Attributes:
        finder: finds hits, and what looks like bounces.
    """

    finder: Finder

    def find(
        self, track: Track, size: tuple[int, int], *, play_only: bool = False
    ) -> tuple[Event, ...]:
        """See `EventFinder`."""
        events = _volleyed(track, self.finder.find(track, size))
        return tuple(in_play(track, events) if play_only else events)

    def candidates(self, track: Track, size: tuple[int, int]) -> list[Event]:
        """See `EventFinder`; bounces are those that `find` leaves."""
        landed = {event.frame_index for event in self.find(track, size) if event.kind == BOUNCE}
        found = self.finder.candidates(track, size)
        return [e if e.frame_index in landed else replace(e, kind=HIT) for e in found]


def _volleyed(track: Track, found: Sequence[Event]) -> list[Event]:
    """Bounces that a hit follows within `PAUSE_S` in their shot are hits, or nothing within
    `STROKE_S` of one."""
    events: list[Event] = []
    following: Event | None = None
    for event in reversed(found):
        if event.kind == BOUNCE and following and within(track, event, following, PAUSE_S):
            if not within(track, event, following, STROKE_S):
                events.append(replace(event, kind=HIT))
        else:
            following = event if event.kind == HIT else following
            events.append(event)
    events.reverse()
    return events


@dataclass(frozen=True)
class ToldFinder:
    """A finder whose answers give way to what people said.

    Attributes:
        finder: finds what nobody spoke of.
        told: frame → kind, or "" where they said that nothing happened.
    """

    finder: Finder
    told: Mapping[int, str]

    def find(
        self, track: Track, size: tuple[int, int], *, play_only: bool = False
    ) -> tuple[Event, ...]:
        """See `EventFinder`; what people said has score 1."""
        events = self._heard(self.finder.find(track, size), track)
        return tuple(in_play(track, events) if play_only else events)

    def candidates(self, track: Track, size: tuple[int, int]) -> list[Event]:
        """See `EventFinder`."""
        return self._heard(self.finder.candidates(track, size), track)

    def _heard(self, found: Sequence[Event], track: Track) -> list[Event]:
        """What is found beside an event that people named is that one."""
        named = [
            Event(frame, kind, float(x), float(y), 1.0)
            for frame, (x, y) in zip(track.frame_index.tolist(), track.xy, strict=True)
            if (kind := self.told.get(frame))
        ]
        near = np.zeros(len(found), dtype=bool)
        for kind in (HIT, BOUNCE):
            told = event_times(track, [event for event in named if event.kind == kind])
            reach = [DEAD_S if event.kind == kind else DEAD_S / 2 for event in found]
            near |= _is_near(event_times(track, found), told, np.array(reach))
        kept = [
            event
            for event, beside in zip(found, near.tolist(), strict=True)
            if not (beside or event.frame_index in self.told)
        ]
        return sorted([*kept, *named], key=lambda event: (event.frame_index, event.kind))


def _is_near(times: FloatArray, others: FloatArray, reach: FloatArray) -> npt.NDArray[np.bool_]:
    """(N,) whether one of the others, in order, is at most so far from each of the times."""
    following = np.searchsorted(others, times - reach)
    return np.append(others, np.inf)[following] <= times + reach


def heeding(finder: Finder, source: Path) -> Finder:
    """A finder for the track of labels, where it heeds what people said, or of a video.

    Raises:
        LabelError: the labels cannot be read.
    """
    told = read_told(source) if are_labels(source) else {}
    return ToldFinder(finder, told) if told else finder


def centred(xy: FloatArray, size: tuple[int, int]) -> FloatArray:
    """(…, 2) source pixels → heights of the picture from its centre; ``size`` in pixels."""
    width, height = size
    return np.asarray((xy - np.array([(width - 1) / 2, (height - 1) / 2])) / height)


def load_finder(weights: str = "events") -> EventFinder:
    """An `EventFinder` with the events network of a registered name or of a file.

    Raises:
        UnknownNameError, WeightsError: no such weights, damaged, or another network.
    """
    from balltrack.weights.arrays import read_eventnet  # noqa: PLC0415  # safetensors

    return EventFinder(read_eventnet(weights))


def _in_pieces(network: Network, rows: Rows) -> FloatArray:
    """The answers to all rows at once, without the memory that this would take."""
    answers = [
        network(rows[max(first - REACH, 0) : first + PIECE + REACH])[
            min(first, REACH) : min(first, REACH) + PIECE
        ]
        for first in range(0, len(rows), PIECE)
    ]
    return np.concatenate(answers).astype(np.float64)


def _widened(probability: FloatArray, step: int) -> FloatArray:
    """Probabilities summed over the frames on which one event may be taken to be.

    People's labels and trackers' positions differ by a frame of 25 to 30 a second.
    """
    away = np.arange(-step, step + 1)
    weights = 1 - 0.5 * np.abs(away) / step
    padded = np.pad(probability, step)
    summed = np.convolve(padded, weights, "valid") / (weights @ weights)  # 1 for what it learnt
    return np.asarray(np.minimum(summed, 1.0))


def _peaks(scores: FloatArray, times: FloatArray, lowest: float) -> list[int]:
    """Rows of local maxima, none within `DEAD_S` of a higher one."""
    taken: list[int] = []
    order = np.argsort(-scores, kind="stable")
    for row in order[: int((scores >= lowest).sum())].tolist():
        if all(abs(times[row] - times[other]) > DEAD_S for other in taken):
            taken.append(row)
    return taken
