"""Any frame of a video by its number, exact: what the tracker saw as that frame.

Seeking by number is unreliable in every library. Here a frame is known by its time: decoding
begins at the key frame before it, and goes on until the picture with that time has come. Where
a file's packets and pictures do not agree (damage, AVI), the file is read from its start.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Generator, Iterator
from threading import Lock

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from balltrack.clips.packets import FrameTable, read_frame_table
from balltrack.errors import VideoError
from balltrack.structures import FloatArray, Image, Track, VideoInfo
from balltrack.video.container import is_mistimed, open_container, video_stream
from balltrack.video.probe import source_of
from balltrack.video.pyav_reader import to_bgr
from balltrack.video.reader import VideoReader, open_video

KEPT = 240
"""Encoded frames in memory: some 60 MB at 1280x720."""

AHEAD = 90
"""Frames up to which it is quicker to decode on than to look for a key frame."""

BEHIND = 24
"""Frames before the one that is asked for that are kept on the way back."""

QUALITY = 92

SAME_TIME_S = 2e-3
"""Times that differ by less are of one frame: formats round to a thousandth."""

_log = logging.getLogger("balltrack")


def frame_times(info: VideoInfo) -> FloatArray:
    """(N,) when each frame is shown, seconds from the first: from the packets where they say it.

    Raises:
        VideoError: the video cannot be read.
    """
    if _says_times(info):
        return read_frame_table(info.path, info.stream).times_s
    return decoded_times(info)


def decoded_times(info: VideoInfo) -> FloatArray:
    """The same of the frames that can be decoded, as the tracker counts them: reads all of it.

    Raises:
        VideoError: the video cannot be read.
    """
    with _open(info, size=(16, 16)) as reader:
        return np.array([frame.time_s for frame in reader.frames()], dtype=np.float64)


def times_as_tracked(info: VideoInfo, times_s: FloatArray, track: Track) -> FloatArray:
    """(M,) of the frames as the tracker counted them, which leaves out what cannot be decoded.

    Args:
        info: of the video.
        times_s: (N,) of the frames that it says it has.
        track: made of it; where its rows say other times, the file is decoded.

    Raises:
        VideoError: the video cannot be read.
    """
    apart = np.abs(track.time_s - times_s[track.frame_index])
    if not np.any(apart > SAME_TIME_S):  # nor where nothing is said, NaN
        return times_s
    counted = decoded_times(info)
    if len(counted) == len(times_s):
        return times_s
    _log.warning("%s: %d of its %d frames can be decoded", info.path, len(counted), len(times_s))
    return counted


def _says_times(info: VideoInfo) -> bool:
    """AVI only says when to decode, and pictures say nothing."""
    if info.stream is None:
        return False
    with open_container(info.path) as container:
        return not is_mistimed(container)


def _open(info: VideoInfo, size: tuple[int, int] | None = None) -> VideoReader:
    return open_video(info.path, size=size, quiet=True, source=source_of(info))


class FrameFinder:
    """Frames of one video as JPEGs. May be asked from several threads, one at a time is served.

    Attributes:
        seeks: whether the file's times are still believed; else it is read from its start.
    """

    def __init__(self, info: VideoInfo, times_s: FloatArray) -> None:
        """Look at the video's packets.

        Args:
            info: of the video.
            times_s: (N,) of its frames, as `frame_times` or `decoded_times` has them.

        Raises:
            VideoError: it cannot be read.
        """
        self._info = info
        self._table: FrameTable | None = None
        if info.stream is not None:
            self._table = read_frame_table(info.path, info.stream)
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._lock = Lock()
        self._times_s = times_s
        indexed = self._table is not None and len(self._table.key_ticks) > 0
        self.seeks = indexed and _says_times(info)
        self._pass: Generator[tuple[int, Image]] | None = None
        self._next = 0

    def jpeg(self, index: int) -> bytes:
        """The frame with this number, at the video's size.

        Raises:
            IndexError: the video has no such frame.
            VideoError: it cannot be read.
        """
        if not 0 <= index < len(self._times_s):
            raise IndexError(index)
        with self._lock:
            if index not in self._kept:
                self._load(index)
            self._kept.move_to_end(index)
            return self._kept[index]

    def close(self) -> None:
        """Free the file."""
        with self._lock:
            self._stop()

    def _keep(self, index: int, image: Image) -> None:
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        self._kept[index] = data.tobytes()
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def _load(self, index: int) -> None:
        """Keep the frame; on the way back those before it too, which will be asked for next."""
        first = max(index - BEHIND, 0) if index < self._next else index
        if self._pass is None or not self._next <= index < self._next + AHEAD:
            self._start(first)
        found = self._read(first, index)
        if not found and self.seeks:  # times and pictures disagree: count them
            self.seeks = False
            self._start(first)
            found = self._read(first, index)
        if not found:
            raise VideoError(
                f"{self._info.path}: frame {index} cannot be decoded; the file is damaged"
            )

    def _read(self, first: int, last: int) -> bool:
        """Keep the frames from ``first`` to ``last``; whether the last one came."""
        for number, image in self._pass or ():
            self._next = number + 1
            if first <= number <= last:
                self._keep(number, image)
            if number >= last:
                return number == last
        return False

    def _start(self, index: int) -> None:
        self._stop()
        self._pass = self._from_key(index) if self.seeks else self._from_start()
        self._next = index if self.seeks else 0

    def _stop(self) -> None:
        if self._pass is not None:
            self._pass.close()
        self._pass = None

    def _from_start(self) -> Generator[tuple[int, Image]]:
        with _open(self._info) as reader:
            for frame in reader.frames():
                yield frame.index, frame.image

    def _from_key(self, index: int) -> Generator[tuple[int, Image]]:
        """Frames from ``index`` on, each with the number that its time says."""
        table = self._table
        assert table is not None  # else it does not seek
        wanted = round(self._times_s[index] / table.tick_s) + table.origin
        numbers = {
            round(time_s / table.tick_s) + table.origin: number
            for number, time_s in enumerate(self._times_s[index:].tolist(), start=index)
        }
        reformatter = VideoReformatter()
        with open_container(self._info.path) as container:
            for frame in _decoded(container, self._info, wanted):
                tick = frame.dts if frame.pts is None else frame.pts
                if tick is None or tick < wanted:
                    continue
                if tick not in numbers:
                    return
                yield numbers[tick], to_bgr(reformatter, self._size, self._info, frame)

    @property
    def _size(self) -> tuple[int, int]:
        return self._info.width, self._info.height


def _decoded(container: InputContainer, info: VideoInfo, wanted: int) -> Iterator[VideoFrame]:
    """Pictures from a key frame on that is shown at ``wanted`` ticks or before.

    Nothing comes where decoding fails on the way: pictures after that could be others.
    """
    stream = video_stream(container, info.path, info.stream)
    stream.thread_type = "AUTO"
    try:
        # MPEG-TS seeks to any packet, often too late: two seconds before there is a key frame.
        tick = stream.time_base
        margin = round(2 / tick) if container.format.name == "mpegts" and tick else 0
        if wanted - margin > (stream.start_time or 0):  # else where the file begins is right
            container.seek(wanted - margin, stream=stream)
        yield from container.decode(stream)
    except av.FFmpegError:
        return
