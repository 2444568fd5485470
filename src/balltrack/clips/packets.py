"""Which packet holds which frame, and from which one decoding can begin."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from balltrack.errors import VideoError
from balltrack.overlay.sound import first_picture_s
from balltrack.structures import FloatArray
from balltrack.video.container import is_mistimed, open_container, packet_time, video_stream

COPIED = frozenset({"h264", "hevc", "mpeg4", "vp9"})
"""Codecs that MP4 and its players take as they are, and PyAV copies: AV1 it does not."""


class Span(NamedTuple):
    """Packets from ``first`` to ``last`` in the order of the file, both included.

    Attributes:
        start: of the key frame that it begins with, in the stream's time base.
        start_s: the same in seconds from the first frame.
        early, late: frames that it shows before and after those asked for.
        hidden: frames that an edit list hides in the video, and a copy would show.
    """

    first: int
    last: int
    start: int
    start_s: float
    early: int
    late: int
    hidden: int


@dataclass(frozen=True)
class FrameTable:
    """The packets of a video and the frames in them.

    Attributes:
        times_s: (N,) of the frames as they are shown, seconds from the first.
        packet: (N,) number of the packet that holds each, in the order of the file.
        key_packets: (K,) numbers of the packets that decoding can begin with, increasing.
        key_ticks: (K,) when these are shown, in the stream's time base.
        hidden_packets: (H,) numbers of those that an edit list hides, increasing.
        hidden_ticks: (H,) when these would be shown, in the stream's time base.
        delay: ticks by which a picture is decoded too late to be shown in time, at most; 0 in
            files that are as they should be.
        origin: of the first frame, in the stream's time base.
        tick_s: length of the stream's tick in seconds.
        copyable: whether MP4 takes the stream as it is.
    """

    times_s: FloatArray
    packet: npt.NDArray[np.int64]
    key_packets: npt.NDArray[np.int64]
    key_ticks: npt.NDArray[np.int64]
    hidden_packets: npt.NDArray[np.int64]
    hidden_ticks: npt.NDArray[np.int64]
    delay: int
    origin: int
    tick_s: float
    copyable: bool

    def span(self, first_frame: int, last_frame: int) -> Span:
        """The packets that decoding needs to show these frames.

        From the last key frame that is shown at or before the first of them. Packets that come
        after it but are shown before it belong to the pictures before (an open group of
        pictures): a copy leaves them out.
        """
        wanted = round(self.times_s[first_frame] / self.tick_s) + self.origin
        usable = np.flatnonzero(self.key_ticks <= wanted)
        key = int(usable[-1]) if len(usable) else 0
        first, start = int(self.key_packets[key]), int(self.key_ticks[key])
        last = self._last_packet(first_frame, last_frame)
        start_s = (start - self.origin) * self.tick_s
        inside = (self.packet >= first) & (self.packet <= last)
        shown = np.flatnonzero(inside & (self.times_s >= start_s - self.tick_s / 2))
        early, late = int((shown < first_frame).sum()), int((shown > last_frame).sum())
        inside = (self.hidden_packets >= first) & (self.hidden_packets <= last)
        hidden = int((inside & (self.hidden_ticks >= start)).sum())
        return Span(first, last, start, max(start_s, 0.0), early, late, hidden)

    def _last_packet(self, first_frame: int, last_frame: int) -> int:
        """The packet to end with, so that what is shown after ``last_frame`` has no holes.

        A frame is predicted from a later one, which comes with it, and so has to come what is
        shown between the two.
        """
        while True:
            last = int(self.packet[first_frame : last_frame + 1].max())
            shown = int(np.flatnonzero(self.packet <= last).max())
            if shown <= last_frame:
                return last
            last_frame = shown


def read_frame_table(video: str | os.PathLike[str], number: int | None = None) -> FrameTable:
    """Look at every packet of a video; nothing but its first picture is decoded.

    Raises:
        VideoError: the file cannot be read, or its packets carry no times.
    """
    name = os.fspath(video)
    origin_s = first_picture_s(name, number)
    with open_container(name) as container:
        stream = video_stream(container, name, number)
        ticks: list[int] = []
        shown: list[bool] = []
        keys: list[bool] = []
        delay = 0
        for packet, time in timed_packets(container, stream):
            ticks.append(time)
            shown.append(packet_time(packet) is not None)
            keys.append(packet.is_keyframe)
            delay = max(delay, (time if packet.dts is None else packet.dts) - time)
        if not any(shown) or stream.time_base is None:
            raise VideoError(f"{name}: its packets carry no times; convert it to MP4")
        tick = stream.time_base
        copyable = (
            not is_mistimed(container) and stream.codec_context.codec.canonical_name in COPIED
        )
    origin = round(origin_s / tick)
    when, key = np.array(ticks, dtype=np.int64), np.array(keys, dtype=bool)
    frames = np.flatnonzero(np.array(shown) & (when >= origin))
    hidden_packets = np.flatnonzero(~np.array(shown))
    frames = frames[np.argsort(when[frames], kind="stable")]
    key_packets = np.flatnonzero(key)
    return FrameTable(
        times_s=np.asarray((when[frames] - origin) * float(tick), dtype=np.float64),
        packet=frames,
        key_packets=key_packets,
        key_ticks=when[key_packets],
        hidden_packets=hidden_packets,
        hidden_ticks=when[hidden_packets],
        delay=delay,
        origin=origin,
        tick_s=float(tick),
        copyable=copyable and bool(len(key_packets)),
    )


def timed_packets(
    container: InputContainer, stream: VideoStream
) -> Iterator[tuple[Packet[VideoStream], int]]:
    """The packets that hold pictures, in file order, and when each is shown in the stream's ticks.

    A file that cannot be read on ends there.
    """
    mistimed = is_mistimed(container)
    with suppress(av.FFmpegError):
        for packet in container.demux(stream):
            time = packet.dts if mistimed or packet.pts is None else packet.pts
            if packet.size and time is not None:
                yield packet, time
