"""The files that the contract suite of the readers runs on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from balltrack.errors import VideoError
from balltrack.options import ReaderName
from balltrack.structures import Frame
from balltrack.video.file_reader import FileReader, Picture
from balltrack.video.reader import open_video
from numbered_clips import damage, packets, read_number, write_clip

SMALL = (80, 48)
INTRA = {"g": "1"}  # frames that stand alone: damage to one leaves the others readable
UNEVEN = [
    40 * number + (15 if number % 3 else 0) + (200 if number > 20 else 0) for number in range(40)
]


@dataclass(frozen=True)
class Clip:
    """How to render a file, and what a reader that misses nothing gives of it."""

    name: str
    render: Callable[[Path], Path]
    numbers: Collection[int]
    rate: int = 25
    times: tuple[float, ...] = ()
    damaged: bool = False

    @property
    def times_s(self) -> list[float]:
        first = min(self.numbers)
        return list(self.times) or [(number - first) / self.rate for number in self.numbers]


def encoded(name: str, count: int, rate: int = 25, **options: object) -> Clip:
    return Clip(
        name,
        lambda path: write_clip(path, count, rate=rate, **options),  # type: ignore[arg-type]
        range(count),
        rate,
    )


def cut_off(path: Path) -> Path:
    """Index first, then 40 whole frames and a half."""
    write_clip(path, 60, options=INTRA, container={"movflags": "faststart"})
    start, size = packets(path)[40]
    path.write_bytes(path.read_bytes()[: start + size // 2])
    return path


def damaged(name: str, lost: set[int]) -> Clip:
    return Clip(
        name,
        lambda path: damage(write_clip(path, 60, options=INTRA), lost),
        [number for number in range(60) if number not in lost],
        damaged=True,
    )


CLEAN = (
    encoded("cfr.mp4", 60, sound=True),
    *(encoded(f"{count}.mp4", count) for count in (1, 2, 3)),
    encoded("milliseconds.mkv", 30, rate=30),
    encoded("sound_first.mp4", 30, ticks=[1000 + 40 * number for number in range(30)], sound=True),
    encoded(
        "negative_offsets.mp4",
        20,
        options={"bf": "2"},
        container={"movflags": "negative_cts_offsets"},
    ),
    Clip(
        "vfr.mp4",
        lambda path: write_clip(path, 40, ticks=UNEVEN),
        range(40),
        times=tuple(tick / 1000 for tick in UNEVEN),
    ),
    encoded("late.ts", 50, ticks=[3_601_400 + 40 * number for number in range(50)]),
    *(encoded(f"turned{degrees}.mp4", 10, turned=degrees) for degrees in (90, 180, 270)),
    encoded("odd.mp4", 10, size=(161, 97), pixel_format="yuv444p"),
    encoded("wide_pixels.ts", 10, codec="mpeg2video", options={"aspect": "16/9"}),
    encoded("bt709.mp4", 10, options={"colorspace": "bt709"}),
    encoded("full_range.mp4", 10, pixel_format="yuvj420p"),
    encoded(
        "ten_bit.mp4",
        10,
        codec="libx265",
        pixel_format="yuv420p10le",
        options={"x265-params": "log-level=none"},
    ),
    Clip(
        "edit_list.mp4",  # the first ten frames are only there for the others to decode
        lambda path: write_clip(
            path,
            30,
            ticks=[40 * number - 400 for number in range(30)],
            container={"avoid_negative_ts": "disabled"},
        ),
        range(10, 30),
    ),
)
AWKWARD = (  # for OpenCV
    encoded("interlaced.ts", 20, codec="mpeg2video", options={"flags": "+ildct+ilme", "b": "4M"}),
    # AVI has no presentation times, and OpenCV's end with zeros.
    encoded("reordered.avi", 20, codec="mpeg4", options={"bf": "2"}),
    encoded("reordered_h264.avi", 20, options={"bf": "3"}),
    encoded("ycgco.mp4", 20, options={"colorspace": "ycgco"}),
    damaged("damaged_middle.mp4", {20, 33}),
    damaged("damaged_tail.mp4", {54, 56, 58}),
)

CFR = CLEAN[0]
INTERLACED, DAMAGED = (
    next(clip for clip in AWKWARD if clip.name.startswith(name))
    for name in ("interlaced", "damaged_middle")
)


def read(path: Path, reader: ReaderName, **options: object) -> list[Frame]:
    with open_video(path, reader=reader, **options) as video:  # type: ignore[arg-type]
        return list(video.frames())


def each(clips: Iterable[Clip]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("clip", clips, ids=lambda clip: clip.name)


def assert_complete(frames: list[Frame], clip: Clip) -> None:
    assert [read_number(frame.image) for frame in frames] == list(clip.numbers)
    assert [frame.index for frame in frames] == list(range(len(frames)))
    np.testing.assert_allclose([frame.time_s for frame in frames], clip.times_s, atol=0.0006)


def break_reader(
    monkeypatch: pytest.MonkeyPatch, reader: type[FileReader], number: int, why: str = "broke"
) -> None:
    """Have a reader fail after ``number`` pictures."""
    whole = reader.pictures

    def pictures(self: FileReader) -> Generator[Picture]:
        with closing(whole(self)) as given:
            yield from islice(given, number)
        raise VideoError(f"{self.info.path}: {reader.name} {why}; mend it")

    monkeypatch.setattr(reader, "pictures", pictures)
