"""What an overlay costs beside tracking, and what of it is encoding."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from balltrack.options import TrackOptions
    from balltrack.structures import Track

BLOCK = 60
"""Frames decoded ahead of encoding them; at 1080p 190 MB."""


@dataclass(frozen=True)
class Overlay:
    """Seconds on the wall clock, and of all threads.

    Attributes:
        seconds, cpu_seconds: `render_overlay`, which reads the video a second time.
        encode_seconds, encode_cpu_seconds: the same frames, decoded and undrawn, as the
            painter gets them, into the same writer.
    """

    seconds: float
    cpu_seconds: float
    encode_seconds: float
    encode_cpu_seconds: float


def measure_overlay(video: str, track: Track, options: TrackOptions, folder: Path) -> Overlay:
    """Draw ``track`` over its video, then only encode the video; both into ``folder``."""
    from balltrack.options import RenderOptions  # noqa: PLC0415
    from balltrack.pipeline.rendering import render_overlay  # noqa: PLC0415

    drawing = RenderOptions(**options.read)
    whole, encoding = _Clock(), _Clock()
    with whole.running():
        render_overlay(video, track, folder / "overlay.mp4", drawing)
    _encode(video, drawing.crf, options, folder / "encoded.mp4", encoding)
    return Overlay(whole.wall, whole.cpu, encoding.wall, encoding.cpu)


def _encode(video: str, crf: int, options: TrackOptions, output: Path, clock: _Clock) -> None:
    """Encode what is decoded while the clock stands still, all but a few frames."""
    from contextlib import ExitStack  # noqa: PLC0415

    from balltrack.overlay.writer import VideoWriter  # noqa: PLC0415
    from balltrack.video.reader import open_video  # noqa: PLC0415
    from balltrack.video.yuv import matrix_of_file  # noqa: PLC0415

    start_s, end_s = options.start_s, options.end_s
    reader = open_video(video, reader=options.reader, start_s=start_s, end_s=end_s, source=options)
    with reader, ExitStack() as stack:
        frames = reader.planar_frames(matrix_of_file(reader.info.path, reader.info.stream))
        writer = stack.enter_context(
            VideoWriter(output, reader.size, reader.info.frame_rate, crf=crf)
        )
        while block := list(islice(frames, BLOCK)):
            with clock.running():
                for frame in block:
                    writer.write(frame.picture, frame.time_s)
        with clock.running():
            stack.close()


@dataclass
class _Clock:
    wall: float = field(default=0.0)
    cpu: float = field(default=0.0)

    @contextmanager
    def running(self) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() - cpu
