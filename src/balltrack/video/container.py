"""Files that hold videos: by their names, opened with PyAV, their packets without decoding."""

from __future__ import annotations

import os
import re
from pathlib import Path

import av
from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.stream import VideoStream

from balltrack.errors import VideoError

VIDEO_SUFFIXES = (
    *(".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v"),
    *(".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".wmv", ".flv"),
)
"""Endings that a folder is searched for, and that a label file's video may have, any case. A file
that is named may have any ending."""


_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)  # paths lose one of two slashes


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
        raise VideoError(
            f"{path}: cannot be read as a video ({error.strerror}); "
            "it is damaged, cut off before its index, or another kind of file"
        ) from error


def video_stream(container: InputContainer, path: str) -> VideoStream:
    """The stream of moving pictures that players show; cover art does not count.

    Of several it is FFmpeg's choice (``av_find_best_stream``): what the file calls its default,
    then what has more frames and more bits.

    Raises:
        VideoError: there is none, or FFmpeg has no decoder for it.
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
    if stream.codec_context is None:
        raise VideoError(f"{path}: no decoder for its video; convert it to H.264")
    return stream


def packet_time(packet: Packet[VideoStream]) -> int | None:
    """When a packet's picture is shown, in the stream's time base.

    AVI and its like tell only when to decode. None for what shows no picture: the empty
    packet that ends a stream, and those that an edit list cuts away.
    """
    if not packet.size or packet.is_discard:
        return None
    return packet.dts if packet.pts is None else packet.pts


def last_packet_s(path: str) -> float | None:
    """When the last video packet is shown, in seconds from the stream's start time.

    Reads the end of the file where the container can seek there, else all its packets:
    milliseconds, whatever the length. None where packets carry no times.
    """
    # MPEG-TS seeks to any packet, and the last to be shown is not the last in the file.
    margin = 2 * av.time_base
    for seek in (True, False):
        with open_container(path) as container:
            stream = video_stream(container, path)
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
