"""The whole way from a track to an overlay."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import chain
from math import inf, isnan
from pathlib import Path

from balltrack.detection.ensemble import Heatmap
from balltrack.errors import LabelError, OptionError
from balltrack.options import RenderOptions
from balltrack.overlay.heat import HeatPainter
from balltrack.overlay.painter import OverlayPainter
from balltrack.overlay.sound import Part
from balltrack.overlay.writer import VideoWriter
from balltrack.pipeline.progress import OnProgress, empty_part, expected_frames, reporting
from balltrack.scene.shots import split_shots
from balltrack.structures import Frame, Track, VideoInfo
from balltrack.video.prefetch import prefetch
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
    heatmaps: Iterable[tuple[int, Heatmap]] | None = None,
    progress: OnProgress | None = None,
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
        heatmaps: to lay under the marks; of the same part of the video, see `Tracker.heatmaps`.
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
    matrix = matrix_of_file(video)
    with source, prefetch(source.planar_frames(matrix), FULL_SIZE_DEPTH) as decoded:
        info, size = source.info, source.size
        frames = split_shots(decoded)
        frame = next(frames, None)
        if frame is None:
            raise empty_part(video)
        frames = chain([frame], frames)
        if progress is not None:
            frames = reporting(frames, progress, expected_frames(info, options), "render")
        if heatmaps is not None:
            frames = _heated(frames, heatmaps, HeatPainter(size, matrix))
        painter = OverlayPainter(track, options, size, matrix)
        part = _part(frame, info, options)
        with VideoWriter(
            output, size, info.frame_rate, crf=options.crf, audio_from=video, part=part
        ) as writer:
            for frame in frames:
                writer.write(painter.paint(frame), frame.time_s)
            if options.end_s is None:
                _check_all_drawn(track, video, last=frame.index)


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
    return Part(start_s, inf if options.end_s is None else options.end_s)


def _check_all_drawn(track: Track, video: str | os.PathLike[str], last: int) -> None:
    """Raise `LabelError` if the track goes beyond the last frame there is."""
    beyond = track.frame_index[track.frame_index > last]
    if len(beyond):
        numbers = ", ".join(map(str, beyond[:3])) + (", …" if len(beyond) > 3 else "")
        raise LabelError(
            f"{video}: ends with frame {last}, but there are labels for {len(beyond)} more "
            f"({numbers}); are they another video's?"
        )
