"""Everything that is known of a report beyond its table: for JSON, and for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from balltrack.errors import counted
from balltrack.evaluation import bootstrap
from balltrack.evaluation.bootstrap import Interval, intervals
from balltrack.evaluation.breakdowns import (
    Gap,
    by_repetition,
    by_shot,
    by_speed,
    by_visibility,
    gap_lengths,
)
from balltrack.evaluation.comparison import Comparison
from balltrack.evaluation.metrics import count, figures
from balltrack.evaluation.ranking import Ranking, rank
from balltrack.evaluation.repeated import find_repeated
from balltrack.evaluation.report import Report, cell, figure_cells, null_for_nan
from balltrack.options import ReadOptions
from balltrack.pipeline.progress import OnProgress, Progress

GAP_BINS = ((1, 1), (2, 2), (3, 4), (5, 8), (9, 16), (17, None))
"""Lengths in frames, both ends in, that stand in one line for people; JSON has each length."""


@dataclass(frozen=True)
class Details:
    """See the functions that the fields come from.

    Attributes:
        rankings: clips, folders and ``total`` by name.
        intervals: None with too few clips.
        clip_count: how many there were.
        visibility, speed: groups of all frames.
        shots: clip → shot → its frames.
        gaps: by length in frames.
        repetition: None where no clip has pictures.
        pictured: how many have.
    """

    rankings: dict[str, dict[str, Ranking]]
    intervals: dict[str, Interval] | None
    clip_count: int
    visibility: dict[str, Comparison]
    speed: dict[str, Comparison]
    shots: dict[str, dict[int, Comparison]]
    gaps: dict[int, Gap]
    repetition: dict[str, Comparison] | None
    pictured: int

    def to_json(self) -> dict[str, object]:
        """Everything as JSON values; an undefined figure is None."""
        parts = {
            "average_precision": {
                kind: {name: asdict(ranking) for name, ranking in rankings.items()}
                for kind, rankings in self.rankings.items()
            },
            "intervals": self._intervals_json(),
            "by_visibility": _figures(self.visibility),
            "by_speed": _figures(self.speed),
            "by_shot": {name: _figures(shots) for name, shots in self.shots.items()},
            "by_gap_length": {str(length): asdict(gap) for length, gap in self.gaps.items()},
            "by_repetition": None
            if self.repetition is None
            else {"clips": self.pictured, **_figures(self.repetition)},
        }
        return {name: null_for_nan(part) for name, part in parts.items()}

    def group_rows(self) -> list[tuple[str, ...]]:
        """Cells under `report.COLUMNS`; shots only of clips that have several."""
        groups = {f"visibility {name}": group for name, group in self.visibility.items()}
        groups |= {f"speed {name} px/frame": group for name, group in self.speed.items()}
        groups |= {
            f"{name} shot {shot}": group
            for name, shots in self.shots.items()
            for shot, group in shots.items()
            if len(shots) > 1
        }
        groups |= {f"{name} frames": group for name, group in (self.repetition or {}).items()}
        return [figure_cells(name, group) for name, group in groups.items()]

    def sentences(self) -> list[str]:
        """The rest, a line each."""
        return [self._ranking_line(), self._interval_line(), self._gap_line(), *self._remarks()]

    def _intervals_json(self) -> dict[str, object]:
        found = self.intervals
        ratios = None if found is None else {k: [v.low, v.high] for k, v in found.items()}
        return {
            "level": bootstrap.LEVEL,
            "resamples": bootstrap.RESAMPLES,
            "clips": self.clip_count,
            "ratios": null_for_nan(ratios),
        }

    def _ranking_line(self) -> str:
        total = self.rankings["total"]["total"]
        ranked = "ranked by score" if total.scored else "of one score: precision times recall"
        return (
            f"average precision: {cell(total.average_precision, 4)}, "
            f"strict {cell(total.strict_average_precision, 4)}, "
            f"from {total.positions} positions {ranked}"
        )

    def _interval_line(self) -> str:
        title = f"{bootstrap.LEVEL:.0%} intervals by clip"
        if self.intervals is None:
            return (
                f"{title}: not given for {counted(self.clip_count, 'clip')}, "
                f"they need at least {bootstrap.FEWEST_CLIPS}"
            )
        spans = (
            f"{name.replace('_', ' ').replace('f1', 'F1')} "
            f"{cell(interval.low, 4)}-{cell(interval.high, 4)}"
            for name, interval in self.intervals.items()
        )
        return f"{title} ({counted(self.clip_count, 'clip')}): {', '.join(spans)}"

    def _gap_line(self) -> str:
        parts = []
        for low, high in GAP_BINS:
            inside = [n for n in self.gaps if low <= n and (high is None or n <= high)]
            gap = sum((self.gaps[n] for n in inside), Gap(0, 0, 0))
            if gap.gaps:
                length = f"{low}+" if high is None else f"{low}-{high}" if high > low else f"{low}"
                frames = gap.not_found + gap.misplaced
                within = f"{counted(frames, 'frame')}, {gap.misplaced} misplaced"
                parts.append(f"{length}: {gap.gaps} ({within})")
        return f"gaps by length in frames: {', '.join(parts) or 'none'}"

    def _remarks(self) -> list[str]:
        remarks = []
        if all(len(shots) == 1 for shots in self.shots.values()):
            remarks.append("shots: one in every clip, or the predictions do not tell")
        if self.repetition is None:
            remarks.append("repeated frames: not looked for, there are no videos beside the truth")
        elif self.pictured < self.clip_count:
            pictured = counted(self.pictured, "clip")
            remarks.append(f"repeated frames: of {pictured} with a video beside the truth")
        return remarks


def examine(
    report: Report,
    *,
    reading: ReadOptions = ReadOptions(),  # noqa: B008  # frozen
    progress: OnProgress | None = None,
) -> Details:
    """Work the details out; the videos of the report are read for repeated frames.

    Args:
        report: what is known so far.
        reading: which streams of the videos are read, and by what.
        progress: called after every video.

    Raises:
        VideoError: a video cannot be read.
    """
    repeated = _repeated(report, reading, progress)
    total = report.total
    return Details(
        rankings={
            "total": {"total": rank(total)},
            "folders": {name: rank(folder) for name, folder in report.folders.items()},
            "clips": {name: rank(clip) for name, clip in report.clips.items()},
        },
        intervals=intervals([count(clip) for clip in report.clips.values()]),
        clip_count=len(report.clips),
        visibility=by_visibility(total),
        speed=by_speed(total),
        shots=by_shot(report.clips),
        gaps=gap_lengths(report.clips.values()),
        repetition=by_repetition(report.clips, repeated) if repeated else None,
        pictured=len(repeated),
    )


def _repeated(
    report: Report, reading: ReadOptions, progress: OnProgress | None
) -> dict[str, npt.NDArray[np.int64]]:
    found: dict[str, npt.NDArray[np.int64]] = {}
    ends = {
        name: int(report.clips[name].frame_index[-1])
        for name in report.videos
        if len(report.clips[name])
    }
    done = 0
    for name, last in ends.items():
        found[name] = find_repeated(report.videos[name], last=last, reading=reading)
        done += last + 1
        if progress is not None:
            progress(Progress(done, sum(ends.values()) + len(ends), "compare"))
    return found


def _figures(groups: Mapping[str, Comparison] | Mapping[int, Comparison]) -> dict[str, object]:
    return {str(name): figures(group) for name, group in groups.items()}
