"""What a frame costs in videos of several lengths: a clip, repeated without encoding it again."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from balltrack.benchmark.measurement import Run
from balltrack.benchmark.process import run_job
from balltrack.errors import OptionError, VideoError
from balltrack.options import TrackOptions


@dataclass(frozen=True)
class Length:
    """One measurement.

    Attributes:
        length_s: of the video, as asked for.
        frames: that it has.
        run: of a fresh process, from its start to the label file.
        peak_memory_mb: of this process.
    """

    length_s: float
    frames: int
    run: Run
    peak_memory_mb: float

    @property
    def ms_a_frame(self) -> float:
        """On the wall clock, without imports and weights."""
        once = sum(self.run.stages.get(name, 0.0) for name in ("start", "load"))
        return round(1000 * (self.run.seconds - once) / self.frames, 3)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"ms_a_frame": self.ms_a_frame}


def measure_lengths(
    video: str | os.PathLike[str],
    lengths_s: Sequence[float],
    options: TrackOptions,
    *,
    watch: Callable[[float], None] = lambda _: None,
) -> list[Length]:
    """Track ``video``, repeated to each of some lengths, once, in a process of its own.

    Args:
        video: path. Repeating it takes as much room in the folder for temporary files as so
            long a video of its kind has.
        lengths_s: in seconds.
        options: how to track.
        watch: told of each length before it begins.

    Raises:
        BalltrackError: what tracking raised, or that the video cannot be repeated.
    """
    for length_s in lengths_s:
        if not (isfinite(length_s) and length_s > 0):
            raise OptionError(f"lengths must be above 0 seconds, got {length_s:g}")
    found = []
    for length_s in lengths_s:
        watch(length_s)
        with tempfile.TemporaryDirectory(prefix="balltrack-") as folder:
            repeated = repeat(video, Path(folder) / f"{length_s:g}-s.mp4", length_s)
            answer = run_job(repeated, options, again=False)
        run = Run(**answer["first"])
        found.append(Length(length_s, answer["frames"], run, answer["peak_memory_mb"]))
    return found


def repeat(video: str | os.PathLike[str], target: Path, length_s: float) -> Path:
    """Write ``video`` again and again, as it is encoded, until it has ``length_s`` seconds.

    Raises:
        VideoError: what is encoded does not go into an MP4.
    """
    import av  # noqa: PLC0415  # after --help

    try:
        with av.open(os.fspath(video)) as source, av.open(str(target), "w") as output:
            stream = source.streams.video[0]
            copy = output.add_stream_from_template(stream)
            for packet in _repeated(source, stream, length_s):
                packet.stream = copy
                output.mux(packet)
    except (av.FFmpegError, ValueError) as error:
        raise VideoError(
            f"{video}: cannot be repeated ({error}); give an MP4 with H.264"
        ) from error
    return target


def _repeated(source: Any, stream: Any, length_s: float) -> Iterator[Any]:
    """Packets in the order of decoding, their times shifted by what came before."""
    shift = 0
    wanted = length_s / stream.time_base
    while True:
        end = shift
        source.seek(0)
        for packet in source.demux(stream):
            if packet.pts is None or packet.dts is None:
                continue  # the flush at the end
            packet.pts += shift
            packet.dts += shift
            end = max(end, packet.pts + (packet.duration or 1))
            if packet.dts >= wanted:
                return
            yield packet
        if end == shift:
            raise ValueError("it has no times")
        shift = end
