"""Folders of labelled clips → frames in memory.

A data set is a folder ``<sport>/<split>/<match>/<clip>.mp4`` with ``<clip>_ball.csv``
beside each clip, or ``_ball`` with the suffix of another format (docs/formats.md). Every clip is
decoded once, with the reader and the resizer that tracking uses, and kept as uint8.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from balltrack.errors import DatasetError
from balltrack.geometry import Fit, Scaling
from balltrack.labels import ReadLabels, read_labels
from balltrack.labels.formats import READ
from balltrack.scene.background import median_image
from balltrack.structures import FloatArray, Image, Labels
from balltrack.video.reader import open_video

BACKGROUND_SAMPLES = (33, 9, 5)
"""Frames behind each of a clip's backgrounds: the first over the whole clip, as tracking
estimates it; the others over a short stretch, with the ghosts of an imperfect one."""

SHORT_STRETCH = 60


@dataclass(frozen=True)
class ClipFiles:
    """A labelled clip on disk."""

    sport: str
    match: str
    video: Path
    labels: Path


@dataclass(frozen=True)
class Clip:
    """A labelled clip in memory, on the network grid.

    Attributes:
        frames: (N, 3, h, w) uint8 RGB.
        backgrounds: (K, 3, h, w) uint8 RGB medians, the best estimate first.
        xy: (N, 2) float32 ball positions in network pixels; NaN where not visible.
        labelled: (N,) whether the frame has a label at all.
    """

    files: ClipFiles
    frames: torch.Tensor
    backgrounds: torch.Tensor
    xy: npt.NDArray[np.float32]
    labelled: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.frames)


def find_clips(root: Path, split: str, sports: Iterable[str] | None = None) -> list[ClipFiles]:
    """The labelled clips of one split, in name order.

    Raises:
        DatasetError: the folder is missing or holds no labelled clip of that split.
    """
    if not root.is_dir():
        raise DatasetError(f"{root}: no such folder; give the folder that holds <sport>/{split}")
    found: dict[Path, ClipFiles] = {}  # of several labels of a clip the first counts, .csv
    for labels in sorted(root.glob(f"*/{split}/*/*_ball*")):
        video = labels.with_name(labels.stem.removesuffix("_ball") + ".mp4")
        sport = labels.relative_to(root).parts[0]
        readable = labels.stem.endswith("_ball") and (
            labels.suffix.lower() in READ or labels.is_dir()
        )
        if readable and video.is_file() and (sports is None or sport in sports):
            found.setdefault(video, ClipFiles(sport, labels.parent.name, video, labels))
    if not found:
        raise DatasetError(
            f"{root}: no clip.mp4 with clip_ball.csv beside it under <sport>/{split}/<match>"
        )
    return [*found.values()]


def load_clip(
    files: ClipFiles, size: tuple[int, int], fit: Fit = "stretch", read: ReadLabels = read_labels
) -> Clip:
    """Decode one clip to (width, height) and estimate its backgrounds."""
    with open_video(files.video, reader="pyav", size=size, fit=fit) as reader:
        images = [frame.image for frame in reader.frames()]
        shown = (reader.info.width, reader.info.height)
    return make_clip(files, images, read(files.labels, shown), reader.scaling)


def make_clip(files: ClipFiles, images: list[Image], labels: Labels, scaling: Scaling) -> Clip:
    """A clip of frames that are decoded already.

    Args:
        files: where it is from.
        images: every frame, (h, w, 3) uint8 BGR of the network's size.
        labels: of some frames, source pixels.
        scaling: from the source to the network's size.
    """
    xy, labelled = _positions(labels, len(images), scaling)
    return Clip(
        files,
        _planar_rgb(images),
        _planar_rgb(_backgrounds(images)),
        xy.astype(np.float32),
        labelled,
    )


def load_clips(
    files: Iterable[ClipFiles],
    size: tuple[int, int],
    fit: Fit = "stretch",
    read: ReadLabels = read_labels,
) -> Iterator[Clip]:
    """Decode every clip to (width, height), in order, one on each core."""
    with ThreadPoolExecutor(_cores()) as pool:
        waiting = deque(pool.submit(load_clip, one, size, fit, read) for one in files)
        try:
            while waiting:
                yield waiting.popleft().result()
        finally:
            for later in waiting:
                later.cancel()


def _cores() -> int:
    """Cores that this process may use, shared fairly with others of the same run."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1  # macOS, Windows
    return max(1, cores // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


def _positions(
    labels: Labels, count: int, scaling: Scaling
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    keep = labels.frame_index < count
    index = labels.frame_index[keep]
    xy = np.full((count, 2), np.nan)
    seen = scaling.to_target(labels.xy[keep])
    if scaling.resized is not None:  # the ball may be in what was cut off
        seen[
            (np.abs(seen - (np.array(scaling.target) - 1) / 2) * 2 > scaling.target).any(axis=1)
        ] = np.nan
    xy[index] = seen
    labelled = np.zeros(count, dtype=np.bool_)
    labelled[index] = True
    return xy, labelled


def _backgrounds(images: list[Image]) -> list[Image]:
    stretches = [images, images[:SHORT_STRETCH], images[-SHORT_STRETCH:]]
    backgrounds = []
    for stretch, samples in zip(stretches, BACKGROUND_SAMPLES, strict=True):
        picks = np.linspace(0, len(stretch) - 1, min(samples, len(stretch))).round().astype(int)
        backgrounds.append(median_image([stretch[i] for i in picks]))
    return backgrounds


def _planar_rgb(images: list[Image]) -> torch.Tensor:
    bgr = torch.from_numpy(np.stack(images))  # (N, h, w, 3)
    return bgr.flip(-1).permute(0, 3, 1, 2).contiguous()
