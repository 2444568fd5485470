"""Patches around what a network takes for the ball in the training clips, on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from balltrack.errors import DatasetError, OutputError
from balltrack.geometry import Scaling
from balltrack.models.patches import OFFSETS
from balltrack.structures import FloatArray, FrameCandidates, Labels
from balltrack.training.data.candidate_clips import CandidateClip
from balltrack.training.data.clips import ClipFiles
from balltrack.verification.patches import Patches, cut_patches, rounded
from balltrack.verification.second_look import in_context, picture_size
from balltrack.video.reader import open_video

STORED_SIDE = 88
"""Of the patches on disk: room to shift and to zoom, see `patch_batches`."""

PATCHES, FACTS = "patches.bin", "patches.npy"

RIGHT = 10.0
"""A candidate is the ball when so near to it, pixels of a picture 720 high."""

EXTRA_SHARE, EXTRA_SPREAD = 0.5, 2.0
"""Of the visible balls, how many get a patch of their own beside those of the candidates, and how
far from them it lies, pixels. A ball without any candidate always does."""


@dataclass(frozen=True)
class PatchStore:
    """All patches of some clips.

    Attributes:
        patches: (N, T, `STORED_SIDE`, `STORED_SIDE`, 3) uint8 BGR, mapped from a file.
        ball: (N, 2) from the middle pixel to the ball, pixels; NaN where there is none.
        score: (N,) of the candidate; NaN for the extra patches of balls.
        sport: (N,) index into ``sports``.
    """

    patches: Patches
    ball: FloatArray
    score: FloatArray
    sport: npt.NDArray[np.int64]
    sports: tuple[str, ...]

    @property
    def is_ball(self) -> npt.NDArray[np.bool_]:
        """(N,) whether the ball is in the middle."""
        return np.asarray(np.hypot(*self.ball.T) < RIGHT)  # NaN compares false


def make_patch_store(
    folder: Path,
    clips: Callable[[], Iterable[tuple[ClipFiles, CandidateClip]]],
    sports: Sequence[str],
    seed: int,
) -> PatchStore:
    """Cut the patches of clips into ``folder``, or take those that are there.

    Args:
        folder: of the run.
        clips: gives the clips with what a network saw in them; asked only if needed.
        sports: all that occur.
        seed: of the extra patches' places.

    Raises:
        DatasetError: the clips give no ball, or nothing but balls.
        OutputError: the folder cannot be written.
    """
    if not (folder / FACTS).is_file():
        _write(folder, clips(), sports, seed)
    known = np.load(folder / FACTS)
    shape = (len(known), len(OFFSETS), STORED_SIDE, STORED_SIDE, 3)
    store = PatchStore(
        np.memmap(folder / PATCHES, np.uint8, "r", shape=shape),
        known[:, :2],
        known[:, 2],
        known[:, 3].astype(np.int64),
        tuple(sports),
    )
    if not store.is_ball.any() or store.is_ball.all():
        raise DatasetError("the clips need both balls and clutter among what the network saw")
    return store


def _write(
    folder: Path,
    clips: Iterable[tuple[ClipFiles, CandidateClip]],
    sports: Sequence[str],
    seed: int,
) -> None:
    """Patches as they come, then the facts, so that where these are, all is."""
    rng = np.random.default_rng(seed)
    facts: list[FloatArray] = []
    try:
        with (folder / PATCHES).open("wb") as file:
            for files, clip in clips:
                for patches, known in _patches_of(files, clip, rng):
                    file.write(patches.tobytes())
                    number = np.full((len(known), 1), sports.index(files.sport))
                    facts.append(np.hstack([known, number]))
        if not facts:
            raise DatasetError("the network saw nothing in the clips; give other --initial weights")
        partial = folder / f"partial-{FACTS}"
        np.save(partial, np.concatenate(facts))
        partial.replace(folder / FACTS)
    except OSError as error:
        raise OutputError(f"{folder}: cannot write the patches ({error.strerror})") from error


def _patches_of(
    files: ClipFiles, clip: CandidateClip, rng: np.random.Generator
) -> Iterator[tuple[Patches, FloatArray]]:
    """Frame by frame: patches, and (n, 3) the ball from their middle and the score."""
    size = picture_size(clip.size)
    scaling = Scaling(clip.size, size)
    labels = _by_frame(clip.labels, scaling)
    with open_video(files.video, size=size, reader="pyav") as video:
        pictures = ((frame.index, frame.image) for frame in video.frames())
        for entry, images in in_context(clip.candidates, pictures):
            ball = labels.get(entry.frame_index)
            if ball is None or not images:
                continue
            xy, score = _places(entry, scaling, ball, rng)
            if len(xy):
                away = ball - rounded(xy, size)
                yield cut_patches(images, xy, STORED_SIDE), np.column_stack([away, score])


def _by_frame(labels: Labels, scaling: Scaling) -> dict[int, FloatArray]:
    """The ball on each labelled frame; without frames that are called invisible amid a flight."""
    xy = scaling.to_target(labels.xy)
    seen = np.isfinite(xy[:, 0])
    amid = np.zeros_like(seen)
    amid[1:-1] = ~seen[1:-1] & seen[:-2] & seen[2:]
    return {int(i): xy[row] for row, i in enumerate(labels.frame_index) if not amid[row]}


def _places(
    entry: FrameCandidates, scaling: Scaling, ball: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """(n, 2) where patches are cut, in the picture's pixels, and (n,) their scores."""
    xy = scaling.to_target(np.array([(c.x, c.y) for c in entry.candidates]).reshape(-1, 2))
    score = np.array([c.score for c in entry.candidates])
    near = np.hypot(*(xy - ball).T) < RIGHT
    extra = rng.random() < EXTRA_SHARE  # drawn for every frame
    shift = rng.normal(0, EXTRA_SPREAD, 2)
    if np.isfinite(ball[0]) and (extra or not near.any()):
        xy = np.vstack([xy, ball + shift])
        score = np.append(score, np.nan)
    return xy, score
