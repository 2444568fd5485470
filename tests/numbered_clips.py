"""Clips whose frames say which one they are, in blocks that survive any codec."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from balltrack.structures import Image

BITS = 8


def numbered_image(number: int, width: int, height: int) -> Image:
    """A textured picture with ``number`` in its upper half: one block a bit, bright is 1."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    image = np.stack(
        [60 + 0 * x, 90 + 60 * np.sin((x + 2 * number) / 9), 90 + 60 * np.cos(y / 7)], axis=2
    )
    for bit in range(BITS):
        left, right = bit * width // BITS, (bit + 1) * width // BITS
        image[: height // 2, left:right] = 220 if number >> bit & 1 else 30
    return image.astype(np.uint8)


def read_number(image: Image) -> int:
    """The number that a picture of any size shows."""
    height, width = image.shape[:2]
    y = height // 4
    return sum(
        int(image[y - 2 : y + 3, (2 * bit + 1) * width // (2 * BITS)].mean() > 125) << bit
        for bit in range(BITS)
    )


def write_clip(
    path: Path,
    count: int,
    *,
    size: tuple[int, int] = (160, 96),
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    rate: int = 25,
    ticks: Sequence[int] | None = None,
    clock: int = 1000,
    turned: int = 0,
    sound: bool = False,
    options: Mapping[str, str] | None = None,
    container: Mapping[str, str] | None = None,
) -> Path:
    """Encode frames 0 … count - 1.

    ``ticks`` are their times in units of 1/clock, evenly spaced by default. ``size`` is the
    upright one; with ``turned`` the pixels lie clockwise on their side by so many degrees and
    a display matrix turns them back.
    """
    with av.open(str(path), "w", container_options=dict(container or {})) as output:
        stream = output.add_stream(codec, rate=rate, options=dict(options or {}))
        width, height = size[::-1] if turned in (90, 270) else size
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        if turned:
            stream.set_display_rotation(turned)
        if ticks is not None:
            stream.codec_context.time_base = Fraction(1, clock)
        track = output.add_stream("aac", rate=8000) if sound else None
        for number in range(count):
            image = np.rot90(numbered_image(number, *size), -turned // 90)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
            frame.pts = number if ticks is None else ticks[number]
            frame.time_base = Fraction(1, rate if ticks is None else clock)
            output.mux(stream.encode(frame))
        if track is not None:
            silence = av.AudioFrame.from_ndarray(
                np.zeros((1, 8000), np.float32), format="fltp", layout="mono"
            )
            silence.sample_rate = 8000
            output.mux(track.encode(silence))
            output.mux(track.encode())
        output.mux(stream.encode())
    return path


def packets(path: Path) -> list[tuple[int, int]]:
    """(position in the file, size) in bytes of the video packets."""
    with av.open(str(path)) as container:
        return [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]


def damage(path: Path, numbers: Iterable[int]) -> Path:
    """Overwrite the headers of some packets of a clip, so that they cannot be decoded."""
    data = bytearray(path.read_bytes())
    places = packets(path)
    for number in numbers:
        start, size = places[number]
        data[start : start + min(size, 40)] = b"\xff" * min(size, 40)
    path.write_bytes(data)
    return path


def hide(path: Path, ticks: int) -> Path:
    """Let the edit list of an MP4 begin so many of the video's ticks later (ISO/IEC 14496-12).

    What is shown before is only decoded, as a trim that encodes nothing leaves it.
    """
    data = path.read_bytes()
    place = data.index(b"elst") + 16  # after its version, its number of edits, and a length
    begin = int.from_bytes(data[place : place + 4], "big") + ticks
    path.write_bytes(data[:place] + begin.to_bytes(4, "big") + data[place + 4 :])
    return path
