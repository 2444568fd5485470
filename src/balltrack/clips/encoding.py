"""Clips that begin and end at the very frame: decoded and encoded again, in one pass."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from math import isfinite
from pathlib import Path

from av.video.frame import VideoFrame

from balltrack.clips.following import Crop
from balltrack.clips.options import ClipOptions
from balltrack.clips.plan import Clip
from balltrack.errors import VideoError
from balltrack.overlay.sound import Part
from balltrack.overlay.writer import VideoWriter
from balltrack.pipeline.progress import OnProgress, reporting
from balltrack.structures import Frame, Image, VideoInfo
from balltrack.video.prefetch import prefetch
from balltrack.video.probe import source_of
from balltrack.video.reader import VideoReader, open_video
from balltrack.video.yuv import PlanarFrame, copy_of, matrix_of_file

DEPTH = 4
"""Decoded frames that wait to be encoded."""


def encode_clips(
    info: VideoInfo,
    clips: Sequence[Clip],
    paths: Sequence[Path],
    options: ClipOptions,
    *,
    crops: Mapping[int, Crop] | None = None,
    progress: OnProgress | None = None,
) -> None:
    """Encode every clip while the video is decoded once, with its sound.

    Args:
        info: of the source.
        clips: in the order of their first frames; they may overlap.
        paths: one an output, .mp4.
        options: quality and reader.
        crops: by the number of a clip, what part of its pictures is shown; None shows all.
        progress: called after every frame that is read.

    Raises:
        VideoError: the source cannot be read, or ends before its packets promise.
        OutputError: an output cannot be written.
    """
    waiting = deque(zip(clips, paths, strict=True))
    last = max(clip.last_frame for clip in clips)
    source = open_video(info.path, reader=options.reader, source=source_of(info))
    with source, ExitStack() as running:
        rate = source.info.frame_rate
        going: list[_Encoding] = []
        frames: Iterator[Frame] = running.enter_context(
            prefetch(_pictures(source, cropped=crops is not None), DEPTH)
        )
        if progress is not None:
            frames = reporting(frames, progress, last + 1, "cut")
        for frame in frames:
            while waiting and waiting[0][0].first_frame <= frame.index:
                clip, path = waiting.popleft()
                crop = None if crops is None else crops[clip.number]
                size = source.size if crop is None else crop.size
                start_s = frame.time_s if isfinite(frame.time_s) else clip.start_s
                part = Part(start_s, start_s + clip.end_s - clip.start_s, info.stream)
                writer = VideoWriter(
                    path, size, rate, crf=options.crf, audio_from=info.path, part=part
                )
                going.append(_Encoding(clip, crop, writer))
                running.push(going[-1])
            for each in going:
                each.add(frame, shared=len(going) > 1)
            for each in [each for each in going if each.clip.last_frame <= frame.index]:
                going.remove(each)
                each.close()
            if frame.index >= last:
                return
    raise VideoError(f"{info.path}: decoding ends before frame {last}; is the file damaged?")


def _pictures(source: VideoReader, *, cropped: bool) -> Iterator[Frame]:
    """As the encoder takes them, or as arrays to cut from."""
    return (
        source.frames()
        if cropped
        else source.planar_frames(matrix_of_file(source.info.path, source.info.stream))
    )


class _Encoding(ExitStack):
    """One output while its frames come by; closed early it is whole, ended by an error gone."""

    def __init__(self, clip: Clip, crop: Crop | None, writer: VideoWriter) -> None:
        super().__init__()
        self.clip = clip
        self._crop = crop
        self._writer = self.enter_context(writer)

    def add(self, frame: Frame, *, shared: bool) -> None:
        """Append a frame; of one that another output takes at the same time, a copy."""
        picture: Image | VideoFrame = frame.image
        if isinstance(frame, PlanarFrame):
            picture = copy_of(frame.picture) if shared else frame.picture
        if self._crop is not None:
            picture = self._crop.of(frame.image, frame.index)
        self._writer.write(picture, frame.time_s)
