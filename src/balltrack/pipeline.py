"""The whole way: a video → a track, and a track → an overlay.

The only place that chains the stages. Everything streams; of the frames that were already
looked at only their candidates stay in memory.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain, islice
from math import ceil, inf, isnan
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from balltrack.errors import LabelError, OptionError
from balltrack.geometry import Scaling
from balltrack.inference.candidates import LOW_THRESHOLD, frame_candidates
from balltrack.inference.ensemble import merge, stride_for
from balltrack.inference.runtime import Answer, AsyncRuntime, Runtime
from balltrack.inference.runtimes import load_runtime
from balltrack.inference.windows import Window, make_windows
from balltrack.models.specs import NetworkSpec
from balltrack.options import RenderOptions, TrackOptions
from balltrack.structures import FloatArray, Frame, FrameCandidates, Track, VideoInfo
from balltrack.trajectory.fitted import fitted_parameters
from balltrack.trajectory.linking import best_of_each, link
from balltrack.trajectory.rectification import Inpainter, rectify
from balltrack.trajectory.sightings import Sightings
from balltrack.video.background import with_background
from balltrack.video.overlay import OverlayPainter
from balltrack.video.prefetch import prefetch
from balltrack.video.reader import open_video
from balltrack.video.shots import split_shots
from balltrack.video.sound import Part
from balltrack.video.writer import VideoWriter
from balltrack.weights.header import TORCH_SUFFIXES, check_inpaintnet, read_header
from balltrack.weights.registry import find_weights

_log = logging.getLogger("balltrack")

CUT_OFF_SHARE = 0.95
"""Of the frames that a container promises: with fewer than this something is missing."""

FULL_SIZE_DEPTH = 4
"""Decoded frames that wait to be drawn on; at 4K each takes 25 MB."""


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        done: frames that are through.
        total: frames that the container promises; None where it does not say.
        stage: what is being done, in a word.
    """

    done: int
    total: int | None
    stage: str


Report = Callable[[Progress], None]
T = TypeVar("T")


def track_video(
    path: str | os.PathLike[str],
    options: TrackOptions = TrackOptions(),  # noqa: B008  # frozen
    *,
    progress: Report | None = None,
    runtime: Runtime | None = None,
) -> Track:
    """Where the ball is on every frame of a video.

    Memory grows with the length of the video only by its candidates, about a kilobyte a frame.

    Args:
        path: of the video.
        options: see `TrackOptions`.
        progress: called after every frame.
        runtime: what `load_runtime` gave for these options, where it is at hand.

    Returns:
        One row for each frame that decodes in the asked-for part, in source pixels.

    Raises:
        VideoError: the video cannot be opened or read.
        WeightsError, UnknownNameError: no such weights, or not weights.
        OptionError: the part asked for holds no frame, or the runtime is not installed.
        DeviceError: the device is not on this machine.
    """
    runtime = runtime or load_runtime(options)
    if options.rectify and options.inpaint != "none":
        _check_inpainter(options.inpaint)  # rather now than after the last frame
    spec = runtime.spec
    video = open_video(
        path,
        reader=options.reader,
        size=(spec.width, spec.height),
        start_s=options.start_s,
        end_s=options.end_s,
    )
    with video, prefetch(video.frames()) as frames:
        info = video.info
        size = (info.width, info.height)
        found = detect(split_shots(frames), runtime, spec, options, Scaling(size, video.size))
        if progress is not None:
            found = reporting(found, progress, expected_frames(info, options), "track")
        track = choose_path(found, options, info)
    if not len(track):
        raise _empty_part(path)
    _warn_if_cut_off(info, options, len(track))
    return track


def _warn_if_cut_off(info: VideoInfo, options: TrackOptions, found: int) -> None:
    """A download that broke off decodes without an error, up to where it ends."""
    promised = info.frame_count
    if promised is None and not info.variable_frame_rate:
        promised = expected_frames(info, options)
    whole = options.start_s is None and options.end_s is None
    if whole and promised is not None and found < CUT_OFF_SHARE * promised:
        _log.warning(
            "%s: ends after %d of the %d frames that it promises; is the file cut off?",
            info.path,
            found,
            promised,
        )


def render_overlay(
    video: str | os.PathLike[str],
    track: Track,
    output: str | os.PathLike[str],
    options: RenderOptions = RenderOptions(),  # noqa: B008  # frozen
    *,
    progress: Report | None = None,
) -> None:
    """Write the video again with the ball marked, in a second pass over the file.

    The times of the frames and the sound are the source's (`VideoWriter`), counted from the
    first frame of the part that ``options`` ask for. Cuts are looked
    for again, since not every label file knows of them and no trail may cross one.

    Args:
        video: path of the source.
        track: in its pixels; frames without a row carry no marker.
        output: path that ends in .mp4, .m4v or .mov; replaced if it exists.
        options: see `RenderOptions`.
        progress: called after every frame.

    Raises:
        VideoError: the video cannot be opened or read.
        LabelError: the track has rows for frames that the video does not have.
        OptionError: the output is the video itself or has another ending, or the part asked
            for holds no frame.
        OutputError: the output cannot be written; nothing is left of it.
    """
    if Path(output).exists() and Path(output).samefile(video):
        raise OptionError(f"{output}: is the video itself; choose another output")
    source = open_video(video, reader=options.reader, start_s=options.start_s, end_s=options.end_s)
    with source, prefetch(source.frames(), FULL_SIZE_DEPTH) as decoded:
        info, size = source.info, source.size
        frames = split_shots(decoded)
        frame = next(frames, None)
        if frame is None:
            raise _empty_part(video)
        frames = chain([frame], frames)
        if progress is not None:
            frames = reporting(frames, progress, expected_frames(info, options), "render")
        painter = OverlayPainter(track, options, size)
        part = _part(frame, info, options)
        with VideoWriter(
            output, size, info.frame_rate, crf=options.crf, audio_from=video, part=part
        ) as writer:
            for frame in frames:
                writer.write(painter.paint(frame), frame.time_s)
            if options.end_s is None:
                _check_all_drawn(track, video, last=frame.index)


def _part(first: Frame, info: VideoInfo, options: RenderOptions) -> Part:
    """What an overlay shows of its video, from its first frame on."""
    if options.start_s is None:
        start_s = 0.0
    elif isnan(first.time_s):
        start_s = float(first.index / info.frame_rate)
    else:
        start_s = first.time_s
    return Part(start_s, inf if options.end_s is None else options.end_s)


def _empty_part(path: str | os.PathLike[str]) -> OptionError:
    return OptionError(
        f"{path}: has no frame in the part asked for; `balltrack info` tells its length"
    )


def _check_all_drawn(track: Track, video: str | os.PathLike[str], last: int) -> None:
    """Raise `LabelError` if the track goes beyond the last frame there is."""
    beyond = track.frame_index[track.frame_index > last]
    if len(beyond):
        numbers = ", ".join(map(str, beyond[:3])) + (", …" if len(beyond) > 3 else "")
        raise LabelError(
            f"{video}: ends with frame {last}, but there are labels for {len(beyond)} more "
            f"({numbers}); are they another video's?"
        )


def detect(
    frames: Iterable[Frame],
    runtime: Runtime,
    spec: NetworkSpec,
    options: TrackOptions,
    scaling: Scaling,
) -> Iterator[FrameCandidates]:
    """What the network sees on each frame: one entry a frame, in order.

    Args:
        frames: at the network's size, with shots numbered.
        runtime: of a network with ``spec``.
        scaling: from source pixels to the network's.
    """
    heatmaps = run_network(cut_windows(frames, spec, options), runtime, options.batch_size)
    low = min(LOW_THRESHOLD, options.threshold)
    for frame, heatmap in merge(heatmaps, options.ensemble):
        yield frame_candidates(frame, heatmap, scaling, options.locate, low_threshold=low)


def cut_windows(
    frames: Iterable[Frame], spec: NetworkSpec, options: TrackOptions
) -> Iterator[Window]:
    """Windows as the network and the ensemble want them, with backgrounds where it takes any."""
    items = with_background(frames) if spec.background == "concat" else ((f, None) for f in frames)
    return make_windows(items, spec.frames_in, stride_for(options.ensemble, spec.frames_in))


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


def choose_path(
    candidates: Iterable[FrameCandidates], options: TrackOptions, info: VideoInfo
) -> Track:
    """One position a frame: linked and rectified as the options ask."""
    size = (info.width, info.height)
    parameters = fitted_parameters(options.weights)
    sightings = Sightings()
    if options.rectify:
        candidates = sightings.watch(candidates)
    if options.link:
        rate = float(info.frame_rate)
        track = link(
            candidates,
            threshold=options.threshold,
            frame_rate=rate,
            size=size,
            parameters=parameters,
        )
    else:
        track = best_of_each(candidates, threshold=options.threshold)
    if options.rectify:
        inpaint = None if options.inpaint == "none" else _inpainter(options.inpaint)
        track = rectify(
            track,
            inpaint=inpaint,
            max_gap=options.max_gap,
            size=size,
            sightings=sightings,
            parameters=parameters,
        )
    return track


def _inpainter(weights: str) -> Inpainter:
    """InpaintNet, loaded when there is a gap to fill: it needs torch, tracking may not."""

    def inpaint(positions: FloatArray, mask: npt.NDArray[np.bool_]) -> FloatArray:
        return _load_inpainter(weights)(positions, mask)

    return inpaint


def _check_inpainter(weights: str) -> None:
    """Raise what loading them would, without torch where that can be."""
    path = find_weights(weights)
    if path.suffix.lower() in TORCH_SUFFIXES:
        _load_inpainter(weights)
    else:
        check_inpaintnet(path, read_header(path).metadata)


@lru_cache(maxsize=1)
def _load_inpainter(weights: str) -> Inpainter:
    from balltrack.trajectory.inpainting import InpaintNetInpainter  # noqa: PLC0415
    from balltrack.weights.checkpoints import load_inpaintnet  # noqa: PLC0415

    network = load_inpaintnet(weights)
    return InpaintNetInpainter(network, network.coordinates)


def reporting(items: Iterable[T], progress: Report, total: int | None, stage: str) -> Iterator[T]:
    """The same items, each reported as one more frame done."""
    for done, item in enumerate(items, start=1):
        yield item
        progress(Progress(done, total, stage))


def expected_frames(info: VideoInfo, options: TrackOptions | RenderOptions) -> int | None:
    """Frames in the asked-for part, as far as the container can be believed."""
    rate = float(info.frame_rate)
    total = info.frame_count
    if total is None and info.duration_s is not None:
        total = round(info.duration_s * rate)
    if total is None:
        return None
    first = ceil((options.start_s or 0.0) * rate)
    end = total if options.end_s is None else min(total, ceil(options.end_s * rate))
    return max(end - first, 0)
