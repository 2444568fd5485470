"""Clips out of a video's own packets: nothing is decoded, nothing lost, and it takes no time."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from balltrack.clips.packets import Span, timed_packets
from balltrack.clips.plan import Clip
from balltrack.overlay.sound import Part, Sound
from balltrack.structures import VideoInfo
from balltrack.video.container import open_container, video_stream


def copy_clips(
    info: VideoInfo,
    clips: Sequence[Clip],
    spans: Sequence[Span],
    paths: Sequence[Path],
    delay: int,
) -> None:
    """Copy the packets of every clip in one pass over the file, with their sound.

    Args:
        info: of the source, whose `FrameTable` says that it is copyable.
        clips: in the order of their first frames; they may overlap.
        spans: what is copied for each.
        paths: one an output, .mp4.
        delay: of the source, `FrameTable.delay`.

    Raises:
        VideoError: the source cannot be read.
        FFmpegError: an output cannot be written.
    """
    name = info.path
    with open_container(name) as source:
        stream = video_stream(source, name, info.stream)
        copies: list[_Copy] = []
        waiting = sorted(zip(spans, clips, paths, strict=True), key=lambda each: each[0].first)
        try:
            for which, (packet, time) in enumerate(timed_packets(source, stream)):
                while waiting and waiting[0][0].first == which:
                    span, clip, path = waiting.pop(0)
                    part = Part(span.start_s, clip.end_s, info.stream)
                    copies.append(_Copy(name, stream, span, delay, part, path))
                for copy in copies:
                    copy.add(packet, time)
                for copy in [copy for copy in copies if copy.span.last == which]:
                    copies.remove(copy)
                    copy.finish()
                if not copies and not waiting:
                    break
        finally:
            for copy in copies:
                copy.close()


class _Copy:
    """One output while its packets come by."""

    def __init__(
        self, video: str, stream: VideoStream, span: Span, delay: int, part: Part, path: Path
    ) -> None:
        self.span = span
        self._delay = delay
        self._source: InputContainer = open_container(video)  # the sound's own, to read ahead
        self._output: OutputContainer = av.open(
            os.fspath(path.absolute()),
            "w",
            format="mp4",
            container_options={"movflags": "+faststart"},
        )
        self._stream = self._output.add_stream_from_template(stream)
        self._stream.time_base = stream.time_base
        self._sound = Sound(self._source, self._output, part)
        self._output.start_encoding()

    def add(self, packet: Packet[VideoStream], time: int) -> None:
        """Copy a packet, unless it is shown before the key frame that this begins with."""
        if time < self.span.start:
            return
        own = packet.stream, packet.pts, packet.dts, packet.time_base  # other clips need them
        if packet.dts is not None:
            decoded_s = float((packet.dts - self.span.start) * packet.time_base)
            for sound in self._sound.packets(decoded_s):
                self._output.mux(sound)
            packet.dts -= self.span.start + self._delay  # MP4 takes none that comes too late
        packet.pts = time - self.span.start
        packet.stream = self._stream
        self._output.mux(packet)
        packet.stream, packet.pts, packet.dts, packet.time_base = own

    def finish(self) -> None:
        """Write the rest of the sound, and the index."""
        self._output.mux(list(self._sound.packets()))
        self.close()

    def close(self) -> None:
        """Let go of the files, whole or not."""
        self._source.close()
        self._output.close()
