"""TrackNetV3's own rules from windows to a point, in whole pixels.

After qaz812345/TrackNetV3, ``predict.py`` and ``test.py``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from balltrack.detection.detector import Description
from balltrack.detection.ensemble import Heatmap, position_weights
from balltrack.detection.network import run_network
from balltrack.detection.registry import DETECTORS, check_known
from balltrack.errors import OptionError
from balltrack.geometry import Fit, Scaling
from balltrack.models.specs import SPECS, NetworkSpec
from balltrack.options import Ensemble, TrackOptions
from balltrack.runtimes import load_runtime
from balltrack.runtimes.runtime import Runtime
from balltrack.scene.tracknetv3 import ClipFrame, clip_windows
from balltrack.scene.windows import Window
from balltrack.stages import UNOBSERVED, Observer
from balltrack.structures import Candidate, Frame, FrameCandidates
from balltrack.trajectory.motion import DEFAULT
from balltrack.weights.checkpoints import read_spec
from balltrack.weights.handle import open_weights

THRESHOLD = 0.5


class TrackNetV3Detector:
    """A `Detector` with one candidate a frame at most, where upstream's script says the ball is.

    Its position is upstream's, in whole pixels: beside `geometry.Scaling` it lies up to a pixel of
    the network to the top left.

    Args:
        runtime: runs the network.
        options: the ensemble and the size of a batch.
        name: of the weights.
    """

    fit: Fit = "stretch"
    verifier = "none"
    lag = 0
    linking = DEFAULT

    def __init__(self, runtime: Runtime, options: TrackOptions, name: str) -> None:
        spec = runtime.spec
        self.runtime = runtime
        self.size = (spec.width, spec.height)
        self.description = Description(
            weights=name,
            runtime=runtime.name,
            device=runtime.device,
            precision=runtime.precision,
            threads=runtime.threads,
            batch_size=options.batch_size or runtime.batch_size,
        )
        self._ensemble = options.ensemble

    def candidates(
        self, frames: Iterable[Frame], scaling: Scaling, observer: Observer = UNOBSERVED
    ) -> Iterator[FrameCandidates]:
        """See `Detector`; ``frames`` are those of `WholeClipReader`."""
        length = self.runtime.spec.frames_in
        stride = length if self._ensemble == "nonoverlap" else 1
        windows = clip_windows(cast(Iterable[ClipFrame], frames), length, stride)
        answers = run_network(
            observer.iterate("prepare", windows), self.runtime, self.description.batch_size
        )
        for frame, heatmap in merge(observer.iterate("network", answers), self._ensemble):
            found = locate(heatmap, scaling.source)
            yield FrameCandidates(frame.index, frame.time_s, frame.shot, found)


def load(options: TrackOptions) -> TrackNetV3Detector:
    """The network that ``options.weights`` name, with torch in fp32.

    Raises:
        UnknownNameError, WeightsError, DeviceError: as `load_network_detector`.
        OptionError: a network that TrackNetV3's script could not show its pictures.
    """
    check_known(options.weights)
    if options.weights in DETECTORS:
        raise _not_v3(options.weights, "no network")
    weights = open_weights(options.weights)
    spec = read_spec(weights)
    if not is_v3(spec):
        raise _not_v3(weights.name, f"a {spec.name}")
    runtime = load_runtime(weights, replace(options, runtime="torch", precision="fp32"))
    return TrackNetV3Detector(runtime, options, weights.name)


def is_v3(spec: NetworkSpec) -> bool:
    """Whether a network is TrackNetV3's in all that the rules touch: length and size may differ."""
    v3 = replace(
        SPECS["tracknet-v3"],
        name=spec.name,
        frames_in=spec.frames_in,
        frames_out=spec.frames_in,
        background=spec.background,
        base_width=spec.base_width,
        stem_stride=spec.stem_stride,
        locate=spec.locate,
    )
    return v3 == spec


def merge(
    results: Iterable[tuple[Window, npt.NDArray[np.float32]]], mode: Ensemble
) -> Iterator[tuple[Frame, Heatmap]]:
    """Each frame once with its (h, w) heatmap, as ``predict.py`` puts windows together.

    Of windows that overlap there is one at every frame. In the middle of a clip a frame's L
    answers are weighed; its first L - 1 frames, and its last, get a plain sum divided by how many
    windows cover them, or, where a clip has fewer than L windows, would cover them.

    Args:
        results: windows of `clip_windows`, each with the (L, h, w) float32 heatmaps.
        mode: "nonoverlap", "average" or "weight".
    """
    results = iter(results)
    first = next(results, None)
    if first is None:
        return
    length = len(first[1])
    if mode == "nonoverlap" or len(first[0].keep) < length:
        for window, heatmaps in chain([first], results):
            yield from ((window.frames[i], heatmaps[i]) for i in window.keep)
        return
    weights = position_weights(mode, length)
    weights /= weights.sum()
    recent: deque[npt.NDArray[np.float32]] = deque(maxlen=length)  # the last windows' answers
    for count, (window, heatmaps) in enumerate(chain([first], results), start=1):
        recent.append(heatmaps)
        if count < length:
            yield window.frames[0], _sum(recent, 0) / np.float32(count)
        else:
            yield window.frames[0], _sum(recent, 0, weights)
    for past in range(1, length):
        while len(recent) > length - past:
            recent.popleft()
        yield window.frames[past], _sum(recent, past) / np.float32(length - past)


def _sum(
    recent: Sequence[npt.NDArray[np.float32]],
    newest: int,
    weights: npt.NDArray[np.float32] | None = None,
) -> Heatmap:
    """One frame's answers added up from the oldest window on: another order rounds otherwise.

    Args:
        recent: (L, h, w) answers of windows that follow each other.
        newest: the frame's place in the last of them; in each one before it is one later.
        weights: by place; None weighs nothing.
    """
    total: Heatmap = np.zeros_like(recent[0][0])
    for place, heatmaps in zip(range(newest + len(recent) - 1, -1, -1), recent, strict=False):
        total += heatmaps[place] if weights is None else heatmaps[place] * weights[place]
    return total


def locate(heatmap: Heatmap, source: tuple[int, int]) -> tuple[Candidate, ...]:
    """The middle of the largest box around what is above 0.5, in whole pixels of the source.

    Args:
        heatmap: (h, w) float32 in [0, 1].
        source: (width, height) of the video.

    Returns:
        One candidate, whose score is the highest in its box; none where there is nothing, or the
        middle is (0, 0), which stands for that.
    """
    above = (heatmap > THRESHOLD).view(np.uint8)
    outlines, _ = cv2.findContours(above, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = [cv2.boundingRect(outline) for outline in outlines]
    if not boxes:
        return ()
    left, top, width, height = max(boxes, key=lambda box: box[2] * box[3])  # of like ones the first
    rows, columns = heatmap.shape
    x = int(int(left + width / 2) * (source[0] / columns))
    y = int(int(top + height / 2) * (source[1] / rows))
    if (x, y) == (0, 0):
        return ()
    box = heatmap[top : top + height, left : left + width]
    return (Candidate(float(x), float(y), min(float(box.max()), 1.0)),)


def _not_v3(name: str, what: str) -> OptionError:
    return OptionError(
        f"rules tracknetv3 are for TrackNetV3's networks, {name} is {what}; "
        "take --weights tracknet-v3 or a TrackNet_best.pt"
    )
