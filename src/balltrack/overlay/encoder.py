"""H.264 and sound into one file, frame by frame; `writer.VideoWriter` is the face of it."""

from __future__ import annotations

import logging
import math
import os
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream

from balltrack.errors import VideoError
from balltrack.overlay.sound import AudioPacket, Part, Sound
from balltrack.structures import Image
from balltrack.video.container import open_container, video_stream
from balltrack.video.yuv import MATRICES, PlaneConverter, matrix_of

log = logging.getLogger(__name__)

# Two and a half times as fast as "medium", and on match footage no larger at the same crf.
PRESET = "veryfast"


class Encoder:
    """Encodes on the calling thread. FFmpeg's own errors come through; `close` always works."""

    def __init__(
        self,
        path: Path,
        container_format: str,
        size: tuple[int, int],
        frame_rate: Fraction,
        time_base: Fraction,
        crf: int,
        source: tuple[str | os.PathLike[str], Part] | None,
    ) -> None:
        """Open ``path`` and write its header; the arguments are `VideoWriter`'s.

        Args:
            container_format: FFmpeg's name of it, "mp4" or "mov".
            time_base: seconds in a tick, in which `encode` counts.
            source: the video whose sound, colour matrix and pixel shape are taken over, and the
                part of it whose sound is.
        """
        self._time_base = time_base
        self._source = None if source is None else _open_source(source[0])
        # Absolute, because FFmpeg takes what stands before a colon for a protocol. The index
        # comes before the pictures: a browser can start before it has the whole file.
        self._container = av.open(
            os.fspath(path.absolute()),
            "w",
            format=container_format,
            container_options={"movflags": "+faststart"},
        )
        try:
            self._stream = self._container.add_stream(
                "libx264", rate=frame_rate, options={"crf": str(crf), "preset": PRESET}
            )
            self._stream.width, self._stream.height = (side + side % 2 for side in size)
            self._stream.pix_fmt = "yuv420p"
            self._stream.codec_context.time_base = time_base
            self._sound = None
            matrix = Colorspace.ITU601
            if source is not None and self._source is not None:
                given = video_stream(self._source, self._source.name, source[1].stream)
                self._look_like(given, size)
                matrix = matrix_of(given)
                self._sound = Sound(self._source, self._container, source[1])
            self._converter = PlaneConverter(size, matrix)
            self._container.start_encoding()
        except BaseException:
            self.close()
            raise

    def encode(self, picture: Image | VideoFrame, ticks: int) -> None:
        """Append a frame, as `VideoWriter.write` takes it, shown ``ticks`` after the start."""
        if not isinstance(picture, VideoFrame):
            picture = self._converter.from_bgr(picture)
        picture.pts, picture.time_base = ticks, self._time_base
        picture.pict_type = PictureType.NONE  # x264 would take the source's over
        for packet in self._stream.encode(picture):
            self._mux(packet)

    def finish(self) -> None:
        """Write all that is still to come, and the index; nothing can be added after that."""
        for packet in self._stream.encode(None):
            self._mux(packet)
        self._mux_sounds()
        self._container.close()

    def close(self) -> None:
        """Let go of the files, whole or not."""
        if self._source is not None:
            self._source.close()
        try:
            self._container.close()
        except (FFmpegError, OSError) as error:
            log.debug("closing an unfinished video: %s", error)

    def _look_like(self, source: VideoStream, size: tuple[int, int]) -> None:
        """Keep the matrix and the pixel shape, so that players show what they showed before.

        Without a tag, FFmpeg reads and writes as BT.601: the stored values stay the same.
        """
        context, given = self._stream.codec_context, source.codec_context
        if given.colorspace in MATRICES:
            context.colorspace = given.colorspace
            context.color_primaries = given.color_primaries
            context.color_trc = given.color_trc
        shape = source.sample_aspect_ratio
        if shape and (source.width, source.height) == size:
            context.sample_aspect_ratio = shape
        elif shape and (source.height, source.width) == size:  # turned by a quarter
            context.sample_aspect_ratio = 1 / shape

    def _mux(self, packet: Packet[VideoStream]) -> None:
        """Sound first, up to this picture: a muxer keeps what waits for the other stream."""
        if packet.dts is not None:
            self._mux_sounds(float(packet.dts * packet.time_base))
        self._container.mux(packet)

    def _mux_sounds(self, until_s: float = math.inf) -> None:
        if self._sound is None:
            return
        try:
            for packet in self._sound.packets(until_s):
                self._mux_sound(packet)
        except FFmpegError as error:
            self._sound.give_up(error)

    def _mux_sound(self, packet: AudioPacket) -> None:
        self._container.mux(packet)


def _open_source(path: str | os.PathLike[str]) -> InputContainer | None:
    try:
        return open_container(os.fspath(path))
    except VideoError as error:
        log.warning("%s; written without its sound", error)
        return None
