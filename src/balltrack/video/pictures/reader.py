"""Reading pictures that are files of their own."""

from __future__ import annotations

import logging
from collections.abc import Generator
from fractions import Fraction
from functools import partial
from math import nan
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from balltrack.errors import VideoError, counted
from balltrack.structures import FloatArray, VideoInfo
from balltrack.video.file_reader import Picture
from balltrack.video.pictures.names import list_pictures, tell_jumps
from balltrack.video.pyav_reader import PyavReader
from balltrack.video.yuv import orientation

_log = logging.getLogger("balltrack")

USUAL_RATE = Fraction(25)
"""Frames a second where nobody says how many."""


def probe_pictures(source: str, fps: float | None) -> VideoInfo:
    """Describe a source that `are_pictures`, by the first of them that can be decoded.

    Args:
        source: the folder or the pattern.
        fps: pictures a second; without it the video has no length in seconds, and no times.

    Raises:
        VideoError: there is no picture, or none that can be decoded.
    """
    paths = list_pictures(source)
    frame = next(filter(None, map(read_picture, paths)), None)
    if frame is None:
        raise VideoError(f"{source}: none of {counted(len(paths), 'picture')} can be decoded")
    rotation, mirrored = orientation(frame)
    size = (frame.width, frame.height)
    width, height = size[::-1] if rotation in (90, 270) else size
    return VideoInfo(
        path=source,
        width=width,
        height=height,
        frame_rate=USUAL_RATE if fps is None else Fraction(fps).limit_denominator(1001),
        frame_count=len(paths),
        duration_s=None if fps is None else len(paths) / fps,
        codec="pictures",
        pixel_format=frame.format.name,
        rotation=rotation,
        variable_frame_rate=False,
        has_audio=False,
        mirrored=mirrored,
        stream=None,
    )


def picture_times(info: VideoInfo) -> FloatArray:
    """(N,) when each picture is shown, seconds from the first; NaN where nobody gave their rate."""
    numbers = np.arange(info.frame_count or 0, dtype=np.float64)
    return numbers / float(info.frame_rate) if info.duration_s is not None else numbers * nan


def tell_no_rate(source: str) -> None:
    """Say so where nobody gave the rate of a source that `are_pictures`."""
    _log.warning(
        "%s: pictures have no times; 25 a second are assumed where a rate is needed, --fps says it",
        source,
    )


def read_picture(path: Path) -> VideoFrame | None:
    """A picture as FFmpeg decodes it; None where it is missing, cut off or broken."""
    if not path.is_file():
        return None
    # FFmpeg's check for what is cut off refuses whole TIFFs, which it finds broken without.
    strict = {} if path.suffix.lower() in (".tif", ".tiff") else {"err_detect": "explode"}
    try:
        with av.open(str(path.absolute()), metadata_errors="replace") as container:
            stream = container.streams.video[0]
            stream.codec_context.options = strict
            stream.thread_type = "SLICE"  # threads by frame cost more than one picture
            return next((frame for frame in container.decode(stream)), None)
    except (av.FFmpegError, OSError, IndexError):
        return None


class PictureReader(PyavReader):
    """Decodes with FFmpeg, a file a frame.

    A picture that is missing or broken is a frame that shows the one before again, `lost`; at
    the end of the pass one warning tells how many they were.
    """

    def _pictures(self) -> Generator[Picture]:
        info = self.info
        timed = info.duration_s is not None
        if not timed and not self.quiet:
            tell_no_rate(info.path)
        self._reformatter = VideoReformatter()
        paths = list_pictures(info.path)
        if not self.quiet:
            tell_jumps(info.path, paths)
        size: tuple[int, int] | None = None
        good, broken = None, []
        for number, path in enumerate(paths):
            frame = read_picture(path)
            if lost := frame is None:
                broken.append(path)
                frame = read_picture(good) if good else next(filter(None, map(read_picture, paths)))
            else:
                good = path
            assert frame is not None  # what could be decoded once
            size = self._check_size(size, frame, number)
            time_s = float(number / info.frame_rate) if timed else nan
            yield Picture(time_s, partial(self._image, frame), frame, lost)
        self._tell(broken)

    def _tell(self, broken: list[Path]) -> None:
        if broken and not self.quiet:
            _log.warning(
                "%s: %s missing or broken, the first %s; their rows are there, without a ball",
                self.info.path,
                counted(len(broken), "picture"),
                broken[0].name,
            )
