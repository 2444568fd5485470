"""Frames → what the network sees on each."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial, reduce
from itertools import islice, tee

import numpy as np
import numpy.typing as npt

from balltrack.geometry import Scaling
from balltrack.inference.candidates import LOW_THRESHOLD, choose_locator, frame_candidates
from balltrack.inference.ensemble import merge, stride_for
from balltrack.inference.joining import join
from balltrack.inference.runtime import Answer, AsyncRuntime, Runtime
from balltrack.inference.windows import Window, make_windows
from balltrack.models.specs import NetworkSpec
from balltrack.options import TrackOptions
from balltrack.structures import Frame, FrameCandidates
from balltrack.video.background import with_background

Detector = Callable[[Iterable[Frame], Runtime], Iterator[FrameCandidates]]
"""What one network sees on each frame."""


def detect_together(
    frames: Iterable[Frame], runtimes: Sequence[Runtime], detector: Detector, scaling: Scaling
) -> Iterator[FrameCandidates]:
    """What the networks see on each frame, joined: one entry a frame, in order.

    Frames that one network is done with wait for the other, a background's worth at most.

    Args:
        frames: as `detect` takes them.
        runtimes: one a network, all of one picture size.
        detector: asks one of them.
        scaling: from source pixels to the networks'.
    """
    if len(runtimes) == 1:
        yield from detector(frames, runtimes[0])  # `tee` would hold on to frames for nothing
        return
    copies = tee(frames, len(runtimes))
    seen = (detector(copy, runtime) for copy, runtime in zip(copies, runtimes, strict=True))
    for entries in zip(*seen, strict=True):
        yield reduce(partial(join, scaling=scaling), entries)


def detect(
    frames: Iterable[Frame], runtime: Runtime, options: TrackOptions, scaling: Scaling
) -> Iterator[FrameCandidates]:
    """What the network sees on each frame: one entry a frame, in order.

    Args:
        frames: at the network's size, with shots numbered.
        runtime: of the network.
        scaling: from source pixels to the network's.
    """
    heatmaps = run_network(cut_windows(frames, runtime.spec, options), runtime, options.batch_size)
    low = min(LOW_THRESHOLD, options.threshold)
    locate = choose_locator(options.locate, runtime.spec)
    for frame, heatmap in merge(heatmaps, options.ensemble):
        yield frame_candidates(frame, heatmap, scaling, locate, low_threshold=low)


def cut_windows(
    frames: Iterable[Frame], spec: NetworkSpec, options: TrackOptions
) -> Iterator[Window]:
    """Windows as the network and the ensemble want them, with backgrounds where it takes any."""
    items = with_background(frames) if spec.background == "concat" else ((f, None) for f in frames)
    stride = stride_for(options.ensemble, spec.frames_out, options.stride)
    return make_windows(items, spec.frames_in, stride, spec.frames_out)


def run_network(
    windows: Iterable[Window], runtime: Runtime, batch_size: int | None
) -> Iterator[tuple[Window, npt.NDArray[np.float32]]]:
    """Each window with its (L, h, w) heatmaps; None takes the runtime's batch size.

    An `AsyncRuntime` has its next batches before the answer to one is waited for.
    """
    windows = iter(windows)
    ahead = runtime if isinstance(runtime, AsyncRuntime) and runtime.in_flight > 1 else None
    under_way: deque[tuple[list[Window], Answer]] = deque()
    while batch := list(islice(windows, batch_size or runtime.batch_size)):
        answer = ahead.submit(batch) if ahead else partial(runtime.heatmaps, batch)
        under_way.append((batch, answer))
        if ahead is None or len(under_way) == ahead.in_flight:
            yield from _answered(under_way.popleft())
    while under_way:
        yield from _answered(under_way.popleft())


def _answered(
    batch: tuple[list[Window], Answer],
) -> Iterator[tuple[Window, npt.NDArray[np.float32]]]:
    windows, answer = batch
    return zip(windows, answer(), strict=True)
