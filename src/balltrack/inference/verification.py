"""Candidates → the same candidates with their scores put right by a second look.

The network that proposes sees small pictures. Of every candidate the verifier sees the
source's own pixels, over a few frames; what both say is added up as evidence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from balltrack.geometry import Scaling
from balltrack.inference.patches import Patches, cut_patches
from balltrack.models.patches import OFFSETS, PICTURE_HEIGHT, Belief
from balltrack.structures import Frame, FrameCandidates, Image

BATCH = 32
"""Patches that are waited for before the verifier is asked."""

Evidence = npt.NDArray[np.float32]
"""(N,) logits that the ball is in the middle of each of N patches."""


class CandidateVerifier(Protocol):
    """Something that judges patches.

    Attributes:
        belief: how far its answers are believed.
    """

    belief: Belief

    def evidence(self, patches: Patches) -> Evidence:
        """Judge N patches, at least 1."""
        ...


def verify(
    found: Iterable[FrameCandidates],
    frames: Iterable[Frame],
    verifier: CandidateVerifier,
    scaling: Scaling,
) -> Iterator[FrameCandidates]:
    """The entries of ``found``, each with its candidates' new scores, best first.

    Arguments as those of `look_again`.
    """
    for entry, evidence in look_again(found, frames, verifier, scaling):
        yield with_evidence(entry, evidence, verifier.belief)


def look_again(
    found: Iterable[FrameCandidates],
    frames: Iterable[Frame],
    verifier: CandidateVerifier,
    scaling: Scaling,
) -> Iterator[tuple[FrameCandidates, Evidence]]:
    """What the verifier says of every candidate.

    A frame comes out once the `OFFSETS` after it and a batch are there.

    Args:
        found: candidates, one entry a frame, in order.
        frames: the same frames as pictures, in order.
        verifier: judges.
        scaling: from source pixels to those of ``frames``.

    Yields:
        Each entry with (n,) evidence on its candidates; (0,) where its frame is missing from
        ``frames``.
    """
    waiting: list[tuple[FrameCandidates, Patches]] = []
    count = 0
    for entry, images in in_context(found, frames):
        patches = _patches(entry, images, scaling)
        waiting.append((entry, patches))
        count += len(patches)
        if count >= BATCH:
            yield from _judged(waiting, verifier)
            waiting, count = [], 0
    yield from _judged(waiting, verifier)


def with_evidence(entry: FrameCandidates, evidence: Evidence, belief: Belief) -> FrameCandidates:
    """The entry with its scores put right; (0,) evidence leaves it as it is."""
    if not len(evidence):
        return entry
    scores = belief.put_right(np.array([c.score for c in entry.candidates]), evidence).tolist()
    judged = [replace(c, score=s) for c, s in zip(entry.candidates, scores, strict=True)]
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
    xy = [(candidate.x, candidate.y) for candidate in entry.candidates if images]
    if not xy:
        return np.empty((0, len(OFFSETS), 0, 0, 3), dtype=np.uint8)
    return cut_patches(images, scaling.to_target(np.array(xy)))


def _judged(
    waiting: Sequence[tuple[FrameCandidates, Patches]], verifier: CandidateVerifier
) -> Iterator[tuple[FrameCandidates, Evidence]]:
    every = [patches for _, patches in waiting if len(patches)]
    evidence = verifier.evidence(np.concatenate(every)) if every else np.empty(0, np.float32)
    used = 0
    for entry, patches in waiting:
        yield entry, evidence[used : used + len(patches)]
        used += len(patches)


def picture_size(source: tuple[int, int]) -> tuple[int, int]:
    """(width, height) that a source of that size is brought to: `PICTURE_HEIGHT` high."""
    width, height = source
    return max(1, round(width * PICTURE_HEIGHT / height)), PICTURE_HEIGHT
