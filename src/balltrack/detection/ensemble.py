"""Several windows' answers for a frame → one heatmap a frame (TrackNetV3's temporal ensemble)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from balltrack.errors import OptionError
from balltrack.options import Ensemble
from balltrack.scene.windows import Window
from balltrack.structures import Frame

Heatmap = npt.NDArray[np.float32]


def stride_for(mode: Ensemble, length: int, stride: int | None = None) -> int:
    """Frames from one window to the next: ``length`` where their answers lie side by side.

    Half of it where nothing else is asked for: then every frame is seen by two windows. Where the
    middle of a window counts more they may lie farther apart: seven eighths.

    Raises:
        OptionError: a larger stride than the window, which would leave out frames.
    """
    if mode == "nonoverlap":
        return length
    if stride is None:
        return (length + 1) // 2 if mode == "average" else max(1, length * 7 // 8)
    if stride > length:
        raise OptionError(
            f"stride must be at most {length}, the frames a window answers for, got {stride}"
        )
    return stride


def position_weights(mode: Ensemble, length: int) -> npt.NDArray[np.float32]:
    """(length,) how much a window's answer counts by the frame's place in it.

    "weight" favours the middle, where a frame sees both its past and its future:
    min(i + 1, length - i), after qaz812345/TrackNetV3 ``test.get_ensemble_weight``.
    """
    if mode != "weight":
        return np.ones(length, dtype=np.float32)
    place = np.arange(length)
    return np.minimum(place + 1, length - place).astype(np.float32)


def merge(
    results: Iterable[tuple[Window, Any]], mode: Ensemble, early: int | None = None
) -> Iterator[tuple[Frame, Any]]:
    """Weighted mean, frame by frame, of every window that answers for the frame.

    The sum is divided by the weights of the windows that really cover the frame, so that
    the first and last frames of a shot lose nothing. Upstream does the same with plain
    means, in mode "weight" too; the weights are kept here.

    Args:
        results: windows in order, each with the (L, h, w) float32 heatmaps of its L newest
            frames; arrays of NumPy's, or as a `HeatKeeper` keeps them.
        mode: see `TrackOptions`; the windows were made with its `stride_for`.
        early: the windows' stride, where frames are not to wait for the next window to say that
            they are behind it. A shot's last window, which may begin less than a stride after the
            one before, then counts for the frames alone that have not left.

    Yields:
        Each frame once, in order, with its (h, w) float32 heatmap in [0, 1], in an array of the
        same kind.
    """
    if mode == "nonoverlap":
        for window, heatmaps in results:
            past = len(window.frames) - len(heatmaps)
            yield from ((window.frames[i], heatmaps[i - past]) for i in window.keep)
        return
    waiting: dict[int, _Sum] = {}
    left = -1
    for window, heatmaps in results:
        first = window.frames[window.keep[0]].index
        for index in [index for index in waiting if index < first]:
            yield waiting.pop(index).mean()
        past = len(window.frames) - len(heatmaps)
        weights = position_weights(mode, len(heatmaps)).tolist()
        for i in window.keep:
            frame, place = window.frames[i], i - past
            if frame.index <= left:
                continue
            waiting.setdefault(frame.index, _Sum(frame)).add(heatmaps[place], weights[place])
        if early is not None:
            left = window.frames[window.keep[:early][-1]].index
            for index in [index for index in waiting if index <= left]:
                yield waiting.pop(index).mean()
    for total in waiting.values():
        yield total.mean()


@dataclass
class _Sum:
    """Heatmaps of one frame, adding up."""

    frame: Frame
    total: Any = None
    weight: float = 0.0

    def add(self, heatmap: Any, weight: float) -> None:
        weighted = heatmap if weight == 1 else heatmap * weight
        self.total = weighted if self.total is None else self.total + weighted
        self.weight += weight

    def mean(self) -> tuple[Frame, Any]:
        return self.frame, self.total / self.weight
