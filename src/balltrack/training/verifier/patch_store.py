"""Patches around what a network takes for the ball in the training clips, on disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from balltrack.errors import DatasetError
from balltrack.geometry import PAPER_GRID, Scaling
from balltrack.models.verifier.patches import NOW, OFFSETS
from balltrack.outputs import whole_file
from balltrack.structures import FloatArray, FrameCandidates, Labels
from balltrack.training.data.candidate_clips import CandidateClip, frames_of
from balltrack.training.data.clips import ClipFiles
from balltrack.training.run.origin import check_origin
from balltrack.verification.context import Grids, in_context, spots_of
from balltrack.verification.patches import Patches, cut_patches
from balltrack.verification.second_look import picture_size
from balltrack.video.reader import open_video

STORED_SIDE = 88
"""Of the patches on disk: room to shift and to zoom, see `patch_batches`."""

PATCHES, FACTS = "patches.bin", "patches.npz"

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
    origin: Mapping[str, str],
) -> PatchStore:
    """Cut the patches of clips into ``folder``, or take those that are there.

    Args:
        folder: of the run.
        clips: gives the clips with what a network saw in them; asked only if needed.
        sports: all that occur.
        seed: of the extra patches' places.
        origin: what the patches depend on, by what a user calls it; those of another origin
            are not taken.

    Raises:
        DatasetError: the clips give no ball, or nothing but balls, or the patches that are there
            are of another origin.
        OutputError: the folder cannot be written.
    """
    store = _read(folder, sports, origin)
    if store is None:
        _write(folder, clips(), sports, seed, origin)
        store = _read(folder, sports, origin)
    assert store is not None
    if not store.is_ball.any() or store.is_ball.all():
        raise DatasetError("the clips need both balls and clutter among what the network saw")
    return store


def _read(folder: Path, sports: Sequence[str], origin: Mapping[str, str]) -> PatchStore | None:
    """The patches that are there; None where some are missing."""
    path = folder / FACTS
    if not path.is_file():
        return None
    with np.load(path) as facts:
        known, before = facts["known"], json.loads(str(facts["origin"]))
    check_origin(f"{path}: its patches were cut", before, origin)
    shape = (len(known), len(OFFSETS), STORED_SIDE, STORED_SIDE, 3)
    patches = folder / PATCHES
    if not patches.is_file() or patches.stat().st_size != np.prod(shape):
        return None
    return PatchStore(
        np.memmap(patches, np.uint8, "r", shape=shape),
        known[:, :2],
        known[:, 2],
        known[:, 3].astype(np.int64),
        tuple(sports),
    )


def _write(
    folder: Path,
    clips: Iterable[tuple[ClipFiles, CandidateClip]],
    sports: Sequence[str],
    seed: int,
    origin: Mapping[str, str],
) -> None:
    """The patches get their name first, so that where the facts are, all is."""
    rng = np.random.default_rng(seed)
    known: list[FloatArray] = []
    with whole_file(folder / FACTS) as facts, whole_file(folder / PATCHES) as patches_file:
        with patches_file.open("wb") as file:
            for files, clip in clips:
                for patches, places in _patches_of(files, clip, rng):
                    file.write(patches.tobytes())
                    number = np.full((len(places), 1), sports.index(files.sport))
                    known.append(np.hstack([places, number]))
        if not known:
            raise DatasetError("the network saw nothing in the clips; give other --initial weights")
        np.savez(facts, known=np.concatenate(known), origin=json.dumps(dict(origin)))


def _patches_of(
    files: ClipFiles, clip: CandidateClip, rng: np.random.Generator
) -> Iterator[tuple[Patches, FloatArray]]:
    """Frame by frame: patches, and (n, 3) the ball from their middle and the score."""
    size = picture_size(clip.size)
    scaling = Scaling(clip.size, size)
    labels = _by_frame(clip.labels, scaling)
    with open_video(files.video, size=PAPER_GRID, reader="pyav") as video:
        grids = Grids(scaling, video.scaling)
        shown = ((frame.index, frame.shot, frame) for frame in frames_of(clip, video, size))
        for entry, around in in_context(clip.candidates, shown):
            ball = labels.get(entry.frame_index)
            if ball is None or not around:
                continue
            xy, score = _places(entry, scaling, ball, rng)
            if len(xy):
                spots = spots_of(xy, around, grids)
                patches = cut_patches([([one.picture for one in around], spots)], STORED_SIDE)
                yield patches, np.column_stack([ball - spots[:, NOW], score])


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
