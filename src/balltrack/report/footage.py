"""What is taken from the video for a report, in one pass: times, shots, pictures."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from balltrack.errors import VideoError
from balltrack.pipeline.progress import OnProgress, reporting
from balltrack.report.options import ReportOptions
from balltrack.scene.background import median_image
from balltrack.scene.shots import split_shots
from balltrack.structures import FloatArray, Frame, Image, VideoInfo
from balltrack.video.prefetch import prefetch
from balltrack.video.reader import open_video

WIDEST = 960
"""Pixels of a shot's picture; the thumbnails are a quarter of that."""

SAMPLES = 15
"""Frames in a shot's background, and up to as many more that wait to be thinned out."""

THUMB_EVERY_S = 0.5
DEPTH = 8
QUALITY = 85


@dataclass(frozen=True)
class ShotPicture:
    """One camera shot; ``jpeg`` is what it looks like without the ball and the players."""

    number: int
    first_frame: int
    last_frame: int
    jpeg: bytes


@dataclass(frozen=True)
class Footage:
    """What a video shows.

    Attributes:
        info: of the container.
        times_s: (N,) of every frame, seconds from the first.
        shots: in order; every frame is of one.
        thumbs: small JPEGs by frame, one every half second.
    """

    info: VideoInfo
    times_s: FloatArray
    shots: tuple[ShotPicture, ...]
    thumbs: dict[int, bytes]


def look(
    video: str | os.PathLike[str],
    options: ReportOptions = ReportOptions(),  # noqa: B008  # frozen
    progress: OnProgress | None = None,
) -> Footage:
    """Read a video once, at a small size; memory holds the samples of one shot, and JPEGs.

    Raises:
        VideoError: the video cannot be read, or holds no frame.
    """
    with open_video(video, reader=options.reader, source=options) as source:
        info = source.info
    width = min(WIDEST, info.width)
    size = (width, max(1, round(info.height * width / info.width)))
    times: list[float] = []
    shots: list[ShotPicture] = []
    thumbs: dict[int, bytes] = {}
    thumb_size = (max(1, size[0] // 4), max(1, size[1] // 4))
    next_thumb_s = -math.inf
    small = open_video(video, reader=options.reader, size=size, quiet=True, source=options)
    with small, prefetch(small.frames(), DEPTH) as decoded:
        frames = split_shots(decoded)
        if progress is not None:
            frames = reporting(frames, progress, info.frame_count, "look")
        samples = _Samples()
        for frame in _timed(frames, info):
            times.append(frame.time_s)
            if samples.shot != frame.shot:
                shots += samples.picture()
                samples = _Samples(frame.shot, frame.index)
            samples.add(frame)
            if frame.time_s >= next_thumb_s:
                next_thumb_s = frame.time_s + THUMB_EVERY_S
                image = cv2.resize(frame.image, thumb_size, interpolation=cv2.INTER_AREA)
                thumbs[frame.index] = _jpeg(np.asarray(image, dtype=np.uint8))
        shots += samples.picture()
    if not times:
        raise VideoError(f"{video}: not one frame can be decoded; is the file damaged?")
    return Footage(info, np.array(times), tuple(shots), thumbs)


def _timed(frames: Iterable[Frame], info: VideoInfo) -> Iterator[Frame]:
    """The frames, those without a time placed by their number."""
    for frame in frames:
        if math.isnan(frame.time_s):
            time_s = float(frame.index / info.frame_rate)
            yield Frame(frame.index, time_s, frame.image, frame.shot)
        else:
            yield frame


class _Samples:
    """Frames spread evenly over a shot whose length nobody knows yet."""

    def __init__(self, shot: int = -1, first: int = 0) -> None:
        self.shot = shot
        self._first = self._last = first
        self._every = 1
        self._kept: list[Image] = []

    def add(self, frame: Frame) -> None:
        if (frame.index - self._first) % self._every == 0:
            self._kept.append(frame.image)
        self._last = frame.index
        if len(self._kept) == 2 * SAMPLES:
            self._kept = self._kept[::2]
            self._every *= 2

    def picture(self) -> list[ShotPicture]:
        """The shot in a list; an empty one where no frame has come."""
        if not self._kept:
            return []
        jpeg = _jpeg(median_image(self._kept))
        return [ShotPicture(self.shot, self._first, self._last, jpeg)]


def _jpeg(image: Image) -> bytes:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return data.tobytes()
