"""Trajectories cut into windows, with stretches hidden as a detector loses them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from balltrack.errors import DatasetError
from balltrack.evaluation.pairing import ClipFile, find_truths
from balltrack.geometry import PAPER_GRID
from balltrack.labels import read_labels
from balltrack.structures import FloatArray
from balltrack.trajectory.inpainting import CONTEXT
from balltrack.video.probe import probe

TABLE_SIZE = (1280, 720)
"""Of the videos behind label tables without pictures: those of the TrackNet data sets."""

MOST_TRIES = 200
"""Windows drawn for each one that suits, before giving up."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Trajectory:
    """The labelled ball of one clip.

    ``xy`` is (N, 2) shares of the picture's width and height, NaN where the ball was not
    visible or not labelled; ``group`` is what sampling is balanced over.
    """

    name: str
    group: str
    xy: FloatArray


def read_trajectories(folders: Iterable[Path], held_out: Sequence[str] = ()) -> list[Trajectory]:
    """Every label table in and below the folders, in the order of their names.

    Args:
        folders: searched for ``*_ball.csv`` and ``Label.csv``.
        held_out: parts of a path (a match, a split) whose tables are left out.

    Raises:
        DatasetError: a folder does not exist or holds no table.
        LabelError: a table has a bad row.
    """
    tables = find_truths(folders)
    return [read_trajectory(t) for t in tables if not set(held_out) & set(t.path.parts)]


def read_trajectory(table: ClipFile) -> Trajectory:
    """One label table; its group is the sport, three folders up."""
    size = TABLE_SIZE
    if table.video is not None:
        info = probe(table.video)
        size = (info.width, info.height)
    labels = read_labels(table.path, size)
    xy = np.full((int(labels.frame_index[-1]) + 1 if len(labels) else 0, 2), np.nan)
    xy[labels.frame_index] = labels.xy / size
    place = table.place
    return Trajectory(place.as_posix(), place.parents[2].name, xy)


class Hider:
    """Draws windows of trajectories and hides stretches of them.

    Args:
        trajectories: to draw from: rows of a group evenly, groups by the root of their rows.
        longest: longest hidden stretch in the middle of a window.
    """

    def __init__(self, trajectories: Sequence[Trajectory], longest: int) -> None:
        self.trajectories = [t for t in trajectories if np.isfinite(t.xy[:, 0]).any()]
        self.longest = longest
        rows = np.array([np.isfinite(t.xy[:, 0]).sum() for t in self.trajectories], dtype=float)
        groups = np.array([t.group for t in self.trajectories])
        for group in np.unique(groups):
            rows[groups == group] /= rows[groups == group].sum() ** 0.5
        if not len(rows):
            raise DatasetError("the label tables hold no visible ball to train on")
        self.chance = rows / rows.sum()

    def batch(self, rng: np.random.Generator, size: int, length: int) -> tuple[FloatArray, Mask]:
        """(size, length, 2) positions, NaN where not visible, and (size, length) what to hide."""
        windows: list[FloatArray] = []
        masks: list[Mask] = []
        for _ in range(size * MOST_TRIES):
            window = self._window(rng, length)
            mask = hide(window, rng, min(self.longest, length - 2 * CONTEXT))
            if mask.any():
                windows.append(_vary(window, rng))
                masks.append(mask)
            if len(windows) == size:
                return np.stack(windows), np.stack(masks)
        raise DatasetError(f"the label tables hold hardly any ball seen for {length} rows on end")

    def _window(self, rng: np.random.Generator, length: int) -> FloatArray:
        """Rows of one trajectory, in either direction of time, sometimes every second one."""
        xy = self.trajectories[rng.choice(len(self.chance), p=self.chance)].xy
        step = 2 if rng.random() < 0.15 else 1
        start = int(rng.integers(-length // 2, max(len(xy) - length * step // 2, 1 - length // 2)))
        rows = start + step * np.arange(length)
        inside = (rows >= 0) & (rows < len(xy))
        window = np.where(inside[:, None], xy[rows.clip(0, len(xy) - 1)], np.nan)
        return window if rng.random() < 0.5 else window[::-1]


def hide(window: FloatArray, rng: np.random.Generator, longest: int) -> Mask:
    """(L,) rows to hide, all of them visible; none at all where the window does not suit.

    A detector loses the ball for a few frames on end, where it is fast or high against the
    stands: a run in the middle, with the ball seen on both sides, kept by those odds. Other
    rows are lost at random beside it, at up to the 0.3 of upstream's training.
    """
    visible = np.isfinite(window[:, 0])
    run = 1 + int(longest * rng.random() ** 1.5)  # short ones are more common
    first = (len(window) - run) // 2
    middle = slice(first, first + run)
    mask = np.zeros(len(window), dtype=bool)
    if not visible[first - 1 : first + run + 1].all():
        return mask
    travelled = np.hypot(*((window[first + run] - window[first - 1]) * PAPER_GRID)) / (run + 1)
    odds = 0.3 + travelled / 10 + 0.3 * (window[middle, 1].min() < 0.2)
    if rng.random() > odds:
        return mask
    if rng.random() < 0.5:
        mask = rng.random(len(window)) < rng.uniform(0, 0.3)
        mask[[first - 1, first + run]] = False
    mask[middle] = True
    return np.asarray(mask & visible)


def _vary(window: FloatArray, rng: np.random.Generator) -> FloatArray:
    """The window mirrored, resized and moved, all of it inside the picture."""
    if rng.random() < 0.5:
        window = np.array([1.0, 0.0]) + window * (-1.0, 1.0)
    if rng.random() < 0.5:
        return window
    low, high = np.nanmin(window, axis=0), np.nanmax(window, axis=0)
    zoom = min(rng.uniform(0.6, 1.5), *(1 / np.maximum(high - low, 1e-6)))
    return np.asarray((window - low) * zoom + rng.uniform(0, 1 - (high - low) * zoom))
