"""What a file says of its video, before any frame is asked for."""

from __future__ import annotations

import os
from contextlib import suppress
from fractions import Fraction
from typing import TypeGuard

import av
import numpy as np
from av.container import InputContainer
from av.format import Flags
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from balltrack.errors import OptionError, VideoError
from balltrack.options import SourceOptions
from balltrack.structures import FloatArray, VideoInfo
from balltrack.video.container import (
    ENCRYPTED,
    is_encrypted,
    last_packet_s,
    open_container,
    packet_time,
    video_stream,
)
from balltrack.video.pictures.names import are_pictures
from balltrack.video.pictures.reader import probe_pictures
from balltrack.video.yuv import orientation

# The look into the packets stays cheap for an hour of video and for a studio codec alike.
_SCAN_PACKETS = 3000
_SCAN_BYTES = 32 << 20
# A decoder gives its first frame within a few packets; a damaged start needs the next key frame.
_DECODE_PACKETS = 64
# Where the scan or the file is cut off, B-frames leave holes in the last times.
_REORDERED = 32
_RATES = (Fraction(1, 10), Fraction(1000))  # outside of these, a header is nonsense
_PROGRESSIVE = 1  # AVFieldOrder: 0 is unknown, the others say which field comes first
_USUAL_RATE = Fraction(25)
_SAME_RATE = 0.005  # two rates that differ by less are one, as clocks round it


def probe(
    path: str | os.PathLike[str],
    source: SourceOptions = SourceOptions(),  # noqa: B008  # frozen
) -> VideoInfo:
    """Describe a file and the video stream in it that is asked for, by default what players show.

    Reads a bounded number of packets and decodes one frame, because only frames tell the
    display rotation everywhere: milliseconds, whatever the length.

    Raises:
        VideoError: the file is missing, empty, a folder, not a video, or without a stream
            of pictures.
        OptionError: it has no such video stream as is asked for.
    """
    name = os.fspath(path)
    if are_pictures(name):
        if source.video_stream is not None:
            raise OptionError(f"{name}: pictures have no streams; leave --video-stream out")
        return probe_pictures(name, source.fps)
    if source.fps is not None:
        raise OptionError(f"{name}: says its own rate; --fps is for pictures, leave it out")
    with open_container(name) as container:
        stream = video_stream(container, name, source.video_stream)
        frame, times, encrypted = _scan(container, stream)
        coded = frame or stream.codec_context
        if not coded.width or not coded.height:
            if encrypted:
                raise VideoError(ENCRYPTED.format(name))
            raise VideoError(f"{name}: its video has no picture size; convert or copy it again")
        rotation, mirrored = orientation(frame) if frame else (0, False)
        width, height = coded.width, coded.height
        if rotation in (90, 270):
            width, height = height, width
        tick_s = float(stream.time_base or 0)
        variable = _is_variable(times * tick_s, tick_s)
        rate = _frame_rate(stream, times * tick_s, even=not variable)
        return VideoInfo(
            path=name,
            width=width,
            height=height,
            frame_rate=rate,
            # What counts by a clock counts its empty ticks.
            frame_count=None if rate < (stream.average_rate or 0) / 2 else stream.frames or None,
            duration_s=_duration_s(container, stream),
            codec=stream.codec_context.codec.canonical_name,
            pixel_format=frame.format.name if frame else stream.codec_context.pix_fmt or "unknown",
            rotation=rotation,
            variable_frame_rate=variable,
            has_audio=bool(container.streams.audio),
            interlaced=_is_interlaced(stream, frame),
            mirrored=mirrored,
            stream=stream.index,
            encrypted=encrypted,
        )


def source_of(info: VideoInfo) -> SourceOptions:
    """What finds the same pictures again in the same file."""
    if info.stream is not None:
        return SourceOptions(video_stream=info.stream)
    return SourceOptions(fps=None if info.duration_s is None else float(info.frame_rate))


def check_start(info: VideoInfo, start_s: float | None) -> None:
    """Refuse a part that begins after the end, without reading all that comes before it.

    Only where header and last packets agree that the video has ended by then, in a format
    whose times cannot begin again; else decoding has to tell.

    Raises:
        OptionError: the video ends before ``start_s``.
    """
    if start_s is None or info.duration_s is None or start_s < info.duration_s:
        return
    if info.stream is None:
        raise OptionError(_ends(info, start_s))
    with open_container(info.path) as container:
        if Flags(container.format.flags) & Flags.ts_discont:
            return
    last_s = last_packet_s(info.path, info.stream)
    if last_s is not None and start_s > last_s + 1 / info.frame_rate:
        raise OptionError(_ends(info, start_s))


def _ends(info: VideoInfo, start_s: float) -> str:
    return (
        f"{info.path}: ends after {info.duration_s:.1f} s, before the start asked for "
        f"({start_s:g} s); give an earlier --start"
    )


def _scan(
    container: InputContainer, stream: VideoStream
) -> tuple[VideoFrame | None, FloatArray, bool]:
    """The first frame that decodes, when the first packets are shown, and if any is encrypted.

    Times are sorted and in ticks.
    """
    encrypted = False
    frame: VideoFrame | None = None
    times: list[int] = []
    size = 0
    with suppress(av.FFmpegError):  # what could be read until there has to do
        for count, packet in enumerate(container.demux(stream)):
            if count == _SCAN_PACKETS or size > _SCAN_BYTES:
                break
            size += packet.size
            encrypted = encrypted or is_encrypted(packet)
            if (time := packet_time(packet)) is not None:
                times.append(time)
            if frame is None and count < _DECODE_PACKETS:
                with suppress(av.FFmpegError):
                    frame = next(iter(stream.decode(packet)), None)
    if len(times) > 2 * _REORDERED:
        times = sorted(times)[:-_REORDERED]
    return frame, np.array(sorted(times), dtype=np.float64), encrypted


def _is_variable(times_s: FloatArray, tick_s: float) -> bool:
    """Whether times leave an even grid by more than a quarter of a frame.

    A container's clock may be too coarse for the rate (33, 33, 34 ms): one tick is allowed.
    """
    if len(times_s) < 3:
        return False
    grid = np.linspace(times_s[0], times_s[-1], len(times_s))
    allowed = max(tick_s, (grid[1] - grid[0]) / 4)
    return bool(np.abs(times_s - grid).max() > allowed)


def _is_interlaced(stream: VideoStream, frame: VideoFrame | None) -> bool:
    """What the stream's header says, or its first frame: neither of them always does."""
    by_header = stream.codec_context.field_order > _PROGRESSIVE
    return by_header or (frame is not None and frame.interlaced_frame)


def _frame_rate(stream: VideoStream, times_s: FloatArray, *, even: bool) -> Fraction:
    """Frames a second: of what the header says the first that evenly spaced packets bear out.

    Else the average over the file, or what the packets say. Browsers and screen recorders write
    their clock's rate, 1000, into WebM and AVI; and where a file holds packets that are not shown,
    its average counts them.
    """
    claims = [stream.average_rate, stream.guessed_rate, stream.base_rate]
    if len(times_s) > 1 and times_s[-1] > times_s[0]:
        measured = (len(times_s) - 1) / (times_s[-1] - times_s[0])
        claims = [rate for rate in claims if not (_is_clock(rate, stream) and rate > 2 * measured)]
        if even:
            claims.sort(key=lambda rate: rate is None or abs(rate / measured - 1) > _SAME_RATE)
        claims.append(Fraction(measured).limit_denominator(1001))
    low, high = _RATES
    return next((rate for rate in claims if rate and low <= rate <= high), _USUAL_RATE)


def _is_clock(rate: Fraction | None, stream: VideoStream) -> TypeGuard[Fraction]:
    """Whether a frame rate is that of the stream's clock."""
    return rate is not None and stream.time_base is not None and rate * stream.time_base == 1


def _duration_s(container: InputContainer, stream: VideoStream) -> float | None:
    """From the video's first frame to its end, as far as the header says."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    if not container.duration:
        return None
    begins = 0.0
    if "matroska" in container.format.name and stream.start_time and stream.time_base:
        begins = float(stream.start_time * stream.time_base)  # its duration is when it ends
    return max(container.duration / av.time_base - begins, 0.0)
