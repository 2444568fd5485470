"""Frames that surely show no play, told before anybody looks for the ball there.

Much of a broadcast is close-ups, replays and the crowd. Rows of these lose their ball in the end
(`play.PlayGate`), so that a network need not look at them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, groupby

from balltrack.options import TrackOptions
from balltrack.pipeline.play import MOST_TAKEN, NO_PLAY, SURE_PLAY
from balltrack.scene.play import AMID, PlayWatch, most_play
from balltrack.structures import AnyFrame, FrameCandidates, Image


class PassingWatch(PlayWatch):
    """A `PlayWatch` that lets frames pass as ``known`` which surely show no play.

    As `PlayGate` has it, they are those of a shot no look at which shows play, and those of a part
    of one between `AMID` such looks in a row. Only what came before speaks for them: `MOST_TAKEN`
    for each frame of earlier shots that surely shows play. What is left, the gate decides.

    Args:
        judge: as that of `PlayWatch`.
    """

    def __init__(self, judge: Callable[[Image], float]) -> None:
        super().__init__(judge)
        self._sure = 0  # frames of earlier shots that surely show play
        self._passed = 0  # frames that were let pass
        self._spans: deque[tuple[int, int]] = deque()  # first and last ones of these

    def watch(self, frames: Iterable[AnyFrame]) -> Iterator[AnyFrame]:
        """The same frames, some of them marked; those since `AMID` looks may wait."""
        for shot, of_shot in groupby(super().watch(frames), key=lambda frame: frame.shot):
            yield from self._marked(of_shot, self.odds_of(shot))

    def _marked(self, shot: Iterable[AnyFrame], odds: Sequence[float]) -> Iterator[AnyFrame]:
        """Frames of one shot; ``odds`` of the looks at it, which grow as they come."""
        held: list[AnyFrame] = []  # doubtful, until there are looks enough
        doubted = 0  # looks in a row
        played = 0  # frames
        for _, frames in groupby(shot, key=lambda _: len(odds)):  # those from a look to the next
            doubted = doubted + 1 if odds[-1] >= NO_PLAY else 0
            if doubted >= AMID:
                yield from self._pass(held)
                held = []
            if doubted:
                held += frames
                continue
            for frame in chain(held, frames):
                played += 1
                yield frame
            held = []
        yield from self._pass(held) if doubted >= AMID or doubted == len(odds) else held
        if most_play(odds) <= SURE_PLAY:
            self._sure += played

    def _pass(self, frames: list[AnyFrame]) -> list[AnyFrame]:
        if self._passed + len(frames) > MOST_TAKEN * self._sure:
            return frames
        self._passed += len(frames)
        self._spans.append((frames[0].index, frames[-1].index))
        return [replace(frame, known=True) for frame in frames]

    def believed(self, found: Iterable[FrameCandidates]) -> Iterator[FrameCandidates]:
        """The same entries, those of frames that were let pass empty, and without play."""
        for entry in found:
            while self._spans and self._spans[0][1] < entry.frame_index:
                self._spans.popleft()
            passed = bool(self._spans) and self._spans[0][0] <= entry.frame_index
            yield replace(entry, candidates=(), play=False) if passed else entry


def watch_play(judge: Callable[[Image], float] | None, options: TrackOptions) -> PlayWatch | None:
    """What looks whether shots of a video show play; None where every shot counts. Where the ball
    of all shots is asked for, and where no frame may wait, none is let pass."""
    if judge is None:
        return None
    everywhere = options.all_shots or options.lag is not None
    return PlayWatch(judge) if everywhere else PassingWatch(judge)
