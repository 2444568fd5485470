"""Trajectories cut into windows, with stretches hidden as a detector loses them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from balltrack.evaluation.pairing import ClipFile, find_truths
from balltrack.labels import read_labels
from balltrack.structures import FloatArray
from balltrack.trajectory.rectification import PAPER_GRID
from balltrack.video.probe import probe

TABLE_SIZE = (1280, 720)
"""Of the videos behind label tables without pictures: those of the TrackNet data sets."""

FEWEST_VISIBLE = 4
"""Visible rows of a window: something must be left to go by."""

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
    labels = read_labels(table.path)
    size = TABLE_SIZE
    if table.video is not None:
        info = probe(table.video)
        size = (info.width, info.height)
    xy = np.full((int(labels.frame_index[-1]) + 1 if len(labels) else 0, 2), np.nan)
    xy[labels.frame_index] = labels.xy / size
    place = table.place
    return Trajectory(place.as_posix(), place.parents[2].name, xy)


class Hider:
    """Draws windows of trajectories and hides stretches of them.

    Args:
        trajectories: to draw from: groups evenly, rows of a group evenly.
        length: rows of a window.
        longest: longest hidden stretch.
    """

    def __init__(self, trajectories: Sequence[Trajectory], length: int, longest: int) -> None:
        self.length, self.longest = length, longest
        self.trajectories = [t for t in trajectories if len(t.xy) >= length]
        rows = np.array([np.isfinite(t.xy[:, 0]).sum() for t in self.trajectories], dtype=float)
        groups = np.array([t.group for t in self.trajectories])
        for group in np.unique(groups):
            rows[groups == group] /= rows[groups == group].sum() ** 0.5
        self.chance = rows / rows.sum()

    def batch(self, rng: np.random.Generator, size: int) -> tuple[FloatArray, Mask]:
        """(size, length, 2) positions, NaN where not visible, and (size, length) what to hide."""
        windows: list[FloatArray] = []
        masks: list[Mask] = []
        while len(windows) < size:
            trajectory = self.trajectories[rng.choice(len(self.chance), p=self.chance)]
            start = rng.integers(len(trajectory.xy) - self.length + 1)
            window = trajectory.xy[start : start + self.length]
            if np.isfinite(window[:, 0]).sum() < FEWEST_VISIBLE:
                continue
            window = _vary(window, rng)
            mask = hide(window, rng, self.longest)
            if mask.any() and (np.isfinite(window[:, 0]) & ~mask).sum() >= 2:
                windows.append(window)
                masks.append(mask)
        return np.stack(windows), np.stack(masks)


def hide(window: FloatArray, rng: np.random.Generator, longest: int) -> Mask:
    """(L,) rows to hide, all of them visible.

    A detector loses the ball for a few frames on end, where it is fast or high against the
    stands; one window in four is hidden by independent draws at 0.3 instead, as upstream does.
    """
    visible = np.isfinite(window[:, 0])
    if rng.random() < 0.25:
        return np.asarray(visible & (rng.random(len(window)) < 0.3))
    step = np.nan_to_num(np.hypot(*(np.diff(window, axis=0) * PAPER_GRID).T))
    speed = np.append(step, 0) + np.append(0, step)
    high = np.nan_to_num(window[:, 1], nan=1.0) < 0.2
    odds = visible * (1 + speed / 10 + high)
    mask = np.zeros(len(window), dtype=bool)
    for _ in range(rng.integers(1, 3)):
        run = 1 + int(longest * rng.random() ** 2)  # short ones are more common
        first = rng.choice(len(window), p=odds / odds.sum()) - run // 2
        mask[max(first, 0) : first + run] = True
    return np.asarray(mask & visible)


def _vary(window: FloatArray, rng: np.random.Generator) -> FloatArray:
    """The window mirrored, reversed in time, resized and moved, all of it inside the picture."""
    if rng.random() < 0.5:
        window = window[::-1]
    if rng.random() < 0.5:
        window = np.array([1.0, 0.0]) + window * (-1.0, 1.0)
    low, high = np.nanmin(window, axis=0), np.nanmax(window, axis=0)
    if rng.random() < 0.5:
        return window
    zoom = min(rng.uniform(0.6, 1.5), *(1 / np.maximum(high - low, 1e-6)))
    return np.asarray((window - low) * zoom + rng.uniform(0, 1 - (high - low) * zoom))
