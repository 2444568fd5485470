"""Pictures that are arriving now from standard input, a pipe, or over a network."""

from __future__ import annotations

import logging
import os
import select
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from functools import partial
from threading import Event
from typing import Any

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from balltrack.errors import VideoError
from balltrack.structures import Image, VideoInfo
from balltrack.video.container import video_stream
from balltrack.video.file_reader import Clock, FileReader, Picture
from balltrack.video.live.sources import STDIN, USUAL_RATE, is_address
from balltrack.video.pyav_reader import to_bgr
from balltrack.video.yuv import orientation

_log = logging.getLogger("balltrack")

PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Before each attempt to reach a source again; after the last one it has ended."""

TIMEOUT_S = 10.0
"""A network source that sends nothing for so long is broken."""

_OPTIONS = {
    "flags": "low_delay",
    "rtsp_transport": "tcp",
    "http_persistent": "0",  # else FFmpeg loses the segment for which a server opens a new one
}
CLOCK_RATE = 1000
"""From here on, a frame rate is that of a clock: what browsers send says so."""

_POLL_S = 0.2  # until who waits for a pipe looks whether it is still wanted


class StreamReader(FileReader):
    """Reads what arrives, once; what has gone by cannot be asked for again.

    A stream on a network that breaks off is opened again after a pause, ever longer ones; its
    pictures are numbered on, and their times go on by the clock.
    """

    name = "PyAV"

    def __init__(self, source: str, number: int | None = None, **part: Any) -> None:
        self._source = source
        self._number = number
        self._stopped = Event()
        self._begun = False
        self._pipe: _Pipe | None = None
        self._container = self._open()
        self._frames = self._decoded()
        try:
            self._first = next(self._frames, None)
            if self._first is None:
                raise VideoError(
                    f"{source}: shows no picture that can be decoded; an MP4 with its index at its "
                    "end, for one, has to be read as a file"
                )
            stream = video_stream(self._container, source, number)
            super().__init__(_info(self._container, stream, self._first, source), **part)
        except BaseException:
            self._free()
            raise
        # A recording that is sent in order has a length, and no live edge to go on from.
        self._again = is_address(source) and self._container.duration is None
        self.patient = not self._again

    def pictures(self) -> Generator[Picture]:
        """The pictures from the first one on that arrived."""
        self._begun = True
        convert = VideoReformatter()
        clock = Clock(self.info.frame_rate)
        came = time.monotonic()
        try:
            while self._first is not None:
                for frame in self._shown():
                    image = partial(_upright, convert, self.info, frame)
                    shown = frame.dts if frame.pts is None else frame.pts
                    came = time.monotonic()
                    time_s = clock.seconds(shown, frame.time_base)
                    broken = frame.is_corrupt and not self._stopped.is_set()  # else cut off by us
                    yield Picture(time_s, image, frame, corrupt=broken)
                self._first = self._reach_again() if self._again else None
                clock.begin_again(time.monotonic() - came)
        finally:
            self._free()

    def close(self) -> None:
        """See `FileReader`."""
        super().close()
        if not self._begun:  # else the pass does, which another thread may be in
            self._free()

    def _free(self) -> None:
        self._container.close()
        if self._pipe is not None:
            self._pipe.close()

    def interrupt(self) -> None:
        """See `FileReader`; from another thread than the one that reads."""
        self._stopped.set()

    def _shown(self) -> Iterator[VideoFrame]:
        if self._first is not None:
            yield self._first
        yield from self._frames

    def _decoded(self) -> Iterator[VideoFrame]:
        """What can be decoded until the source ends or breaks off."""
        stream = video_stream(self._container, self._source, self._number)
        stream.thread_type = "SLICE"  # threads by frame give each out some frames late
        try:
            for packet in self._container.demux(stream):
                with suppress(av.FFmpegError):
                    yield from stream.decode(packet)
                if self._stopped.is_set() and is_address(self._source):
                    return  # a pipe says itself that it has ended, and what is on its way comes
        except (av.FFmpegError, OSError) as error:
            _log.warning("%s: broke off (%s)", self._source, error.strerror or error)

    def _reach_again(self) -> VideoFrame | None:
        """The first picture of the source opened again; None where it stays away."""
        self._container.close()
        for pause in PAUSES_S:
            if self._stopped.wait(pause):
                return None
            with suppress(VideoError):
                self._container = self._open()
                if self._container.duration is not None:  # a playlist that was closed meanwhile
                    break
                self._frames = self._decoded()
                if (first := next(self._frames, None)) is not None:
                    _log.warning("%s: is there again", self._source)
                    return first
                self._container.close()
        _log.warning("%s: has ended", self._source)
        return None

    def _open(self) -> InputContainer:
        try:
            if is_address(self._source):
                return av.open(self._source, "r", options=_OPTIONS, timeout=TIMEOUT_S)
            self._pipe = _Pipe(self._source, self._stopped)
            return av.open(self._pipe, "r")
        except (av.FFmpegError, OSError) as error:
            advice = "pipes take what can be read in one go, such as MPEG-TS or Matroska"
            if is_address(self._source):
                advice = "is it sent there, and may this machine reach it?"
            if self._pipe is not None:
                self._pipe.close()
            raise VideoError(
                f"{self._source}: cannot be read as a live video ({error.strerror or error}); "
                f"{advice}"
            ) from error


class _Pipe:
    """A pipe as a file that PyAV reads, and that stops being waited for.

    Raises:
        OSError: there is none.
    """

    def __init__(self, source: str, stopped: Event) -> None:
        self._named = source != STDIN
        self._descriptor = os.open(source, os.O_RDONLY) if self._named else sys.stdin.fileno()
        self._stopped = stopped

    def close(self) -> None:
        """Of standard input others may yet read; a named pipe is ours."""
        if self._named:
            self._named = False
            os.close(self._descriptor)

    def read(self, size: int) -> bytes:
        while os.name == "posix" and not self._stopped.is_set():
            if select.select([self._descriptor], [], [], _POLL_S)[0]:
                break
        return b"" if self._stopped.is_set() else os.read(self._descriptor, size)


def _upright(
    to: VideoReformatter, info: VideoInfo, frame: VideoFrame, size: tuple[int, int]
) -> Image:
    return to_bgr(to, size, info, frame)


def _info(
    container: InputContainer, stream: VideoStream, frame: VideoFrame, source: str
) -> VideoInfo:
    rotation, mirrored = orientation(frame)
    size = (frame.width, frame.height)
    width, height = size[::-1] if rotation in (90, 270) else size
    rates = (stream.average_rate, stream.guessed_rate, stream.base_rate)
    return VideoInfo(
        path=source,
        width=width,
        height=height,
        frame_rate=next((rate for rate in rates if rate and 0 < rate < CLOCK_RATE), USUAL_RATE),
        frame_count=None,
        duration_s=None,
        codec=stream.codec_context.codec.canonical_name,
        pixel_format=frame.format.name,
        rotation=rotation,
        variable_frame_rate=False,
        has_audio=bool(container.streams.audio),
        interlaced=frame.interlaced_frame,
        mirrored=mirrored,
        stream=stream.index,
    )
