"""A file with two videos and a sound track: what is asked for, not what players show."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition

from numbered_clips import write_clip

SHOWN = (20, (160, 96))
"""Frames and size of stream 0, the one that players show."""

OTHER = (12, (320, 192))
"""Of stream 2, which begins `LATER_S` after the others."""

LATER_S = 0.4

OTHER_PIXELS = Fraction(4, 3)
"""Width by height of stream 2's pixels; those of the others are square."""


def write_streams(path: Path) -> Path:
    """Streams: 0 video, the default; 1 sound, "eng"; 2 video, titled."""
    parts = [
        write_clip(
            path.with_name(f"{path.stem}-{count}.mp4"),
            count,
            size=size,
            options={"x264-params": f"sar={pixels.numerator}/{pixels.denominator}"},
        )
        for (count, size), pixels in ((SHOWN, Fraction(1)), (OTHER, OTHER_PIXELS))
    ]
    with (
        av.open(str(parts[0])) as shown,
        av.open(str(parts[1])) as other,
        av.open(str(path), "w") as output,
    ):
        first = output.add_stream_from_template(shown.streams.video[0])
        sound = output.add_stream("aac", rate=8000)
        sound.layout = "mono"
        second = output.add_stream_from_template(other.streams.video[0])
        first.disposition, second.disposition = Disposition.default, Disposition(0)
        sound.metadata["language"] = "eng"
        second.metadata["title"] = "the other side"
        silence = av.AudioFrame.from_ndarray(
            np.zeros((1, 8000), np.float32), format="fltp", layout="mono"
        )
        silence.sample_rate = 8000
        output.mux([*sound.encode(silence), *sound.encode()])
        for source, stream in ((shown, first), (other, second)):
            for packet in source.demux(video=0):
                if packet.size:
                    packet.stream = stream
                    if stream is second:
                        later = round(LATER_S / packet.time_base)
                        packet.pts, packet.dts = packet.pts + later, packet.dts + later
                    output.mux(packet)
    return path
