"""A video → its shots, and which of them show play."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from balltrack.geometry import PAPER_GRID
from balltrack.options import PathOptions, ReadOptions
from balltrack.pipeline.lost import lost_frames
from balltrack.pipeline.play import PlayGate
from balltrack.pipeline.progress import empty_part
from balltrack.scene.play import Look, PlayWatch, most_play
from balltrack.scene.repeats import Repeats
from balltrack.scene.shots import split_shots
from balltrack.scene.tones import in_good_light
from balltrack.structures import Frame, FrameCandidates, Source, Track
from balltrack.video.filters.repairs import repaired
from balltrack.video.reader import open_video
from balltrack.weights.arrays import read_playnet


@dataclass(frozen=True)
class Shot:
    """One shot of a video, or a part of it where play ends or begins amid it.

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
        part: dict[str, Any] = {"start_s": options.start_s, "end_s": options.end_s}
        part |= {"size": PAPER_GRID}
        opened = open_video(video, reader=options.reader, source=options, **part)
        reader = stack.enter_context(repaired(opened, **part))
        looks: dict[int, list[Look]] = {}
        found = 0
        repeats = Repeats(lost_frames(reader, PathOptions()))
        whole = _whole_shots(reader.frames(), watch, repeats, looks)
        for rows in PlayGate(watch).rows(whole):
            found += 1
            number = int(rows.shot[0])
            for earlier in [other for other in looks if other < number]:
                del looks[earlier]
            first, last = rows.frame_index[[0, -1]].tolist()
            odds = most_play([one.odds for one in looks[number] if first <= one.frame <= last])
            probability = 1 / (1 + math.exp(odds))
            yield Shot(number, first, last, float(rows.time_s[0]), bool(rows.play[0]), probability)
    if not found:
        raise empty_part(video)


def _whole_shots(
    frames: Iterable[Frame], watch: PlayWatch, repeats: Repeats, looks: dict[int, list[Look]]
) -> Iterator[Track]:
    """Rows, a piece a shot, with a ball on each that is not to be lost; notes the looks."""
    watched = watch.watch(in_good_light(split_shots(repeats.leave_out(frames))))
    entries = (FrameCandidates(each.index, each.time_s, each.shot, ()) for each in watched)
    for number, shot in groupby(repeats.put_back(entries), key=lambda entry: entry.shot):
        times = {entry.frame_index: entry.time_s for entry in shot}
        count = len(times)
        looks[number] = [look for look in watch.looks() if look.shot == number]
        yield Track(
            frame_index=np.array([*times], dtype=np.int64),
            time_s=np.array([*times.values()]),
            xy=np.zeros((count, 2)),
            score=np.ones(count, dtype=np.float32),
            source=np.full(count, Source.DETECTED, dtype=np.int8),
            shot=np.full(count, number, dtype=np.int64),
        )
