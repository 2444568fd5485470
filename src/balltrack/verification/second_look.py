"""Candidates → the same candidates, scores and places put right by a second look.

The network that proposes sees small pictures. Of every candidate the verifier sees the
source's own pixels, over a few frames; what both say is added up as evidence.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from balltrack.geometry import Scaling
from balltrack.models.verifier.patches import NOW, OFFSETS, PICTURE_HEIGHT, SIDE
from balltrack.streaks import Streak
from balltrack.structures import FloatArray, FrameCandidates
from balltrack.verification.belief import Belief
from balltrack.verification.context import AHEAD, Grids, in_context, spots_of
from balltrack.verification.patches import Asked, Patches, Spots, cut_patches
from balltrack.verification.streaks import measure_streaks
from balltrack.video.yuv import PicturedFrame, PlanarPicture

LIKELY = -3.0
MOST_LIKELY = 2
"""Evidence from which a candidate's streak is measured, and of how many of a frame: what is less
is hardly ever the ball."""

BATCH = 32
"""Patches that are waited for before the verifier is asked."""

FRESH = 64
"""A batch begins anew at every frame whose number is a multiple of this, so that answers, whose
last digits go by their batch, do not depend on what was found long before."""

Verdicts = npt.NDArray[np.float32]
"""(N, 3) on each of N patches: the logit that a ball is in its middle, and where the ball is, x and
y in pixels from the middle one."""


_Asked = tuple[FrameCandidates, list[PlanarPicture], Spots]
"""An entry, its T pictures, and the (n, T, 2) pixels of these on which its candidates lie."""


@dataclass(frozen=True)
class SecondLook:
    """What the verifier says of a frame's candidates; of none where the frame has no picture.

    Attributes:
        evidence: (n,) logits that each is the ball.
        xy: (n, 2) source pixels where it sees the ball.
        streaks: of the likely ones what the ball draws, source pixels; None of the others, and
            where it cannot be told.
    """

    evidence: npt.NDArray[np.float32]
    xy: FloatArray
    streaks: tuple[Streak | None, ...]


UNSEEN = SecondLook(np.empty(0, np.float32), np.empty((0, 2)), ())


class CandidateVerifier(Protocol):
    """Something that judges patches.

    Attributes:
        belief: how far its answers are believed.
    """

    belief: Belief

    def judge(self, patches: Patches) -> Verdicts:
        """Judge N patches, at least 1."""
        ...


class Cut(Protocol):
    """N patches, wherever they are."""

    def __len__(self) -> int: ...

    def __getitem__(self, which: npt.NDArray[np.bool_]) -> Patches:
        """Those for which (N,) ``which`` is true."""
        ...


@runtime_checkable
class CutsItself(Protocol):
    """A `CandidateVerifier` that cuts patches where it computes, and judges those."""

    def cut(self, asked: Asked) -> Cut:
        """See `cut_patches`."""
        ...


def verify(
    found: Iterable[FrameCandidates],
    frames: Iterable[PicturedFrame],
    verifier: CandidateVerifier,
    grids: Grids,
    *,
    wait: int | None = None,
    ahead: int = AHEAD,
    known: int = 0,
    streaks: bool = True,
) -> Iterator[FrameCandidates]:
    """The entries of ``found``, each with its candidates put right, best first.

    Arguments as those of `look_again`; entries before frame ``known`` have been put right.
    """
    looks = look_again(
        found, frames, verifier, grids, wait=wait, ahead=ahead, known=known, streaks=streaks
    )
    for entry, look in looks:
        yield entry if entry.frame_index < known else put_right(entry, look, verifier.belief)


def look_again(
    found: Iterable[FrameCandidates],
    frames: Iterable[PicturedFrame],
    verifier: CandidateVerifier,
    grids: Grids,
    *,
    wait: int | None = None,
    ahead: int = AHEAD,
    known: int = 0,
    streaks: bool = True,
) -> Iterator[tuple[FrameCandidates, SecondLook]]:
    """What the verifier says of every candidate.

    A frame comes out once the `OFFSETS` after it and a batch are there, or what is left before
    the next `FRESH`. ``frames`` are asked for as far as ``ahead`` of the entries; both may come
    from one pass over a video.

    Args:
        found: candidates, one entry a frame, in order.
        frames: the same frames with their pictures and shots, in order.
        verifier: judges.
        grids: of the pictures and of the frames' images.
        wait: entries that one may wait for, so that several are judged in one call; None waits
            for a batch, however long.
        ahead: frames after a frame that are seen of it, see `in_context`.
        known: batches of frames before this one are not judged; the others are those that they
            always are, since an answer's last digits go by its batch.
        streaks: measure those of the likely candidates, a fifth of the time.

    Yields:
        Each entry with the second look at its candidates.
    """
    most = sys.maxsize if wait is None else wait + 1
    waiting: list[_Asked] = []
    count = 0
    shown = ((frame.index, frame.shot, frame) for frame in frames)
    for entry, around in in_context(found, shown, ahead):
        if waiting and waiting[0][0].frame_index // FRESH != entry.frame_index // FRESH:
            yield from _judged(waiting, verifier, grids.pictures, known, streaks)
            waiting, count = [], 0
        spots = np.empty((0, len(OFFSETS), 2), np.int64)
        if around:
            places = grids.pictures.to_target(_positions(entry))
            spots = spots_of(places, around, grids)
        waiting.append((entry, [frame.picture for frame in around], spots))
        count += len(spots)
        if count >= BATCH or len(waiting) >= most:
            yield from _judged(waiting, verifier, grids.pictures, known, streaks)
            waiting, count = [], 0
    yield from _judged(waiting, verifier, grids.pictures, known, streaks)


def put_right(entry: FrameCandidates, look: SecondLook, belief: Belief) -> FrameCandidates:
    """The entry after a second look at its candidates.

    Each goes to where the verifier sees the ball by as much of the way as it is sure of it. A
    streak that the detector has measured stays.
    """
    if not len(look.evidence):
        return entry
    score = belief.put_right(np.array([c.score for c in entry.candidates]), look.evidence)
    xy = _positions(entry)
    sure = 1 / (1 + np.exp(-look.evidence.astype(np.float64)))
    xy += sure[:, None] * (look.xy - xy)
    judged = [
        replace(candidate, x=x, y=y, score=s, streak=candidate.streak or streak)
        for candidate, (x, y), s, streak in zip(
            entry.candidates, xy.tolist(), score.tolist(), look.streaks, strict=True
        )
    ]
    return replace(entry, candidates=tuple(sorted(judged, key=lambda c: -c.score)))


def _positions(entry: FrameCandidates) -> FloatArray:
    """(n, 2) source pixels."""
    return np.array([(c.x, c.y) for c in entry.candidates], dtype=np.float64).reshape(-1, 2)


def _judged(
    waiting: Sequence[_Asked],
    verifier: CandidateVerifier,
    scaling: Scaling,
    known: int,
    streaks: bool,
) -> Iterator[tuple[FrameCandidates, SecondLook]]:
    if waiting and waiting[-1][0].frame_index < known:
        yield from ((entry, UNSEEN) for entry, _, _ in waiting)
        return
    asked = [(pictures, spots) for _, pictures, spots in waiting if len(spots)]
    verdicts: Verdicts = np.empty((0, 3), np.float32)
    drawn: list[Streak | None] = []
    if asked:
        cut: Callable[[Asked], Any] = cut_patches
        if isinstance(verifier, CutsItself):
            cut = verifier.cut
        patches = cut(asked)
        verdicts = verifier.judge(patches)
        drawn = [None] * len(patches)
        if streaks:
            drawn = _streaks(patches, verdicts[:, 0], [len(spots) for _, spots in asked])
    used = 0
    for entry, _, spots in waiting:
        now = slice(used, used + len(spots))
        used += len(spots)
        middle = spots[:, NOW]
        ball = np.clip(middle + verdicts[now, 1:], 0, np.array(scaling.target) - 1)
        drawn_there = tuple(
            None if streak is None else _in_source(streak, corner, scaling)
            for streak, corner in zip(drawn[now], middle - SIDE // 2, strict=True)
        )
        yield entry, SecondLook(verdicts[now, 0], scaling.to_source(ball), drawn_there)


def _streaks(
    patches: Cut, evidence: npt.NDArray[np.float32], counts: Sequence[int]
) -> list[Streak | None]:
    """Of N patches, so many a frame, those of each frame's likely ones, in pixels of the patch."""
    likely = np.zeros(len(evidence), dtype=bool)
    for first, count in zip(np.cumsum(counts) - counts, counts, strict=True):
        likely[first + evidence[first : first + count].argsort()[-MOST_LIKELY:]] = True
    likely &= evidence > LIKELY
    measured = iter(measure_streaks(patches[likely]))
    return [next(measured) if one else None for one in likely]


def _in_source(streak: Streak, corner: npt.NDArray[np.int64], scaling: Scaling) -> Streak:
    """The streak of a patch whose top left pixel is ``corner``, in source pixels."""
    return streak.mapped(lambda xy: scaling.to_source(corner + xy))


def picture_size(source: tuple[int, int]) -> tuple[int, int]:
    """(width, height) that a source of that size is brought to: `PICTURE_HEIGHT` high."""
    width, height = source
    return max(1, round(width * PICTURE_HEIGHT / height)), PICTURE_HEIGHT
