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
from balltrack.runtimes.device import usable_cores
from balltrack.scene.background import median_image
from balltrack.scene.tones import with_known_tones
from balltrack.structures import Image, Labels
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
    """A labelled clip in memory, or a stretch of one, on the network grid.

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
    files: ClipFiles,
    size: tuple[int, int],
    fit: Fit = "stretch",
    read: ReadLabels = read_labels,
    reach: int | None = None,
) -> list[Clip]:
    """Decode one clip to (width, height) and estimate its backgrounds.

    Args:
        files: the clip.
        size: (width, height) of the network.
        fit: how pictures are brought to that size.
        read: reads its labels.
        reach: frames before and after a labelled one that are kept; None keeps all.

    Returns:
        The stretches that are kept, each with the backgrounds of the whole.
    """
    behind = _Behind()
    images: dict[int, Image] = {}
    with open_video(files.video, reader="pyav", size=size, fit=fit) as reader:
        labels = read(files.labels, (reader.info.width, reader.info.height))
        near = None if reach is None else _near(labels, reach)
        for number, frame in enumerate(with_known_tones(reader.frames())):
            behind.add(frame.image)
            if near is None or number in near:
                images[number] = frame.image
        xy, labelled = _positions(labels, behind.count, reader.scaling)
    backgrounds = _planar_rgb(behind.medians())
    kept = np.array([*images], dtype=np.int64)
    return [
        Clip(
            files,
            _planar_rgb([images[number] for number in run.tolist()]),
            backgrounds,
            xy[run],
            labelled[run],
        )
        for run in np.split(kept, np.flatnonzero(np.diff(kept) > 1) + 1)
        if len(run)
    ]


def make_clip(files: ClipFiles, images: list[Image], labels: Labels, scaling: Scaling) -> Clip:
    """A clip of frames that are decoded already.

    Args:
        files: where it is from.
        images: every frame, (h, w, 3) uint8 BGR of the network's size.
        labels: of some frames, source pixels.
        scaling: from the source to the network's size.
    """
    behind = _Behind()
    for image in images:
        behind.add(image)
    xy, labelled = _positions(labels, len(images), scaling)
    return Clip(files, _planar_rgb(images), _planar_rgb(behind.medians()), xy, labelled)


def load_clips(
    files: Iterable[ClipFiles],
    size: tuple[int, int],
    fit: Fit = "stretch",
    read: ReadLabels = read_labels,
    reach: int | None = None,
) -> Iterator[Clip]:
    """Decode every clip as `load_clip` does, in order, one on each core."""
    with ThreadPoolExecutor(_cores()) as pool:
        waiting = deque(pool.submit(load_clip, one, size, fit, read, reach) for one in files)
        try:
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for later in waiting:
                later.cancel()


def _cores() -> int:
    """Cores that this process may use, shared fairly with others of the same run."""
    return max(1, usable_cores() // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


def _near(labels: Labels, reach: int) -> set[int]:
    """Numbers of the frames that are no further than ``reach`` from a labelled one."""
    return {
        number
        for frame in labels.frame_index.tolist()
        for number in range(frame - reach, frame + reach + 1)
    }


def _positions(
    labels: Labels, count: int, scaling: Scaling
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
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
    return xy.astype(np.float32), labelled


class _Behind:
    """Keeps of the frames that pass what a clip's backgrounds are made of, however many pass.

    Attributes:
        count: frames so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._spread: list[Image] = []
        self._spacing = 1
        self._first: list[Image] = []
        self._last: deque[Image] = deque(maxlen=SHORT_STRETCH)

    def add(self, image: Image) -> None:
        """The next frame, (h, w, 3) uint8."""
        if self.count % self._spacing == 0:
            self._spread.append(image)
        if len(self._spread) > 2 * BACKGROUND_SAMPLES[0]:
            self._spread = self._spread[::2]
            self._spacing *= 2
        if self.count < SHORT_STRETCH:
            self._first.append(image)
        self._last.append(image)
        self.count += 1

    def medians(self) -> list[Image]:
        """The backgrounds, the best estimate first."""
        medians = []
        stretches = (self._spread, self._first, [*self._last])
        for stretch, samples in zip(stretches, BACKGROUND_SAMPLES, strict=True):
            picks = np.linspace(0, len(stretch) - 1, min(samples, len(stretch))).round().astype(int)
            medians.append(median_image([stretch[i] for i in picks]))
        return medians


def _planar_rgb(images: list[Image]) -> torch.Tensor:
    planar = np.stack([image[..., ::-1].transpose(2, 0, 1) for image in images])
    return torch.from_numpy(planar).contiguous()  # (N, 3, h, w)
