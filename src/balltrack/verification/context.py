"""Each entry of candidates with the pictures around its frame, and where in them it has to look."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple, TypeVar

import numpy as np

from balltrack.geometry import Scaling
from balltrack.models.verifier.patches import NOW, OFFSETS
from balltrack.scene.panning.camera import carried, from_to, place_of
from balltrack.structures import FloatArray, Frame, FrameCandidates
from balltrack.verification.patches import Spots, rounded

AHEAD = OFFSETS[-1]
"""Frames after a frame that it sees where it may."""

Picture = TypeVar("Picture")

Shown = tuple[int, int, Picture]
"""Number, shot and picture of a frame."""


class Grids(NamedTuple):
    """From source pixels to those of the pictures that are kept, and of the frames' images."""

    pictures: Scaling
    images: Scaling


def in_context(
    found: Iterable[FrameCandidates], pictures: Iterable[Shown[Picture]], ahead: int = AHEAD
) -> Iterator[tuple[FrameCandidates, list[Picture]]]:
    """Each entry with the pictures of its frame's `OFFSETS`.

    Where the shot, the video or what may be seen ends before, the picture nearest to it stands in.
    The list is empty where the frame itself has no picture. Pictures are asked for as far ahead as
    an entry needs them, which costs a live source nothing where the detector has waited for them.

    Args:
        found: entries, in order.
        pictures: frame numbers, shots and whatever goes as a picture, in order.
        ahead: frames after an entry's that may be asked for.
    """
    pictures = iter(pictures)
    seen: list[Shown[Picture]] = []
    for entry in found:
        place = bisect_left(seen, entry.frame_index, key=itemgetter(0))
        while len(seen) <= place + ahead and not _is_past(seen, entry.shot):
            if (shown := next(pictures, None)) is None:
                break
            seen.append(shown)
            place += shown[0] < entry.frame_index
        del seen[: max(place + OFFSETS[0], 0)]
        place = min(place, -OFFSETS[0])
        there = place < len(seen) and seen[place][0] == entry.frame_index
        yield entry, _around(seen[: place + ahead + 1], place) if there else []


def _is_past(seen: Sequence[Shown[Picture]], shot: int) -> bool:
    """Whether nothing that is still to come is of the shot."""
    return bool(seen) and seen[-1][1] > shot


def _around(seen: Sequence[Shown[Picture]], place: int) -> list[Picture]:
    shot = seen[place][1]
    pictures = []
    for offset in OFFSETS:
        at = min(max(place + offset, 0), len(seen) - 1)
        while seen[at][1] != shot:
            at += -1 if offset > 0 else 1  # ends at the frame itself
        pictures.append(seen[at][2])
    return pictures


def spots_of(places: FloatArray, around: Sequence[Frame], grids: Grids) -> Spots:
    """Where in the pictures around a frame that is which lies at some places in its own.

    What stands still beside a camera that pans is at the same spot of a patch then.

    Args:
        places: (n, 2) in the pixels of the pictures.
        around: the T frames whose pictures they are, the frame itself at `NOW`.
        grids: of the pictures, and of the frames' images, in which their ``place`` is.
    """
    pictures, images = grids
    here = rounded(places, pictures.target)
    spots = np.repeat(here[:, None], len(around), axis=1)
    now = place_of(around[NOW])
    if all(place_of(frame) is now for frame in around):
        return spots
    seen = images.to_target(pictures.to_source(here.astype(np.float64)))
    for number, frame in enumerate(around):
        if (place := place_of(frame)) is not now:
            there = images.to_source(carried(seen, from_to(now, place)))
            spots[:, number] = np.rint(pictures.to_target(there))
    return spots
