"""Frames that surely show no play are skipped: nobody looks for the ball there.

Much of a broadcast is close-ups, replays and the crowd. Rows of these lose their ball in the end
(`play.PlayGate`), so that no network need look at them.
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

FEWEST_SURE = 2
"""Shots that surely show play before any frame is skipped: one opening picture that looks like play
says little of a strange match."""


class SkippingWatch(PlayWatch):
    """A `PlayWatch` that marks frames which surely show no play as ``known``.

    As `PlayGate` has it, they are those of a shot no look at which shows play, and those of a part
    of one between `AMID` such looks in a row. Only what came before speaks for them: `MOST_TAKEN`
    for each frame of earlier shots that surely shows play, once there are `FEWEST_SURE` of these.
    What is left, the gate decides.

    Args:
        judge: as that of `PlayWatch`.
    """

    def __init__(self, judge: Callable[[Image], float]) -> None:
        super().__init__(judge)
        self._sure_shots = 0  # earlier ones that surely show play
        self._sure = 0  # frames of these that do
        self._skipped = 0  # frames
        self._spans: deque[tuple[int, int]] = deque()  # first and last ones of these

    def watch(self, frames: Iterable[AnyFrame]) -> Iterator[AnyFrame]:
        """The same frames, some of them marked; those since `AMID` looks may wait."""
        for shot, of_shot in groupby(super().watch(frames), key=lambda frame: frame.shot):
            yield from self._marked(of_shot, self.odds_of(shot))

    def without_skipped(self, found: Iterable[FrameCandidates]) -> Iterator[FrameCandidates]:
        """The same entries, those of skipped frames empty, and without play."""
        for entry in found:
            while self._spans and self._spans[0][1] < entry.frame_index:
                self._spans.popleft()
            skipped = bool(self._spans) and self._spans[0][0] <= entry.frame_index
            yield replace(entry, candidates=(), play=False) if skipped else entry

    def _marked(self, shot: Iterable[AnyFrame], odds: Sequence[float]) -> Iterator[AnyFrame]:
        """Frames of one shot; ``odds`` of the looks at it, which grow as they come."""
        held: list[AnyFrame] = []  # doubtful, until there are looks enough
        doubted = 0  # looks in a row
        played = 0  # frames
        for _, frames in groupby(shot, key=lambda _: len(odds)):  # those from a look to the next
            if odds[-1] >= NO_PLAY:
                doubted += 1
                if doubted >= AMID:
                    yield from self._skip(held)
                    held = []
                held += frames
                continue
            if doubted >= AMID:  # a part ends at its last look
                yield from self._skip(held[:1])
                held = held[1:]
            for frame in chain(held, frames):
                played += 1
                yield frame
            held, doubted = [], 0
        yield from self._skip(held) if doubted >= AMID or doubted == len(odds) else held
        if most_play(odds) <= SURE_PLAY:
            self._sure_shots += 1
            self._sure += played

    def _skip(self, frames: list[AnyFrame]) -> list[AnyFrame]:
        """Frames that follow each other, marked, where earlier ones speak for that."""
        enough = self._skipped + len(frames) <= MOST_TAKEN * self._sure
        if not enough or self._sure_shots < FEWEST_SURE:
            return frames
        self._skipped += len(frames)
        self._spans.append((frames[0].index, frames[-1].index))
        return [replace(frame, known=True) for frame in frames]


def watch_play(
    judge: Callable[[Image], float] | None, options: TrackOptions, *, patient: bool = True
) -> PlayWatch | None:
    """What looks whether shots of a video show play; None where every shot counts.

    Where the ball of all shots is asked for nothing is skipped, nor where no frame may wait: with
    a lag, or of a source that is not ``patient``.
    """
    if judge is None:
        return None
    if options.all_shots or options.lag is not None or not patient:
        return PlayWatch(judge)
    return SkippingWatch(judge)
