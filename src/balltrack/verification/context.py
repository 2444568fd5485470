"""Each entry of candidates with the pictures around its frame, and where in them it has to look."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import TypeVar

import numpy as np

from balltrack.geometry import Scaling
from balltrack.models.verifier.patches import NOW, OFFSETS
from balltrack.scene.camera import back, then
from balltrack.structures import FloatArray, FrameCandidates
from balltrack.verification.patches import Spots, rounded

AHEAD = OFFSETS[-1]
"""Frames after a frame that it sees where it may."""

Picture = TypeVar("Picture")

Shown = tuple[int, int, Picture]
"""Number, shot and picture of a frame."""

Cameras = Mapping[int, FloatArray]
"""Where the camera was, see `FrameCandidates`, by the numbers of the frames."""


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


def cameras_around(found: Iterable[FrameCandidates]) -> Iterator[Cameras]:
    """For each entry where the camera was on the frames of its shot that a patch may show.

    Empty where the camera stands still. Only where it pans are entries asked for ahead.
    """
    found = iter(found)
    before: deque[FrameCandidates] = deque(maxlen=1 - OFFSETS[0])
    coming: deque[FrameCandidates] = deque()
    while coming or (coming := deque(islice(found, 1))):
        now = coming.popleft()
        before.append(now)
        if now.camera is None:
            yield {}
            continue
        coming.extend(islice(found, max(AHEAD - len(coming), 0)))
        yield {
            entry.frame_index: entry.camera
            for entry in (*before, *coming)
            if entry.camera is not None and entry.shot == now.shot
        }


def spots_of(
    places: FloatArray, numbers: Sequence[int], cameras: Cameras, scaling: Scaling
) -> Spots:
    """Where in the pictures around a frame that is which lies at some places in its own.

    What stands still beside a camera that pans is at the same spot of a patch then.

    Args:
        places: (n, 2) in the pixels of the pictures.
        numbers: of the frames whose T pictures they are, the frame itself at `NOW`.
        cameras: as `cameras_around` has them; a frame of which they say nothing is taken to have
            been filmed like this one.
        scaling: from source pixels to those of the pictures.
    """
    here = rounded(places, scaling.target)
    spots = np.repeat(here[:, None], len(numbers), axis=1)
    camera = cameras.get(numbers[NOW])
    if camera is None:
        return spots
    ends = np.column_stack([scaling.to_source(here.astype(np.float64)), np.ones(len(here))])
    for place, number in enumerate(numbers):
        if number in cameras and number != numbers[NOW]:
            there = ends @ then(camera, back(cameras[number])).T
            spots[:, place] = np.rint(scaling.to_target(there))
    return spots
