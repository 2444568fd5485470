"""A video → its shots, and which of them show play."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from balltrack.geometry import PAPER_GRID
from balltrack.options import ReadOptions
from balltrack.pipeline.play import PlayGate
from balltrack.pipeline.progress import empty_part
from balltrack.scene.play import PlayWatch
from balltrack.scene.shots import split_shots
from balltrack.structures import Frame, Source, Track
from balltrack.video.reader import open_video
from balltrack.weights.arrays import read_playnet


@dataclass(frozen=True)
class Shot:
    """One shot of a video.

    Attributes:
        number: counted from 0.
        first, last: its frames, 0-based, both in it.
        time_s: of its first frame, seconds; NaN where the video says none.
        play: whether it is taken to show play.
        probability: of showing play by its pictures alone, 0 to 1.
    """

    number: int
    first: int
    last: int
    time_s: float
    play: bool
    probability: float


def list_shots(
    video: str | os.PathLike[str],
    options: ReadOptions = ReadOptions(),  # noqa: B008  # frozen
) -> Iterator[Shot]:
    """The shots of a video in order, as soon as they are known.

    Raises:
        VideoError: the video cannot be opened or read.
        OptionError: the part asked for holds no frame.
    """
    watch = PlayWatch(read_playnet("play"))
    with ExitStack() as stack:
        reader = stack.enter_context(
            open_video(
                video,
                reader=options.reader,
                size=PAPER_GRID,
                start_s=options.start_s,
                end_s=options.end_s,
                source=options,
            )
        )
        odds: dict[int, float] = {}
        found = 0
        for rows in PlayGate(watch).rows(_whole_shots(reader.frames(), watch, odds)):
            found += 1
            number, probability = int(rows.shot[0]), 1 / (1 + math.exp(odds.pop(int(rows.shot[0]))))
            first, last = rows.frame_index[[0, -1]].tolist()
            yield Shot(number, first, last, float(rows.time_s[0]), bool(rows.play[0]), probability)
    if not found:
        raise empty_part(video)


def _whole_shots(
    frames: Iterable[Frame], watch: PlayWatch, odds: dict[int, float]
) -> Iterator[Track]:
    """Rows without a ball, a piece a shot; notes the log-odds of each against play."""
    for number, shot in groupby(watch.watch(split_shots(frames)), key=lambda frame: frame.shot):
        times = {frame.index: frame.time_s for frame in shot}
        count = len(times)
        odds[number] = watch.no_play(number, max(times))
        yield Track(
            frame_index=np.array([*times], dtype=np.int64),
            time_s=np.array([*times.values()]),
            xy=np.full((count, 2), np.nan),
            score=np.zeros(count, dtype=np.float32),
            source=np.full(count, Source.NONE, dtype=np.int8),
            shot=np.full(count, number, dtype=np.int64),
        )
