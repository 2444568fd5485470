"""Rows as they come → hits and bounces, each answered a fixed number of frames after it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from balltrack.declaring import check_range
from balltrack.events.finding import CANDIDATE, DEAD_S, EventFinder, centred
from balltrack.events.rallies import in_play
from balltrack.events.rows import (
    MIRRORED,
    NOMINAL_FPS,
    LiveRows,
    dense_shot,
    every,
    shot_rows,
)
from balltrack.events.times import frames_per_second
from balltrack.models.trajectory.eventnet_arrays import CLASSES, LIVE, Memory, Rows
from balltrack.structures import Event, FloatArray, Track

LOOK_AHEAD = LIVE.answers - 1
"""Rows after an event that the network may be given at most."""


class LiveNetwork(Protocol):
    """Such as `balltrack.models.trajectory.eventnet_arrays.ArrayLiveNet`."""

    def memory(self, count: int) -> Memory: ...
    def __call__(self, rows: Rows, memory: Memory) -> Rows: ...


class Sign(NamedTuple):
    """A hit or bounce: ``frame`` counts from the shot's first one."""

    frame: int
    kind: str
    score: float


@dataclass(frozen=True)
class LiveEventFinder:
    """Finds hits and bounces with no more than a few frames after each.

    Attributes:
        network: is told every row once, and says of it and of those before what happened.
        hit_threshold, bounce_threshold: scores in [0, 1] from which a peak is an event.
        look_ahead: frames after an event that may be waited for, of 25 to 30 a second, from 0 to
            `LOOK_AHEAD`; of a faster video so many more.
    """

    network: LiveNetwork
    hit_threshold: float = EventFinder.hit_threshold
    bounce_threshold: float = EventFinder.bounce_threshold
    look_ahead: int = LOOK_AHEAD

    def __post_init__(self) -> None:
        check_range("look_ahead", self.look_ahead, 0, LOOK_AHEAD)

    def find(
        self, track: Track, size: tuple[int, int], *, play_only: bool = False
    ) -> tuple[Event, ...]:
        """What would have been found live in a whole track; see `EventFinder.find`."""
        sure = self._watched(track, size, self._thresholds())
        return tuple(in_play(track, sure) if play_only else sure)

    def candidates(self, track: Track, size: tuple[int, int]) -> list[Event]:
        """Every peak however low, as it would have been seen live; see `EventFinder.candidates`."""
        return self._watched(track, size, dict.fromkeys(CLASSES[1:], CANDIDATE))

    def watch(self, frame_rate: float) -> Watch:
        """Watches one camera shot."""
        return Watch(self, every(frame_rate), self._thresholds())

    def _thresholds(self) -> Mapping[str, float]:
        return {"hit": self.hit_threshold, "bounce": self.bounce_threshold}

    def _watched(
        self, track: Track, size: tuple[int, int], thresholds: Mapping[str, float]
    ) -> list[Event]:
        found: list[Event] = []
        if not len(track):
            return found
        step = every(frames_per_second(track))
        for rows in shot_rows(track):
            shot = dense_shot(track, rows)
            if not shot.seen.any():
                continue
            watch = Watch(self, step, thresholds)
            for sign in watch.all(centred(shot.xy, size), shot.times):
                x, y = shot.between(sign.frame)
                found.append(Event(shot.first + sign.frame, sign.kind, x, y, sign.score))
        return sorted(found, key=lambda event: (event.frame_index, event.kind))


class Watch:
    """One camera shot, frame by frame.

    Args:
        finder: whose network is asked.
        step: frames from one row of a sequence to the next, see `every`.
        thresholds: by kind.
    """

    def __init__(self, finder: LiveEventFinder, step: int, thresholds: Mapping[str, float]) -> None:
        self.ahead = finder.look_ahead * step
        self._network = finder.network
        self._step = step
        self._thresholds = thresholds
        self._phases = [(LiveRows(), finder.network.memory(2)) for _ in range(step)]
        keep = LOOK_AHEAD * step + step + 1
        self._answers = deque[FloatArray](maxlen=keep)  # the newest of each of the last frames
        self._times = deque[float](maxlen=keep)
        self._last = dict.fromkeys(thresholds, -np.inf)  # when one was settled
        self.count = 0  # frames that have come
        self.settled = 0  # frames of which it is known what happened

    def all(self, places: FloatArray, times: FloatArray) -> Iterable[Sign]:
        """Of a shot that is known: (L, 2) places as `see` takes them, at (L,) seconds."""
        for place, time_s in zip(places, times.tolist(), strict=True):
            self.see(place, time_s)
            if self.count > self.ahead:
                yield from self.settle()[0]
        while self.settled < self.count:
            yield from self.settle()[0]

    def see(self, place: FloatArray, time_s: float) -> None:
        """The next frame: (2,) heights of the picture from its centre, NaN where unseen."""
        rows, memory = self._phases[self.count % self._step]
        row = np.array(rows.next(float(place[0]), float(place[1]), time_s), np.float32)
        answers = self._network(np.stack([row, row * MIRRORED]), memory).mean(axis=0, dtype=float)
        self.count += 1
        self._answers.append(answers[0])
        self._times.append(time_s)
        for back, answer in enumerate(answers[1:], start=1):
            if back * self._step < len(self._answers):
                self._answers[-1 - back * self._step] = answer

    def settle(self) -> tuple[list[Sign], list[Sign]]:
        """What happened on the next frame of which that is not settled; and, as it looks now, on
        those after it that have come.

        A frame is an event's where its score reaches the threshold, none of the frames seen
        within `DEAD_S` after it has a higher one, and none of its kind was within `DEAD_S` before.
        """
        first = self.count - len(self._answers)
        scores = _widened(np.array(self._answers), self._step)
        times = np.array(self._times)
        signs: list[Sign] = []
        for number, kind in enumerate(CLASSES[1:], start=1):
            last = self._last[kind]
            for place in range(self.settled - first, len(scores)):
                score, moment = scores[place, number], times[place]
                if score < self._thresholds[kind] or moment - last <= DEAD_S:
                    continue
                near = times[place + 1 :] - moment <= DEAD_S
                if not (scores[place + 1 :, number][near] > score).any():
                    last = moment
                    signs.append(Sign(first + place, kind, float(score)))
        here = [sign for sign in signs if sign.frame == self.settled]
        self._last |= {sign.kind: times[self.settled - first] for sign in here}
        self.settled += 1
        return here, [sign for sign in signs if sign.frame >= self.settled]


def load_live_finder(
    frames: int, frame_rate: float = NOMINAL_FPS, weights: str = "events-live"
) -> LiveEventFinder:
    """A `LiveEventFinder` that waits for ``frames`` of a video, as far as more of them help.

    Args:
        frames: after an event, at most.
        frame_rate: of the video, frames a second.
        weights: a registered name, or a file.

    Raises:
        UnknownNameError, WeightsError: no such weights, damaged, or another network.
    """
    from balltrack.weights.arrays import read_livenet  # noqa: PLC0415  # safetensors

    look_ahead = min(frames // every(frame_rate), LOOK_AHEAD)
    return LiveEventFinder(read_livenet(weights), look_ahead=look_ahead)


def _widened(probability: FloatArray, step: int) -> FloatArray:
    """As in `finding`, from those of the frames around each that have come."""
    summed, share = np.zeros_like(probability), np.zeros((len(probability), 1))
    count = len(probability)
    for away in range(-step, step + 1):
        weight = 1 - 0.5 * abs(away) / step
        share[: max(0, count - max(0, away))] += weight * weight
        if abs(away) < count:
            here = slice(max(0, -away), count - max(0, away))
            summed[here] += weight * probability[max(0, away) : count - max(0, -away)]
    return np.asarray(np.minimum(summed / share, 1.0))
