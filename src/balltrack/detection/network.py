"""A heatmap network as a detector: frames → windows → heatmaps → candidates."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from balltrack.detection.blobs import LOW_THRESHOLD, choose_locator, frame_candidates
from balltrack.detection.detector import Description
from balltrack.detection.ensemble import Heatmap, merge, stride_for
from balltrack.detection.fitted import fitted_parameters
from balltrack.geometry import Scaling
from balltrack.options import TrackOptions
from balltrack.runtimes import load_runtime
from balltrack.runtimes.runtime import Answer, AsyncRuntime, HeatKeeper, Runtime, WarmHeatmap
from balltrack.scene.panning.panorama import from_register
from balltrack.scene.windows import Window, cut_windows
from balltrack.stages import UNOBSERVED, Observer
from balltrack.structures import Frame, FrameCandidates
from balltrack.trajectory.motion import DEFAULT, LinkingParameters
from balltrack.weights.handle import Weights


class NetworkDetector:
    """A `Detector` that asks a network.

    Args:
        runtime: runs the network.
        options: windows, batches, the threshold and how a blob becomes a point.
        name: of the weights.
        linking: fitted to the network.
    """

    verifier = "verifier"

    def __init__(
        self,
        runtime: Runtime,
        options: TrackOptions,
        name: str = "",
        linking: LinkingParameters = DEFAULT,
    ) -> None:
        spec = runtime.spec
        self.runtime = runtime
        self.size = (spec.width, spec.height)
        self.fit = spec.fit
        self.linking = linking
        self.description = Description(
            weights=name,
            runtime=runtime.name,
            device=runtime.device,
            precision=runtime.precision,
            threads=runtime.threads,
            batch_size=options.batch_size or (1 if options.lag else runtime.batch_size),
        )
        self._options = options
        self._live = options.lag is not None
        self._stride = stride_for(options.ensemble, spec.frames_out, options.stride)
        # The frames after a shot's last window but one wait for the next shot's first; a batch of
        # windows waits for its last one.
        windows = self.description.batch_size
        self.lag = (windows + 1) * spec.frames_out - self._stride - 1
        self._locate = choose_locator(options.locate, spec)
        self.threshold = options.threshold
        self._low = min(LOW_THRESHOLD, options.threshold)

    def candidates(
        self, frames: Iterable[Frame], scaling: Scaling, observer: Observer = UNOBSERVED
    ) -> Iterator[FrameCandidates]:
        """See `Detector`."""
        above = self.threshold if self.runtime.spec.paints_streaks else None
        for frame, heatmap in self._warm_heatmaps(frames, scaling, observer):
            yield frame_candidates(
                frame,
                heatmap.array,
                scaling,
                self._locate,
                low_threshold=self._low,
                warm=heatmap.places,
                streaks_above=above,
            )

    def _warm_heatmaps(
        self, frames: Iterable[Frame], scaling: Scaling, observer: Observer
    ) -> Iterator[tuple[Frame, WarmHeatmap]]:
        """As `heatmaps`, right where it is warm alone."""
        runtime = self.runtime
        if not isinstance(runtime, HeatKeeper) or self._locate == "one-circle":
            for frame, heatmap in self.heatmaps(frames, scaling, observer):
                yield frame, WarmHeatmap(heatmap)
            return
        batch_size = self.description.batch_size
        kept = _kept(self._windows(frames, observer), runtime, batch_size)
        merged = merge(kept, self._options.ensemble, self._stride if self._live else None)
        together, ahead = (1, 1) if self._live else (batch_size * self._stride, runtime.in_flight)
        yield from observer.iterate(
            "network", _brought_back(merged, runtime, self._low, together, ahead)
        )

    def heatmaps(
        self, frames: Iterable[Frame], scaling: Scaling, observer: Observer = UNOBSERVED
    ) -> Iterator[tuple[Frame, Heatmap]]:
        """See `HeatmapDetector`."""
        answers = run_network(
            self._windows(frames, observer),
            self.runtime,
            self.description.batch_size,
            at_once=self._live,
        )
        answers = map(_own_pixels, observer.iterate("network", answers))
        return merge(answers, self._options.ensemble, self._stride if self._live else None)

    def _windows(self, frames: Iterable[Frame], observer: Observer) -> Iterator[Window]:
        windows = cut_windows(frames, self.runtime.spec, self._stride, live=self._live)
        return observer.iterate("prepare", windows)


def _own_pixels(
    answer: tuple[Window, npt.NDArray[np.float32]],
) -> tuple[Window, npt.NDArray[np.float32]]:
    """The same where the camera stood still; else heatmaps in each frame's own pixels."""
    window, heatmaps = answer
    return (window, heatmaps if window.ways is None else from_register(heatmaps, window.ways))


def load_network_detector(weights: Weights, options: TrackOptions) -> NetworkDetector:
    """The network of weights, ready on the device that ``options`` name.

    Raises:
        WeightsError: not those of a heatmap network.
        OptionError, DeviceError: a runtime or a device that is not there, or not for int8.
    """
    linking = fitted_parameters(weights)
    return NetworkDetector(load_runtime(weights, options), options, weights.name, linking)


def run_network(
    windows: Iterable[Window], runtime: Runtime, batch_size: int, *, at_once: bool = False
) -> Iterator[tuple[Window, npt.NDArray[np.float32]]]:
    """Each window with its (L, h, w) heatmaps, in order.

    An `AsyncRuntime` has its next batches before the answer to one is waited for. Batches of
    frames that are all known are not asked about; the others are those that they always are, since
    an answer's last digits go by its batch.

    Args:
        windows: of the network's length and size.
        runtime: runs the network.
        batch_size: windows a call.
        at_once: wait for every answer, whatever the runtime.
    """
    windows = iter(windows)
    ahead = runtime if isinstance(runtime, AsyncRuntime) and runtime.in_flight > 1 else None
    ahead = None if at_once else ahead
    under_way: deque[tuple[list[Window], Answer]] = deque()
    while batch := list(islice(windows, batch_size)):
        if _all_known(batch):
            answer: Answer = partial(_nothing, len(batch), runtime)
        else:
            answer = ahead.submit(batch) if ahead else partial(runtime.heatmaps, batch)
        under_way.append((batch, answer))
        if ahead is None or len(under_way) == ahead.in_flight:
            yield from _answered(under_way.popleft())
    while under_way:
        yield from _answered(under_way.popleft())


def _all_known(batch: Sequence[Window]) -> bool:
    return all(frame.known for window in batch for frame in window.frames)


def _nothing(windows: int, runtime: Runtime) -> npt.NDArray[np.float32]:
    spec = runtime.spec
    return np.zeros((windows, spec.frames_out, spec.height, spec.width), np.float32)


def _answered(
    batch: tuple[list[Window], Answer],
) -> Iterator[tuple[Window, npt.NDArray[np.float32]]]:
    windows, answer = batch
    return zip(windows, answer(), strict=True)


def _kept(
    windows: Iterable[Window], runtime: HeatKeeper, batch_size: int
) -> Iterator[tuple[Window, Any]]:
    """Each window with its (L, h, w) heatmaps, in order and in its frames' own pixels, where
    ``runtime`` keeps them; batches as those of `run_network`. Nothing is waited for, but the
    heatmaps of a camera that pans."""
    windows = iter(windows)
    while batch := list(islice(windows, batch_size)):
        known = _all_known(batch)
        heat = runtime.put(_nothing(len(batch), runtime)) if known else runtime.keep(batch)
        for window, heatmaps in zip(batch, heat, strict=True):
            if window.ways is None or known:
                yield window, heatmaps
            else:
                own = from_register(runtime.take(heatmaps), window.ways)
                yield window, runtime.put(own)


def _brought_back(
    merged: Iterable[tuple[Frame, Any]],
    runtime: HeatKeeper,
    above: float,
    together: int,
    ahead: int,
) -> Iterator[tuple[Frame, WarmHeatmap]]:
    """Each frame with what is warm in its heatmap.

    Args:
        merged: frames in order, each with a heatmap that ``runtime`` keeps.
        runtime: brings them back.
        above: from where on a pixel is warm.
        together: frames that are brought back at a time.
        ahead: times that are under way before the first is waited for.
    """
    merged = iter(merged)
    under_way: deque[tuple[tuple[Frame, ...], Callable[[], list[WarmHeatmap]]]] = deque()
    while some := list(islice(merged, together)):
        frames, heatmaps = zip(*some, strict=True)
        under_way.append((frames, runtime.warm(heatmaps, above)))
        if len(under_way) == ahead:
            frames, answer = under_way.popleft()
            yield from zip(frames, answer(), strict=True)
    for frames, answer in under_way:
        yield from zip(frames, answer(), strict=True)
