"""Reading with PyAV."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from contextlib import closing
from functools import partial
from heapq import heappop, heappush
from itertools import islice
from typing import ClassVar, Literal

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from balltrack.errors import counted
from balltrack.structures import Image, VideoInfo
from balltrack.video.container import (
    is_encrypted,
    is_mistimed,
    not_converted,
    open_container,
    packet_time,
    video_stream,
)
from balltrack.video.file_reader import Clock, FileReader, Picture

_log = logging.getLogger("balltrack")

# AVColorSpace, as far as swscale knows it. The others (YCgCo, ICtCp, BT.2020 with constant
# luminance, reserved values) FFmpeg 8 refuses; taken for BT.601, as before, their brightness is
# right. OpenCV 5 gives black or the frame before.
_MATRICES = frozenset({0, 1, 2, 4, 5, 6, 7, 9})

Threads = Literal["AUTO", "SLICE"]  # AUTO decodes several frames at once


class PyavReader(FileReader):
    """Reads forward with PyAV; swscale goes from YUV straight to BGR at the asked-for size.

    A packet that cannot be decoded is skipped, and decoding goes on; at the end of the pass
    one warning tells how many they were.
    """

    name = "PyAV"
    _passes: ClassVar[tuple[Threads, ...]] = ("AUTO", "SLICE")
    _damaged_packets = 0
    _last_packet: int | None = None
    _resized = False
    _reformatter: VideoReformatter
    _suspect: set[int | None]  # times of packets that their container calls corrupt, or encrypted

    def pictures(self) -> Generator[Picture]:
        """Every picture that can be decoded.

        Raises:
            VideoError: the file cannot be opened, or a picture not be converted.
        """
        try:
            yield from self._pictures()
        finally:
            if self._damaged_packets and not self.quiet:
                _log.warning(
                    "%s: damaged; %s could not be decoded, frames are missing",
                    self.info.path,
                    counted(self._damaged_packets, "packet"),
                )

    def _pictures(self) -> Generator[Picture]:
        """All passes over the file.

        When a file ends with a damaged packet in flight, PyAV drops what FFmpeg's other
        threads hold (``CodecContext.decode`` stops draining at the first error). Where the
        last packets gave no picture, the tail is decoded again, one frame at a time.
        """
        self._reformatter = VideoReformatter()
        clock = Clock(self.info.frame_rate)
        size: tuple[int, int] | None = None
        last: int | None = None
        given = 0
        for threads in self._passes:
            with closing(self._decode(threads)) as frames:
                for frame in islice(frames, given, None):
                    given += 1
                    last = frame.dts if frame.pts is None else frame.pts
                    time_s = clock.seconds(last, frame.time_base)
                    size = self._check_size(size, frame, given - 1)
                    broken = frame.is_corrupt or last in self._suspect
                    self._suspect.discard(last)
                    yield self._picture(time_s, frame, corrupt=broken)
            if self._last_packet is None or (last is not None and last >= self._last_packet):
                return

    def _picture(self, time_s: float, frame: VideoFrame, *, corrupt: bool) -> Picture:
        return Picture(time_s, partial(self._image, frame), frame, corrupt=corrupt)

    def _check_size(
        self, first: tuple[int, int] | None, frame: VideoFrame, number: int
    ) -> tuple[int, int]:
        """Say once that pictures change their size; the one that all are brought to is kept."""
        size = (frame.width, frame.height)
        if first is not None and size != first and not (self.quiet or self._resized):
            self._resized = True
            _log.warning(
                "%s: its pictures are {}x{} from frame %d on; positions are in the first size, "
                "{}x{}".format(*size, *first),
                self.info.path,
                number,
            )
        return first or size

    def _decode(self, threads: Threads) -> Generator[VideoFrame]:
        self._damaged_packets = 0
        self._last_packet = None
        self._suspect = set()
        times: list[int] = []
        with self._open() as container:
            mistimed = is_mistimed(container)
            stream = video_stream(container, self.info.path, self.info.stream)
            stream.thread_type = threads
            if threads == "SLICE":  # several threads forget to say what is corrupt
                stream.codec_context.thread_count = 1
            for packet in self._packets(container, stream):
                try:
                    frames = stream.decode(packet)
                except av.FFmpegError as error:
                    self._skip(error)
                    continue
                yield from _timed(packet, frames, times) if mistimed else frames

    def _packets(
        self, container: InputContainer, stream: VideoStream
    ) -> Iterator[Packet[VideoStream] | None]:
        """All packets and the empty one that flushes the decoder, also where reading fails."""
        mistimed = is_mistimed(container)
        try:
            for packet in container.demux(stream):
                time = packet.dts if mistimed else packet_time(packet)
                if time is not None and (self._last_packet is None or time > self._last_packet):
                    self._last_packet = time
                if time is not None and (packet.is_corrupt or is_encrypted(packet)):
                    self._suspect.add(time)
                yield packet
        except av.FFmpegError as error:
            self._skip(error)
            yield None

    def _open(self) -> InputContainer:
        return open_container(self.info.path)

    def _skip(self, error: Exception) -> None:
        """What to do about a packet that cannot be read or decoded."""
        self._damaged_packets += 1

    def _image(self, frame: VideoFrame, size: tuple[int, int]) -> Image:
        try:
            return to_bgr(self._reformatter, size, self.info, frame)
        except av.FFmpegError as error:
            raise not_converted(self.info.path, error) from error


def _timed(
    packet: Packet[VideoStream] | None, frames: list[VideoFrame], times: list[int]
) -> Iterator[VideoFrame]:
    """Frames with the times of the packets decoded so far: each with the earliest left.

    Frames come out in the order in which they are shown, packets in that of decoding.
    """
    if packet is not None and packet.dts is not None:
        heappush(times, packet.dts)
    for frame in frames:
        frame.pts = heappop(times) if times else None
        yield frame


def to_bgr(
    reformatter: VideoReformatter, size: tuple[int, int], info: VideoInfo, frame: VideoFrame
) -> Image:
    """One frame, upright, as a (height, width, 3) uint8 image of ``size``."""
    turned = info.rotation in (90, 270)
    width, height = size[::-1] if turned else size
    # At the source's size BICUBIC agrees with OpenCV to the bit, also for 10-bit video. One
    # reformatter with one thread: setting up swscale's threads costs more than the work.
    same = (width, height) == (frame.width, frame.height)
    matrix = None if frame.colorspace in _MATRICES else Colorspace.ITU601
    image = reformatter.reformat(
        frame,
        width,
        height,
        "bgr24",
        src_colorspace=matrix,
        dst_colorspace=matrix,
        interpolation=Interpolation.BICUBIC if same else Interpolation.AREA,
        threads=1,
    ).to_ndarray()
    if info.mirrored:
        image = image[::-1]
    return np.ascontiguousarray(np.rot90(image, info.rotation // 90))
