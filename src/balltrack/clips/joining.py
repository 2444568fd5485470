"""Clips back to back in one file, their packets copied."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream

from balltrack.video.container import open_container


def join_clips(paths: Sequence[Path], output: Path) -> list[float]:
    """Write the clips one after another.

    Args:
        paths: of clips that were cut from one video in one way.
        output: .mp4, .m4v or .mov.

    Returns:
        When each clip begins in the output, in seconds.

    Raises:
        VideoError: a clip cannot be read.
        FFmpegError: the output cannot be written.
    """
    starts: list[float] = []
    begin = Fraction(0)
    with av.open(
        os.fspath(output.absolute()),
        "w",
        format="mov" if output.suffix.lower() == ".mov" else "mp4",
        container_options={"movflags": "+faststart"},
    ) as joined:
        tracks = _tracks_of(joined, paths)
        joined.start_encoding()
        for path in paths:
            with open_container(os.fspath(path)) as source:
                starts.append(float(begin))
                end = begin
                for packet in source.demux(_streams_of(source)):
                    if packet.dts is None or packet.pts is None:
                        continue
                    track = tracks[packet.stream.type]
                    if packet.stream.type == "video":
                        length = packet.duration or 0
                        end = max(end, begin + (packet.pts + length) * packet.time_base)
                    if track.place(packet, begin):
                        joined.mux(packet)
                begin = end
    return starts


def _streams_of(source: InputContainer) -> list[Stream]:
    return [*source.streams.video[:1], *source.streams.audio[:1]]


def _tracks_of(joined: OutputContainer, paths: Sequence[Path]) -> dict[str, _Joined]:
    """A stream of the output for each kind that a clip has: the first may lie before all sound."""
    tracks: dict[str, _Joined] = {}
    for path in paths:
        with open_container(os.fspath(path)) as source:
            for each in _streams_of(source):
                if each.type not in tracks:
                    tracks[each.type] = _Joined(joined.add_stream_from_template(each))
                    tracks[each.type].stream.time_base = each.time_base
    return tracks


class _Joined:
    """One stream of the output."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self._last: Fraction | None = None  # when the last packet is decoded, seconds

    def place(self, packet: Packet[Stream], begin: Fraction) -> bool:
        """Move a packet to its place; False for sound that would overlap the clip's before.

        A clip's sound is cut between packets, so it may begin a few milliseconds early.
        """
        assert packet.dts is not None
        assert packet.pts is not None
        shift = round(begin / packet.time_base)
        packet.dts += shift
        packet.pts += shift
        decoded = packet.dts * packet.time_base
        if self._last is not None and decoded <= self._last:
            if packet.stream.type != "video":
                return False
            packet.dts = int(self._last / packet.time_base) + 1
            decoded = packet.dts * packet.time_base
        self._last = decoded
        packet.stream = self.stream
        return True
