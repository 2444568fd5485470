"""WASB's own rules from heatmaps to candidates.

After nttcom/WASB-SBDT, ``detectors/postprocessor.py``: every region above the threshold, at the
heat-weighted mean of its pixels, ranked by the sum of its heat.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from balltrack.detection.blobs import painted_streak
from balltrack.detection.ensemble import Heatmap
from balltrack.detection.network import NetworkDetector
from balltrack.detection.registry import DETECTORS, check_known
from balltrack.errors import OptionError
from balltrack.geometry import Scaling
from balltrack.options import TrackOptions
from balltrack.runtimes import load_runtime
from balltrack.stages import UNOBSERVED, Observer
from balltrack.streaks import Streak
from balltrack.structures import Candidate, Frame, FrameCandidates
from balltrack.weights.handle import open_weights


class WasbDetector(NetworkDetector):
    """A `Detector` whose candidates are WASB's; windows lie side by side, as its step of 3."""

    verifier = "none"

    def candidates(
        self, frames: Iterable[Frame], scaling: Scaling, observer: Observer = UNOBSERVED
    ) -> Iterator[FrameCandidates]:
        """See `Detector`; a score is s / (1 + s) of the sum s that WASB ranks by."""
        for frame, heatmap in self.heatmaps(frames, scaling, observer):
            streaks = self.runtime.spec.paints_streaks
            found = regions(heatmap, self.threshold, scaling, streaks=streaks)
            yield FrameCandidates(frame.index, frame.time_s, frame.shot, found)


def regions(
    heatmap: Heatmap, threshold: float, scaling: Scaling, *, streaks: bool = False
) -> tuple[Candidate, ...]:
    """The regions of an (h, w) heatmap above a threshold, the one with the most heat first.

    With ``streaks`` each is that of a ball's streak, see `painted_streak`.
    """
    above = (heatmap > threshold).astype(np.uint8)
    count, labels = cv2.connectedComponents(above, connectivity=8)
    rows, columns = np.nonzero(above)
    label, heat = labels[rows, columns], heatmap[rows, columns].astype(np.float64)
    total = np.bincount(label, heat, count)[1:]
    xy = [np.bincount(label, heat * places, count)[1:] / total for places in (columns, rows)]
    source = scaling.to_source(np.column_stack(xy)).tolist()
    drawn: list[Streak | None] = [None] * len(total)
    if streaks:
        parts = (label == number for number in range(1, count))
        drawn = [
            painted_streak(rows[part], columns[part]).mapped(scaling.to_source) for part in parts
        ]
    found = [
        Candidate(x, y, heat / (1 + heat), streak)
        for (x, y), heat, streak in zip(source, total.tolist(), drawn, strict=True)
    ]
    return tuple(sorted(found, key=lambda candidate: -candidate.score))


def load(options: TrackOptions) -> WasbDetector:
    """The network that ``options.weights`` name.

    Raises:
        UnknownNameError, WeightsError, DeviceError: as `load_network_detector`.
        OptionError: a detector without a network.
    """
    check_known(options.weights)
    if options.weights in DETECTORS:
        raise OptionError(f"rules wasb are for networks, {options.weights} is none")
    weights = open_weights(options.weights)
    side_by_side = replace(options, rules="balltrack", ensemble="nonoverlap")
    return WasbDetector(load_runtime(weights, options), side_by_side, weights.name)
