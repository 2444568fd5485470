"""Candidates → the rows of a track, each given out as soon as nothing later can change it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from balltrack.models.trajectory.inpaintnet_arrays import SEQUENCE_LENGTH
from balltrack.options import Point
from balltrack.structures import FrameCandidates, Track
from balltrack.tracks import take_rows
from balltrack.trajectory.balls.contest import contested
from balltrack.trajectory.balls.others import OtherBalls
from balltrack.trajectory.inpainting import CONTEXT
from balltrack.trajectory.interpolation import NEIGHBOURS
from balltrack.trajectory.linking import best_choices, choose, to_track
from balltrack.trajectory.motion import DEFAULT, LinkingParameters, confidence
from balltrack.trajectory.path_search import Choice
from balltrack.trajectory.rectification import Inpainter, rectify
from balltrack.trajectory.repeats import Repeated
from balltrack.trajectory.sightings import Sightings
from balltrack.trajectory.streak import settle

BLOCK = 1024
"""Rows of one shot after which those that are final leave; a shorter shot leaves when it ends."""

SHORTEST_LAG = 4
"""Of a `PathFinder`, entries: two for the search of the path, two for what is done to it."""

LIVE_BEFORE = 48
"""Rows before a row that finishing it looks at, where rows leave at a fixed lag."""

SEEN_AROUND = 2 * NEIGHBOURS
"""Rows with a ball that rectification may look at on either side of a row."""


class _Linking(TypedDict):
    """What all searches for a path of a video go by."""

    frame_rate: float
    size: tuple[int, int]
    parameters: LinkingParameters


@dataclass(frozen=True)
class PathFinder:
    """How candidates become a path.

    Attributes:
        threshold: score in (0, 1) from which a candidate counts as detected.
        link: choose the best path through all candidates of a shot; False takes each frame's
            best one above the threshold.
        rectify: put weak answers straight and fill short gaps.
        max_gap: longest gap to fill, in frames.
        inpaint: proposes positions for gaps; None interpolates.
        parameters: what linking believes of the candidates.
        point: where in its streak a ball is.
        lag: a row leaves when so many entries after its own have come, at least `SHORTEST_LAG`;
            None is when nothing later can change it.
        balls: rows a frame: that of the ball in play, and others in `Track.others`; more than one
            need ``link``, and no ``lag``.
    """

    threshold: float = 0.5
    link: bool = True
    rectify: bool = True
    max_gap: int = 8
    inpaint: Inpainter | None = None
    parameters: LinkingParameters = DEFAULT
    point: Point = "auto"
    lag: int | None = None
    balls: int = 1

    def rows(
        self, candidates: Iterable[FrameCandidates], frame_rate: float, size: tuple[int, int]
    ) -> Iterator[Track]:
        """The path, piece by piece: whole shots, or parts of a long one.

        It goes through the pictures; a frame that repeats one has its row. What was seen is moved
        to where people mark the ball, see `streak`, and the score of what was linked becomes the
        chance that it is right, see `motion.confidence`.

        Args:
            candidates: one entry a frame, in order.
            frame_rate: frames per second.
            size: (width, height) of the source, pixels.

        Yields:
            Rows in order, one for each entry of ``candidates``, never none at a time.
        """
        repeated = Repeated()
        pictures = repeated.leave_out(candidates)
        return repeated.put_back(self._rows_of_pictures(pictures, frame_rate, size))

    def _rows_of_pictures(
        self, candidates: Iterable[FrameCandidates], frame_rate: float, size: tuple[int, int]
    ) -> Iterator[Track]:
        finish = partial(self._finish, size)
        around = self.max_gap + SEQUENCE_LENGTH + 2 * CONTEXT
        linking = _Linking(frame_rate=frame_rate, size=size, parameters=self.parameters)
        if self.lag is not None:
            ahead = min(self.lag // 2, self.max_gap + 1)
            lag = self.lag - ahead
            choices = (
                choose(candidates, **linking, lag=lag) if self.link else self._best(candidates)
            )
            return _live(choices, finish, ahead)
        if not self.link:
            return _pieces(self._best(candidates), finish, around)
        others = OtherBalls(self.balls - 1, frame_rate, size[1])
        frames = others.watch(contested(candidates, **linking))
        rows = _pieces(choose(frames, **linking), finish, around)
        return rows if self.balls == 1 else others.beside(rows, self._as_seen)

    def _best(self, candidates: Iterable[FrameCandidates]) -> Iterator[Choice]:
        return best_choices(candidates, self.threshold)

    def _as_seen(self, held: Sequence[Choice]) -> Track:
        """Choices of one shot → rows; nothing is filled in."""
        return self._settle(to_track(held, self.threshold), held)

    def _finish(self, size: tuple[int, int], held: Sequence[Choice]) -> Track:
        """Choices of one shot → rows, put straight and filled, and settled."""
        track = to_track(held, self.threshold)
        if self.rectify:
            sightings = Sightings()
            for frame, _ in held:
                sightings.remember(frame)
            track = rectify(
                track,
                inpaint=self.inpaint,
                max_gap=self.max_gap,
                size=size,
                sightings=sightings,
                parameters=self.parameters,
            )
        return self._settle(track, held)

    def _settle(self, track: Track, held: Sequence[Choice]) -> Track:
        """Rows where people mark the ball, with the chance that they are right."""
        streaks = [None if choice is None else choice.streak for _, choice in held]
        track = settle(track, streaks, self.point, self.parameters.lead if self.link else 0.0)
        if not self.link:
            return track
        sure = confidence(track.score, self.parameters).astype(np.float32)
        return replace(track, score=sure)


def _live(
    choices: Iterable[Choice], finish: Callable[[Sequence[Choice]], Track], ahead: int
) -> Iterator[Track]:
    """Rows of every shot, each finished with the ``ahead`` after it and `LIVE_BEFORE` before it."""
    held: deque[Choice] = deque(maxlen=LIVE_BEFORE + 1 + ahead)
    given = 0  # of ``held``
    for choice in choices:
        if held and choice[0].shot != held[0][0].shot:
            yield take_rows(finish(held), slice(given, None))
            held.clear()
            given = 0
        given -= len(held) == held.maxlen
        held.append(choice)
        if len(held) - given > ahead:
            yield take_rows(finish(held), slice(given, given + 1))
            given += 1
    if given < len(held):
        yield take_rows(finish(held), slice(given, None))


def _pieces(
    choices: Iterable[Choice], finish: Callable[[Sequence[Choice]], Track], around: int
) -> Iterator[Track]:
    """Finished rows of every shot, when they are final.

    Args:
        choices: one a frame, in order.
        finish: rows of one shot → the same rows, finished.
        around: rows on either side of a row that finishing it may look at, at least; and
            `SEEN_AROUND` with a ball.
    """
    held: list[Choice] = []  # of one shot; the first ``given`` only stand by
    given = 0
    for choice in choices:
        if held and choice[0].shot != held[0][0].shot:
            yield take_rows(finish(held), slice(given, None))
            held, given = [], 0
        held.append(choice)
        if len(held) - given >= BLOCK and (len(held) - given) % around == 0:
            settled = _reach(held[::-1], around)
            if settled is not None and (stop := len(held) - settled) > given:
                yield take_rows(finish(held), slice(given, stop))
                before = _reach(held[stop - 1 :: -1], around)
                start = 0 if before is None else stop - before
                held, given = held[start:], stop - start
    if held:
        yield take_rows(finish(held), slice(given, None))


def _reach(choices: Sequence[Choice], around: int) -> int | None:
    """How many of ``choices`` hold all that finishing a row before them may look at.

    None where even all of them do not.
    """
    seen: npt.NDArray[np.intp] = np.flatnonzero([choice is not None for _, choice in choices])
    if len(choices) < around or len(seen) < SEEN_AROUND:
        return None
    return max(around, int(seen[SEEN_AROUND - 1]) + 1)
