"""Candidates → the same candidates, scores and places put right by a second look.

The network that proposes sees small pictures. Of every candidate the verifier sees the
source's own pixels, over a few frames; what both say is added up as evidence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from balltrack.geometry import Scaling
from balltrack.inference.patches import Patches, cut_patches, rounded
from balltrack.models.patches import OFFSETS, PICTURE_HEIGHT, Belief
from balltrack.structures import FloatArray, Frame, FrameCandidates, Image

BATCH = 32
"""Patches that are waited for before the verifier is asked."""

Verdicts = npt.NDArray[np.float32]
"""(N, 3) on each of N patches: the logit that a ball is in its middle, and where the ball is, x and
y in pixels from the middle one."""


@dataclass(frozen=True)
class SecondLook:
    """What the verifier says of a frame's candidates; of none where the frame has no picture.

    Attributes:
        evidence: (n,) logits that each is the ball.
        xy: (n, 2) source pixels where it sees the ball.
    """

    evidence: npt.NDArray[np.float32]
    xy: FloatArray


class CandidateVerifier(Protocol):
    """Something that judges patches.

    Attributes:
        belief: how far its answers are believed.
    """

    belief: Belief

    def judge(self, patches: Patches) -> Verdicts:
        """Judge N patches, at least 1."""
        ...


def verify(
    found: Iterable[FrameCandidates],
    frames: Iterable[Frame],
    verifier: CandidateVerifier,
    scaling: Scaling,
) -> Iterator[FrameCandidates]:
    """The entries of ``found``, each with its candidates put right, best first.

    Arguments as those of `look_again`.
    """
    for entry, look in look_again(found, frames, verifier, scaling):
        yield put_right(entry, look, verifier.belief)


def look_again(
    found: Iterable[FrameCandidates],
    frames: Iterable[Frame],
    verifier: CandidateVerifier,
    scaling: Scaling,
) -> Iterator[tuple[FrameCandidates, SecondLook]]:
    """What the verifier says of every candidate.

    A frame comes out once the `OFFSETS` after it and a batch are there.

    Args:
        found: candidates, one entry a frame, in order.
        frames: the same frames as pictures, in order.
        verifier: judges.
        scaling: from source pixels to those of ``frames``.

    Yields:
        Each entry with the second look at its candidates.
    """
    waiting: list[tuple[FrameCandidates, Patches]] = []
    count = 0
    for entry, images in in_context(found, frames):
        patches = _patches(entry, images, scaling)
        waiting.append((entry, patches))
        count += len(patches)
        if count >= BATCH:
            yield from _judged(waiting, verifier, scaling)
            waiting, count = [], 0
    yield from _judged(waiting, verifier, scaling)


def put_right(entry: FrameCandidates, look: SecondLook, belief: Belief) -> FrameCandidates:
    """The entry after a second look at its candidates.

    Each goes to where the verifier sees the ball by as much of the way as it is sure of it.
    """
    if not len(look.evidence):
        return entry
    score = belief.put_right(np.array([c.score for c in entry.candidates]), look.evidence)
    xy = _positions(entry)
    sure = 1 / (1 + np.exp(-look.evidence.astype(np.float64)))
    xy += sure[:, None] * (look.xy - xy)
    judged = [
        replace(candidate, x=x, y=y, score=s)
        for candidate, (x, y), s in zip(entry.candidates, xy.tolist(), score.tolist(), strict=True)
    ]
    return replace(entry, candidates=tuple(sorted(judged, key=lambda c: -c.score)))


def in_context(
    found: Iterable[FrameCandidates], frames: Iterable[Frame]
) -> Iterator[tuple[FrameCandidates, list[Image]]]:
    """Each entry with the images of its frame's `OFFSETS`.

    Where the shot or the video ends before, the image nearest to it stands in. The list is empty
    where the frame itself has no image.
    """
    before, after = -OFFSETS[0], OFFSETS[-1]
    seen: deque[tuple[FrameCandidates, Image | None]] = deque(maxlen=before + 1 + after)
    place = 0  # in `seen`, of the next entry to give out
    for pair in _paired(found, frames):
        if len(seen) == seen.maxlen:
            place -= 1
        seen.append(pair)
        if len(seen) - place > after:
            yield seen[place][0], _around(seen, place)
            place += 1
    for last in range(place, len(seen)):
        yield seen[last][0], _around(seen, last)


def _paired(
    found: Iterable[FrameCandidates], frames: Iterable[Frame]
) -> Iterator[tuple[FrameCandidates, Image | None]]:
    frames = iter(frames)
    frame = next(frames, None)
    for entry in found:
        while frame is not None and frame.index < entry.frame_index:
            frame = next(frames, None)
        there = frame is not None and frame.index == entry.frame_index
        yield entry, frame.image if frame is not None and there else None


def _around(seen: Sequence[tuple[FrameCandidates, Image | None]], place: int) -> list[Image]:
    entry, now = seen[place]
    if now is None:
        return []
    images = []
    for offset in OFFSETS:
        at = min(max(place + offset, 0), len(seen) - 1)
        step = -1 if offset > 0 else 1
        while seen[at][0].shot != entry.shot or seen[at][1] is None:
            at += step  # ends at the frame itself, which has an image
        image = seen[at][1]
        assert image is not None
        images.append(image)
    return images


def _patches(entry: FrameCandidates, images: list[Image], scaling: Scaling) -> Patches:
    if not images or not entry.candidates:
        return np.empty((0, len(OFFSETS), 0, 0, 3), dtype=np.uint8)
    return cut_patches(images, scaling.to_target(_positions(entry)))


def _positions(entry: FrameCandidates) -> FloatArray:
    """(n, 2) source pixels."""
    return np.array([(c.x, c.y) for c in entry.candidates], dtype=np.float64).reshape(-1, 2)


def _judged(
    waiting: Sequence[tuple[FrameCandidates, Patches]],
    verifier: CandidateVerifier,
    scaling: Scaling,
) -> Iterator[tuple[FrameCandidates, SecondLook]]:
    every = [patches for _, patches in waiting if len(patches)]
    verdicts = verifier.judge(np.concatenate(every)) if every else np.empty((0, 3), np.float32)
    used = 0
    for entry, patches in waiting:
        these = verdicts[used : used + len(patches)]
        used += len(patches)
        middle = rounded(scaling.to_target(_positions(entry)), scaling.target)[: len(these)]
        ball = np.clip(middle + these[:, 1:], 0, np.array(scaling.target) - 1)
        yield entry, SecondLook(these[:, 0], scaling.to_source(ball))


def picture_size(source: tuple[int, int]) -> tuple[int, int]:
    """(width, height) that a source of that size is brought to: `PICTURE_HEIGHT` high."""
    width, height = source
    return max(1, round(width * PICTURE_HEIGHT / height)), PICTURE_HEIGHT
