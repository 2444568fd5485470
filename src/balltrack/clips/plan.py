"""Which frames go into which clip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np

from balltrack.clips.options import ClipOptions
from balltrack.clips.rallies import Play
from balltrack.errors import OptionError
from balltrack.events.rallies import Rally
from balltrack.structures import FloatArray

_SAME_TIME_S = 1e-6


@dataclass(frozen=True)
class Clip:
    """A rally with what is shown before and after it.

    Attributes:
        number: of the rally: its list's own, else among all of the video, from 1.
        rally: itself.
        first_frame, last_frame: of the clip, both included.
        start_s, end_s: when the first frame is shown and the last one ends, in seconds from
            the video's first frame.
    """

    number: int
    rally: Rally
    first_frame: int
    last_frame: int
    start_s: float
    end_s: float

    @property
    def title(self) -> str:
        """ "Rally 7, 12 strokes"; strokes that nobody counted are not told."""
        strokes = self.rally.strokes
        if not strokes:
            return f"Rally {self.number}"
        return f"Rally {self.number}, {strokes} stroke{'' if strokes == 1 else 's'}"


def plan_clips(
    play: Play, times_s: FloatArray, period_s: float, options: ClipOptions
) -> list[Clip]:
    """The clips that are asked for, in the order of their rallies.

    Args:
        play: with at least one rally.
        times_s: (N,) of the video's frames.
        period_s: how long its last frame is shown.
        options: which rallies, and how much before and after.

    Raises:
        OptionError: there is no rally to cut, or none of so many strokes.
    """
    if options.min_strokes and not play.strokes_known:
        raise OptionError(
            "min_strokes: the list of rallies has no column Strokes; give labels of the ball"
        )
    kept = [
        (number, rally)
        for number, rally in zip(play.numbers or count(1), play.rallies, strict=False)
        if rally.strokes >= options.min_strokes
    ]
    if not kept:
        most = max((rally.strokes for rally in play.rallies), default=0)
        raise OptionError(
            f"no rally has {options.min_strokes} strokes, the longest {most}"
            if play.rallies
            else "there is no rally to cut, neither listed nor by hits that follow one another"
        )
    ends = np.append(times_s[1:], times_s[-1] + period_s)
    clips = []
    for number, rally in kept:
        start_s = times_s[rally.first_frame] - options.before - _SAME_TIME_S
        end_s = times_s[rally.last_frame] + options.after + _SAME_TIME_S
        first = int(np.searchsorted(times_s, start_s))
        last = int(np.searchsorted(times_s, end_s, "right")) - 1
        clips.append(Clip(number, rally, first, last, float(times_s[first]), float(ends[last])))
    return clips


def clip_paths(folder: Path, video: Path, clips: Sequence[Clip]) -> list[Path]:
    """``match_rally_003.mp4`` and so on, sorted by name as by time."""
    digits = max(3, *(len(str(clip.number)) for clip in clips))
    return [folder / f"{video.stem}_rally_{clip.number:0{digits}}.mp4" for clip in clips]


def total_s(clips: Iterable[Clip]) -> float:
    """Seconds of all clips together."""
    return sum(clip.end_s - clip.start_s for clip in clips)
