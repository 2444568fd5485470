"""The sound of one video on its way into another."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import chain
from typing import NamedTuple, TypeAlias

from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet

from balltrack.video.container import open_container, video_stream

log = logging.getLogger(__name__)

AudioPacket: TypeAlias = "Packet[AudioStream]"

# MP4 also holds PCM, Vorbis, MP2 and others, but browsers or QuickTime do not play them there.
COPIED = frozenset({"aac", "ac3", "alac", "eac3", "flac", "mp3", "opus"})
NOT_IN = {"mov": frozenset({"flac", "opus"})}
"""Format → what its muxer or its players refuse."""

AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
USUAL_RATE = 48000
"""Of sound whose own rate AAC does not know, such as 192 kHz."""

BEGUN_AGAIN_S = 1
"""A clock that goes back by more has begun again, as in recordings that were joined."""


EARLIER_S = 10.0
"""Before the part that is wanted, reading begins: where seeking is coarse, and decoders warm up."""


class Part(NamedTuple):
    """The part of a source that becomes a file: ``start_s`` of the one is 0 of the other.

    In seconds from the source's first picture. ``stream`` is the number of its video among all
    streams; None stands for the one that players show.
    """

    start_s: float = 0.0
    end_s: float = math.inf
    stream: int | None = None


WHOLE = Part()


class Sound:
    """The first sound track of a video, given piece by piece as the pictures are written.

    Packets are copied as they are where MP4 and its players take their codec, and encoded
    as AAC where not. What cannot be read is left out with one warning.
    """

    def __init__(self, source: InputContainer, output: OutputContainer, part: Part = WHOLE) -> None:
        """Add a sound stream to ``output``, whose header must not be written yet.

        Args:
            source: an opened video; without sound there will be no packets.
            output: the container that the packets are for.
            part: what of the source is heard, to a packet at its start and end.
        """
        self._source = source
        self._next: AudioPacket | None = None
        self._packets: Iterator[AudioPacket] = iter(())
        if source.streams.audio:
            try:
                self._packets = _open(source, output, part)
            except (FFmpegError, ValueError) as error:
                self.give_up(error)

    def packets(self, until_s: float = float("inf")) -> Iterator[AudioPacket]:
        """Packets that start before ``until_s`` seconds and were not given yet."""
        while (packet := self._peek()) is not None and _start_s(packet) < until_s:
            self._next = None
            yield packet

    def _peek(self) -> AudioPacket | None:
        if self._next is None:
            try:
                self._next = next(self._packets, None)
            except (FFmpegError, ValueError) as error:
                self.give_up(error)
        return self._next

    def give_up(self, reason: Exception) -> None:
        """Leave out what is still to come, and say so."""
        self._next = None
        self._packets = iter(())
        log.warning("%s: the sound is left out from here on: %s", self._source.name, reason)


def _open(source: InputContainer, output: OutputContainer, part: Part) -> Iterator[AudioPacket]:
    stream = source.streams.audio[0]
    if stream.codec_context is None or not stream.codec_context.sample_rate:
        raise ValueError("its sample rate is not known")  # a track that is announced, and empty
    _skip_to(source, stream, part)
    if stream.codec.canonical_name in COPIED - NOT_IN.get(output.format.name, frozenset()):
        return _copy(source, stream, output.add_stream_from_template(stream), part)
    rate = stream.codec_context.sample_rate
    encoded = output.add_stream("aac", rate=rate if rate in AAC_RATES else USUAL_RATE)
    encoded.codec_context.layout = "mono" if stream.codec_context.channels == 1 else "stereo"
    encoded.codec_context.open()
    return _encode(source, stream, encoded, part)


def _skip_to(source: InputContainer, stream: AudioStream, part: Part) -> None:
    """Leave out what lies well before a part, as far as a file can seek."""
    start_s = part.start_s - EARLIER_S
    if start_s > 0 and stream.time_base is not None:
        ticks = round(
            (first_picture_s(source.name, part.stream) + Fraction(start_s)) / stream.time_base
        )
        with suppress(FFmpegError):
            source.seek(ticks, stream=stream)


def _start_s(packet: AudioPacket) -> Fraction:
    assert packet.dts is not None  # `_copy` and the encoder see to it
    return packet.dts * packet.time_base


def first_picture_s(path: str, number: int | None = None) -> Fraction:
    """The moment that readers call 0, on the source's own clock.

    A recording that begins between two key frames has no picture for its first packets,
    so the header's start will not do.
    """
    with open_container(path) as container:
        stream = video_stream(container, path, number)
        for packet in container.demux(stream):
            with suppress(FFmpegError):
                for frame in stream.decode(packet):
                    if frame.pts is not None and frame.time_base is not None:
                        return frame.pts * frame.time_base
    return Fraction(0)


def _copy(
    source: InputContainer, stream: AudioStream, copied: AudioStream, part: Part
) -> Iterator[AudioPacket]:
    origin_s = first_picture_s(source.name, part.stream) + Fraction(part.start_s)
    last: int | None = None
    later = 0  # of what comes after the clock has begun again
    for packet in source.demux(stream):
        if packet.dts is None:  # it has no place, as the end marker has none
            continue
        if last is not None and packet.dts + later < last - BEGUN_AGAIN_S / packet.time_base:
            later = last + max(packet.duration or 0, 1) - packet.dts
        if last is not None and packet.dts + later <= last:
            continue
        last = packet.dts + later
        shift = round(origin_s / packet.time_base) - later
        packet.pts = (packet.dts if packet.pts is None else packet.pts) - shift
        packet.dts -= shift
        if part.start_s and packet.pts + (packet.duration or 0) <= 0:
            continue
        if _start_s(packet) >= part.end_s - part.start_s:
            return
        packet.stream = copied
        yield packet


def _encode(
    source: InputContainer, stream: AudioStream, encoded: AudioStream, part: Part
) -> Iterator[AudioPacket]:
    context = encoded.codec_context
    rate = context.sample_rate
    resampler = AudioResampler(
        format=context.format, layout=context.layout, rate=rate, frame_size=context.frame_size
    )
    shift = round((first_picture_s(source.name, part.stream) + Fraction(part.start_s)) * rate)
    due: int | None = None  # where a frame goes that has no time, or an earlier one again
    for decoded in chain(source.decode(stream), (None,)):
        for frame in resampler.resample(decoded):
            place = due or 0
            if frame.pts is not None and frame.time_base is not None:
                place = round(frame.pts * frame.time_base * rate) - shift
            place = place if due is None else max(place, due)
            due = place + frame.samples
            frame.pts, frame.time_base = place, Fraction(1, rate)
            if part.start_s and due <= 0:
                continue
            if place >= (part.end_s - part.start_s) * rate:
                yield from encoded.encode(None)
                return
            yield from encoded.encode(frame)
    yield from encoded.encode(None)
