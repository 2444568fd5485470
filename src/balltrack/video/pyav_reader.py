"""Reading with PyAV."""

from __future__ import annotations

import logging
import math
from collections.abc import Generator, Iterator
from contextlib import closing
from functools import partial
from itertools import islice
from typing import Literal

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream

from balltrack.structures import Frame, Image
from balltrack.video.container import open_container, packet_time, video_stream
from balltrack.video.file_reader import FileReader, Picture

_log = logging.getLogger("balltrack")

Threads = Literal["AUTO", "SLICE"]  # AUTO decodes several frames at once


class PyavReader(FileReader):
    """Reads forward with PyAV; swscale goes from YUV straight to BGR at the asked-for size.

    A packet that cannot be decoded is skipped and counted, and decoding goes on.

    Attributes:
        damaged_packets: how many packets the latest pass has skipped so far.
    """

    damaged_packets = 0
    _last_packet: int | None = None

    def frames(self) -> Iterator[Frame]:
        """As `FileReader.frames`; at the end, one warning tells of damage."""
        yield from super().frames()
        if self.damaged_packets:
            _log.warning(
                "%s: damaged; %d packets could not be decoded and their frames are missing",
                self.info.path,
                self.damaged_packets,
            )

    def pictures(self) -> Generator[Picture]:
        """Every picture that can be decoded.

        When a file ends with a damaged packet in flight, PyAV drops what FFmpeg's other
        threads hold (``CodecContext.decode`` stops draining at the first error). Where the
        last packets gave no picture, the tail is decoded again, one frame at a time.
        """
        convert = partial(_to_bgr, VideoReformatter(), self.size, self.info.rotation)
        origin: int | None = None
        last: int | None = None
        given = 0
        passes: tuple[Threads, ...] = ("AUTO", "SLICE")
        for threads in passes:
            with closing(self._decode(threads)) as frames:
                for frame in islice(frames, given, None):
                    given += 1
                    last = frame.dts if frame.pts is None else frame.pts
                    origin = last if origin is None else origin
                    yield Picture(_seconds(frame, last, origin), partial(convert, frame))
            if self._last_packet is None or (last is not None and last >= self._last_packet):
                return

    def _decode(self, threads: Threads) -> Generator[VideoFrame]:
        self.damaged_packets = 0
        self._last_packet = None
        with open_container(self.info.path) as container:
            stream = video_stream(container, self.info.path)
            stream.thread_type = threads
            for packet in self._packets(container, stream):
                try:
                    frames = stream.decode(packet)
                except av.FFmpegError:
                    self.damaged_packets += 1
                else:
                    yield from frames

    def _packets(
        self, container: InputContainer, stream: VideoStream
    ) -> Iterator[Packet[VideoStream] | None]:
        """All packets and the empty one that flushes the decoder, also where reading fails."""
        try:
            for packet in container.demux(stream):
                time = packet_time(packet)
                if time is not None and (self._last_packet is None or time > self._last_packet):
                    self._last_packet = time
                yield packet
        except av.FFmpegError:
            self.damaged_packets += 1
            yield None


def _seconds(frame: VideoFrame, time: int | None, origin: int | None) -> float:
    if time is None or origin is None or frame.time_base is None:
        return math.nan
    return float((time - origin) * frame.time_base)


def _to_bgr(
    reformatter: VideoReformatter, size: tuple[int, int], rotation: int, frame: VideoFrame
) -> Image:
    """One frame, upright, as a (height, width, 3) uint8 image of ``size``."""
    turned = rotation in (90, 270)
    width, height = size[::-1] if turned else size
    # At the source's size BICUBIC agrees with OpenCV to the bit, also for 10-bit video. One
    # reformatter with one thread: setting up swscale's threads costs more than the work.
    same = (width, height) == (frame.width, frame.height)
    image = reformatter.reformat(
        frame,
        width,
        height,
        "bgr24",
        interpolation=Interpolation.BICUBIC if same else Interpolation.AREA,
        threads=1,
    ).to_ndarray()
    return np.ascontiguousarray(np.rot90(image, rotation // 90) if rotation else image)
