"""Files that hold videos: by their names, opened with PyAV, their packets without decoding."""

from __future__ import annotations

import errno
import os
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.stream import Stream as AnyStream
from av.video.stream import VideoStream

from balltrack.errors import OptionError, VideoError

VIDEO_SUFFIXES = (
    *(".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v"),
    *(".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".wmv", ".flv"),
)
"""Endings that a folder is searched for, and that a label file's video may have, any case. A file
that is named may have any ending."""


ENCRYPTED = "{}: is encrypted; save it without copy protection"
"""What to say of a path that cannot be read for that reason."""

_SNIFFED = 1 << 20  # bytes

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)  # paths lose one of two slashes


def not_converted(path: str, error: av.FFmpegError) -> VideoError:
    """What to say where FFmpeg brings no frame into another form."""
    full = error.errno == errno.ENOMEM
    advice = "free some memory" if full else "convert the file to H.264"
    return VideoError(f"{path}: cannot convert a frame ({error.strerror}); {advice}")


def is_video(path: Path) -> bool:
    """Whether the name says so."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def open_container(path: str, hardware: HWAccel | None = None) -> InputContainer:
    """Open a file for reading; the caller closes it.

    Args:
        path: the file.
        hardware: what decodes its streams; the processor by default.

    Raises:
        VideoError: the file is missing, empty, a folder, unreadable or no media file.
    """
    file = Path(path)
    if not path:
        raise VideoError("'': no such file; check the path")
    if file.is_dir():
        raise VideoError(f"{path}: is a folder; name a video file in it")
    if not file.exists():
        if _ADDRESS.match(path):
            raise VideoError(f"{path}: is an address, which `track` alone reads; save it as a file")
        raise VideoError(f"{path}: no such file; check the path")
    if not file.is_file():  # to wait for a pipe and then seek in it
        raise VideoError(f"{path}: is not a regular file; save the video as one first")
    if not file.stat().st_size:
        raise VideoError(f"{path}: is empty (0 bytes); copy or download it again")
    if not os.access(file, os.R_OK):
        raise VideoError(f"{path}: may not be read; change its permissions")
    try:
        # Absolute, because FFmpeg takes what stands before a colon for a protocol; a tag that
        # is not UTF-8 must not keep a video from opening.
        return av.open(str(file.absolute()), metadata_errors="replace", hwaccel=hardware)
    except av.FFmpegError as error:
        if _names_a_cipher(file):
            raise VideoError(ENCRYPTED.format(path)) from error
        raise VideoError(
            f"{path}: cannot be read as a video ({error.strerror}); "
            "it is damaged, cut off before its index, or another kind of file"
        ) from error


def _names_a_cipher(file: Path) -> bool:
    """Whether the head or the tail of a file says that it is an MP4 under Common Encryption."""
    with file.open("rb") as content:
        head = content.read(_SNIFFED)
        content.seek(max(file.stat().st_size - _SNIFFED, 0))
        tail = content.read(_SNIFFED)
    return any(b"encv" in part and b"sinf" in part for part in (head, tail))


def is_encrypted(packet: Packet[VideoStream]) -> bool:
    """Whether a packet is encrypted: MP4's say so one by one (ISO/IEC 23001-7)."""
    return packet.has_sidedata("encryption_info")


def video_stream(container: InputContainer, path: str, number: int | None = None) -> VideoStream:
    """The stream of moving pictures that is asked for, or that players show.

    Of several it is FFmpeg's choice (``av_find_best_stream``): what the file calls its default,
    then what has more frames and more bits. Cover art does not count.

    Args:
        container: open for reading.
        path: of it, for messages.
        number: of the stream among all of the file; None leaves the choice to FFmpeg.

    Raises:
        VideoError: there is none, or FFmpeg has no decoder for it.
        OptionError: the number is that of no such stream.
    """
    best = container.streams.best("video")
    streams = [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]
    if not streams:
        raise VideoError(f"{path}: has no video stream; name a file with pictures in it")
    stream = next((one for one in streams if best is not None and one is best), streams[0])
    if number is not None:
        chosen = [one for one in streams if one.index == number]
        if not chosen:
            raise OptionError(
                f"{path}: stream {number} is no video; these are: "
                + ", ".join(f"{one.index} ({_sized(one)})" for one in streams)
            )
        stream = chosen[0]
    if stream.codec_context is None:
        raise VideoError(f"{path}: no decoder for its video; convert it to H.264")
    return stream


def _sized(stream: VideoStream) -> str:
    return f"{stream.width}x{stream.height}" if stream.codec_context else "no decoder for it"


@dataclass(frozen=True)
class Stream:
    """What a file says of one of its streams.

    Attributes:
        index: its number among all of them.
        kind: "video", "audio", "subtitle", "data", "attachment", or "cover" for a still picture
            beside the sound.
        codec: by FFmpeg's name; "unknown" where FFmpeg has no decoder for it.
        size: (width, height) in pixels as stored, of pictures; None of others.
        rate: frames or samples a second; None where it has none, or says none.
        channels: of sound; None of others.
        language, title: as they are written there, or empty.
        default: whether players are to take it.
        tracked: whether it is the video that is read.
    """

    index: int
    kind: str
    codec: str
    size: tuple[int, int] | None
    rate: float | None
    channels: int | None
    language: str
    title: str
    default: bool
    tracked: bool


def list_streams(path: str, tracked: int) -> list[Stream]:
    """All streams of a file, in its order; ``tracked`` is the number of the one that is read.

    Raises:
        VideoError: as `open_container`.
    """
    with open_container(path) as container:
        return [_described(stream, tracked) for stream in container.streams]


def _described(stream: AnyStream, tracked: int) -> Stream:
    size = rate = channels = None
    context = stream.codec_context
    if isinstance(stream, VideoStream) and context is not None:
        size = (stream.width, stream.height)
        rate = float(stream.average_rate) if stream.average_rate else None
    elif isinstance(stream, AudioStream) and context is not None:
        rate, channels = float(stream.rate), stream.channels
    is_cover = bool(stream.disposition & Disposition.attached_pic)
    return Stream(
        index=stream.index,
        kind="cover" if is_cover else stream.type,
        codec="unknown" if context is None else context.codec.canonical_name,
        size=size,
        rate=rate,
        channels=channels,
        language=stream.language or "",
        title=stream.metadata.get("title", ""),
        default=bool(stream.disposition & Disposition.default),
        tracked=stream.index == tracked,
    )


def packet_time(packet: Packet[VideoStream]) -> int | None:
    """When a packet's picture is shown, in the stream's time base.

    AVI and its like tell only when to decode. None for what shows no picture: the empty
    packet that ends a stream, and those that an edit list cuts away.
    """
    if not packet.size or packet.is_discard:
        return None
    return packet.dts if packet.pts is None else packet.pts


def is_mistimed(container: InputContainer) -> bool:
    """AVI only says when to decode, and FFmpeg gives out its guess of when to show.

    For H.264 with B-frames the guess jumps back and forth.
    """
    return container.format.name == "avi"


def count_shown(path: str, number: int | None = None) -> int:
    """Packets of the video that show a picture: at least as many as there are frames.

    Raises:
        VideoError: the file cannot be opened.
    """
    with open_container(path) as container, suppress(av.FFmpegError):
        stream = video_stream(container, path, number)
        shown = sum(packet_time(packet) is not None for packet in container.demux(stream))
        return shown or sys.maxsize  # raw H.264 has no times
    return sys.maxsize  # it breaks off, and who knows what comes


def last_packet_s(path: str, number: int | None = None) -> float | None:
    """When the last video packet is shown, in seconds from the stream's start time.

    Reads the end of the file where the container can seek there, else all its packets:
    milliseconds, whatever the length. None where packets carry no times.
    """
    # MPEG-TS seeks to any packet, and the last to be shown is not the last in the file.
    margin = 2 * av.time_base
    for seek in (True, False):
        with open_container(path) as container:
            stream = video_stream(container, path, number)
            try:
                if seek:
                    end = (container.start_time or 0) + (container.duration or 0)
                    container.seek(max(end - margin, 0))
                times = [packet_time(packet) for packet in container.demux(stream)]
            except av.FFmpegError:
                continue
            known = [time for time in times if time is not None]
            if known and stream.time_base is not None:
                return float((max(known) - (stream.start_time or 0)) * stream.time_base)
    return None
