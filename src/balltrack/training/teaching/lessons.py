"""What is taught: corrected clips, some of them held back to judge by, and clips to rehearse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from balltrack.errors import DatasetError, counted
from balltrack.evaluation.pairing import ClipFile, find_lessons, named
from balltrack.geometry import Scaling
from balltrack.labels import ReadLabels, only_frames, read_corrections
from balltrack.review.queue import unwritten
from balltrack.structures import Image
from balltrack.synthetic import render_clip
from balltrack.training.data.clips import Clip, ClipFiles, find_clips, make_clip

TAUGHT, RENDERED = "taught", "rendered"
"""What these clips are in place of a sport, see `balltrack.training.data.sports`."""

HELD_BACK = 4
"""Every so many clips one is held back."""

REHEARSED = 6
"""Rendered clips, each of another court, light and rally."""

RENDERED_FRAMES = 120
RENDERED_SIZE = (1024, 576)


@dataclass(frozen=True)
class Lessons:
    """The clips of a person, shared out.

    Attributes:
        learnt: that are trained on.
        judged: that are held back, and tell what it was worth.
        spare: other labels of clips that were corrected, which are left out.
    """

    learnt: tuple[ClipFile, ...]
    judged: tuple[ClipFile, ...]
    spare: tuple[ClipFile, ...]


def share_out(folders: Iterable[Path], held_out: Sequence[str] = ()) -> Lessons:
    """Find corrected clips and hold some back, whole clips and never single frames.

    Args:
        folders: of videos with their labels beside them, see `evaluation.pairing`; of a clip that
            `balltrack review` corrected, what it wrote.
        held_out: names of clips to hold back; none holds back every `HELD_BACK`-th.

    Raises:
        DatasetError: fewer than two clips, labels without their video, a name that no clip has,
            corrections that are not written yet.
    """
    folders = list(folders)
    if left := [path for folder in folders for path in unwritten(folder)]:
        raise DatasetError(
            f"{left[0]}: holds corrections that are not written yet; press s in the review, or "
            f"start it again (balltrack review {left[0].parent}) and end it"
        )
    found, spare = find_lessons(folders)
    if lonely := [clip for clip in found if clip.video is None]:
        raise DatasetError(f"no video beside {named(lonely)}")
    names = {clip.place.name: clip for clip in found}
    if unknown := [name for name in held_out if name not in names]:
        raise DatasetError(f"no clip is called {', '.join(unknown)}; there are {', '.join(names)}")
    if len(found) < 2:
        raise DatasetError(
            f"{counted(len(found), 'clip')} to teach by; at least two are needed, for one is held "
            "back to judge by"
        )
    back = [names[name] for name in held_out] or found[HELD_BACK - 1 :: HELD_BACK] or found[-1:]
    learnt = tuple(clip for clip in found if clip not in back)
    if not learnt:
        raise DatasetError("all clips are held out; leave some to learn from")
    return Lessons(learnt, tuple(back), tuple(spare))


def clip_files(clips: Iterable[ClipFile]) -> list[ClipFiles]:
    """The same for training, each clip a match of its own."""
    return [
        ClipFiles(TAUGHT, clip.place.name, video, clip.path)
        for clip in clips
        if (video := clip.video) is not None
    ]


def spread_labels(clips: Sequence[ClipFile], most: int | None) -> tuple[ReadLabels, int]:
    """A reader of the labels to learn from, and how many there are.

    Args:
        clips: that are learnt from.
        most: labelled frames, taken evenly from the first clip to the last; None takes all.
    """
    frames = [read_corrections(clip.path).frame_index for clip in clips]
    total = sum(map(len, frames))
    if most is None or most >= total:
        return read_corrections, total
    taken = np.linspace(0, total - 1, most).round().astype(int)
    ends = np.cumsum([0, *map(len, frames)])
    kept = {
        clip.path: numbers[taken[(taken >= start) & (taken < end)] - start]
        for clip, numbers, start, end in zip(clips, frames, ends, ends[1:], strict=False)
    }
    return lambda path, size: only_frames(read_corrections(path, size), kept[path]), most


def replayed(folders: Iterable[Path]) -> list[ClipFiles]:
    """Clips of the shipped training, or of any other, that are not to be forgotten."""
    return [clip for folder in folders for clip in find_clips(folder, "train")]


def rendered_clips(size: tuple[int, int], seed: int) -> Iterator[Clip]:
    """What is rehearsed where no clips are at hand that are not to be forgotten.

    Args:
        size: (width, height) of the network.
        seed: of courts, light and rallies.
    """
    scaling = Scaling(RENDERED_SIZE, size)
    for number in range(REHEARSED):
        clip = render_clip(
            size=RENDERED_SIZE,
            frame_count=RENDERED_FRAMES,
            seed=seed + number,
            bounces=number % 2 == 1,
        )
        images: list[Image] = [
            np.asarray(cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA), np.uint8)
            for frame in clip.frames()
        ]
        files = ClipFiles(RENDERED, f"court-{number}", Path(), Path())
        yield make_clip(files, images, clip.truth, scaling)
