"""The whole way from a track, or several, to an overlay."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from math import inf, isnan
from pathlib import Path
from typing import NamedTuple

from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace

from balltrack.detection.ensemble import Heatmap
from balltrack.errors import LabelError, OptionError
from balltrack.options import RenderOptions
from balltrack.overlay.heat import HeatPainter
from balltrack.overlay.painter import OverlayPainter
from balltrack.overlay.panes import PanesPainter, pane_size
from balltrack.overlay.sound import Part
from balltrack.overlay.writer import VideoWriter
from balltrack.pipeline.progress import OnProgress, empty_part, expected_frames, reporting
from balltrack.scene.shots import split_shots
from balltrack.structures import Event, Frame, Track, VideoInfo
from balltrack.video.container import count_shown
from balltrack.video.prefetch import prefetch
from balltrack.video.probe import probe
from balltrack.video.reader import open_video
from balltrack.video.yuv import PlanarFrame, matrix_of_file

FULL_SIZE_DEPTH = 4
"""Decoded frames that wait to be drawn on; at 4K each takes 12 MB."""


def render_overlay(
    video: str | os.PathLike[str],
    track: Track,
    output: str | os.PathLike[str],
    options: RenderOptions = RenderOptions(),  # noqa: B008  # frozen
    *,
    events: Iterable[Event] = (),
    heatmaps: Iterable[tuple[int, Heatmap]] | None = None,
    progress: OnProgress | None = None,
) -> range:
    """Write the video again with the ball marked, in a second pass over the file.

    The times of the frames and the sound are the source's (`VideoWriter`), counted from the
    first frame of the part that ``options`` ask for. Cuts are looked
    for again, since not every label file knows of them and no trail may cross one.

    Args:
        video: path of the source.
        track: in its pixels; frames without a row carry no marker.
        output: path that ends in .mp4, .m4v or .mov; replaced if it exists.
        options: see `RenderOptions`.
        events: hits and bounces to mark.
        heatmaps: to lay under the marks; of the same part of the video, see `Tracker.heatmaps`.
        progress: called after every frame.

    Returns:
        The numbers of the frames that were drawn.

    Raises:
        VideoError: the video cannot be opened or read.
        LabelError: the track has rows for frames that the video does not have.
        OptionError: the output is the video itself or has another ending, or the part asked
            for holds no frame.
        OutputError: the output cannot be written; nothing is left of it.
    """
    _check_labels(track, probe(video, options), options)
    with _shown(video, options, progress) as shown:
        frames = _all_drawn(shown.frames, track, video, options)
        if heatmaps is not None:
            frames = _heated(frames, heatmaps, HeatPainter(shown.size, shown.matrix))
        rate = float(shown.info.frame_rate)
        painter = OverlayPainter(
            track, options, shown.size, shown.matrix, events=events, frame_rate=rate
        )
        pictures = ((painter.paint(frame), frame.time_s) for frame in frames)
        count = _write(pictures, video, output, options, shown, shown.size)
    return range(shown.first, shown.first + count)


def render_panes(
    video: str | os.PathLike[str],
    tracks: Mapping[str, Track],
    output: str | os.PathLike[str],
    options: RenderOptions = RenderOptions(),  # noqa: B008  # frozen
    *,
    progress: OnProgress | None = None,
) -> None:
    """Write the video with every track in a pane of its own, see `PanesPainter`.

    Args:
        video, output, options, progress: as those of `render_overlay`.
        tracks: name → track, in pixels of the source.

    Raises:
        VideoError, OptionError, OutputError: as `render_overlay`.
    """
    info = probe(video, options)
    source = (info.width, info.height)
    pane = pane_size(source, len(tracks))
    with _shown(video, options, progress, pane) as shown:
        painter = PanesPainter(tracks, options, source, pane, shown.matrix)
        pictures = ((painter.paint(frame), frame.time_s) for frame in shown.frames)
        _write(pictures, video, output, options, shown, painter.size)


class _Shown(NamedTuple):
    """What there is to draw on: frames in order, from ``first`` on, of one size and colour
    matrix."""

    first: int
    frames: Iterator[PlanarFrame]
    info: VideoInfo
    size: tuple[int, int]
    matrix: Colorspace
    part: Part


@contextmanager
def _shown(
    video: str | os.PathLike[str],
    options: RenderOptions,
    progress: OnProgress | None,
    size: tuple[int, int] | None = None,
) -> Iterator[_Shown]:
    """The part of the video that the options ask for, at the source's size or another."""
    source = open_video(
        video,
        reader=options.reader,
        size=size,
        start_s=options.start_s,
        end_s=options.end_s,
        source=options,
    )
    matrix = matrix_of_file(source.info.path, source.info.stream)
    with source, prefetch(source.planar_frames(matrix), FULL_SIZE_DEPTH) as decoded:
        frames = split_shots(decoded)
        frame = next(frames, None)
        if frame is None:
            raise empty_part(video)
        frames = chain([frame], frames)
        if progress is not None:
            expected = expected_frames(source.info, options)
            frames = reporting(frames, progress, expected, "render")
        shown = _part(frame, source.info, options)
        yield _Shown(frame.index, frames, source.info, source.size, matrix, shown)


def _write(
    pictures: Iterable[tuple[VideoFrame, float]],
    video: str | os.PathLike[str],
    output: str | os.PathLike[str],
    options: RenderOptions,
    shown: _Shown,
    size: tuple[int, int],
) -> int:
    """Encode pictures of ``size``, each with its time in the video, with the video's sound; says
    how many."""
    if Path(output).resolve() == Path(video).resolve():
        raise OptionError(f"{output}: is the video itself; choose another output")
    rate, crf = shown.info.frame_rate, options.crf
    sound = video if shown.info.stream is not None else None  # pictures have none
    count = 0
    with VideoWriter(output, size, rate, crf=crf, audio_from=sound, part=shown.part) as writer:
        for picture, time_s in pictures:
            writer.write(picture, time_s)
            count += 1
    return count


def _heated(
    frames: Iterable[PlanarFrame], heatmaps: Iterable[tuple[int, Heatmap]], painter: HeatPainter
) -> Iterator[PlanarFrame]:
    """The same frames, each with its heatmap drawn; the two come from passes of their own.

    One pass for both would have to keep whole pictures for as long as a detector waits for the
    background of a shot: 330 frames, at 4K 4 GB.
    """
    for frame, (index, heatmap) in zip(frames, heatmaps, strict=True):
        assert index == frame.index, f"heatmap of frame {index} for frame {frame.index}"
        painter.paint(frame.picture, heatmap)
        yield frame


def _part(first: Frame, info: VideoInfo, options: RenderOptions) -> Part:
    """What an overlay shows of its video, from its first frame on."""
    if options.start_s is None:
        start_s = 0.0
    elif isnan(first.time_s):
        start_s = float(first.index / info.frame_rate)
    else:
        start_s = first.time_s
    return Part(start_s, inf if options.end_s is None else options.end_s, info.stream)


def _all_drawn(
    frames: Iterable[PlanarFrame],
    track: Track,
    video: str | os.PathLike[str],
    options: RenderOptions,
) -> Iterator[PlanarFrame]:
    """The same frames; after the video's last, `LabelError` if the track goes beyond it."""
    last = -1
    for frame in frames:
        last = frame.index
        yield frame
    if options.end_s is None:
        _refuse_beyond(last, track, video)


def _check_labels(track: Track, info: VideoInfo, options: RenderOptions) -> None:
    """Refuse labels of another video before hours of drawing, as far as packets tell.

    Raises:
        LabelError: there are more than packets.
    """
    rows = int(track.frame_index[-1]) + 1 if len(track) else 0
    if options.end_s is not None or rows <= (info.frame_count or 0):
        return
    if info.stream is None:
        _refuse_beyond((info.frame_count or 0) - 1, track, info.path)
    else:
        _refuse_beyond(count_shown(info.path, info.stream) - 1, track, info.path)


def _refuse_beyond(last: int, track: Track, video: str | os.PathLike[str]) -> None:
    """Raise `LabelError` for rows after frame ``last``."""
    beyond = track.frame_index[track.frame_index > last]
    if len(beyond):
        numbers = ", ".join(map(str, beyond[:3])) + (", …" if len(beyond) > 3 else "")
        raise LabelError(
            f"{video}: ends with frame {last}, but there are labels for {len(beyond)} more "
            f"({numbers}); are they another video's?"
        )
