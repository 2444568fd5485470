"""The worst of what went wrong, to be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, zip_longest

import numpy as np
import numpy.typing as npt

from balltrack.evaluation.comparison import Comparison, Outcome
from balltrack.evaluation.page.runs import runs

KINDS = (Outcome.FP1, Outcome.FP2, Outcome.FN)


@dataclass(frozen=True)
class Miss:
    """A run of frames with one wrong outcome: it is seen once, not frame by frame.

    Attributes:
        clip: its name.
        outcome: FP1, FP2 or FN.
        first, last: frames of the run.
        row: of the clip's comparison, the frame to show: where a wrong position has its
            highest score (and, among those, the largest distance), the middle of an FN.
        frame: of that row.
        weight: how bad it is, see `find_misses`.
    """

    clip: str
    outcome: Outcome
    first: int
    last: int
    row: int
    frame: int
    weight: tuple[float, float, float]

    @property
    def length(self) -> int:
        """In frames."""
        return self.last - self.first + 1


def find_misses(clips: Mapping[str, Comparison]) -> list[Miss]:
    """Every miss of every clip.

    A miss weighs the sum of its scores, so that long and sure errors come first; then, and
    for FN and filled-in positions alone, its length; then its largest distance.
    """
    return [
        _miss(name, clip, kind, rows)
        for name, clip in clips.items()
        for kind in KINDS
        for rows in runs(clip.outcome == kind, clip.frame_index)
    ]


def worst(misses: Iterable[Miss], limit: int) -> list[Miss]:
    """At most ``limit`` misses by outcome, the worst first.

    The outcomes take turns in being chosen, so that none crowds out the others; what one
    does not use the others do.
    """
    ranked = sorted(misses, key=lambda miss: (*(-w for w in miss.weight), miss.clip, miss.first))
    by_kind = [[miss for miss in ranked if miss.outcome == kind] for kind in KINDS]
    turns = [miss for miss in chain(*zip_longest(*by_kind)) if miss is not None]
    chosen = set(turns[:limit])
    return [miss for kind in by_kind for miss in kind if miss in chosen]


def _miss(name: str, clip: Comparison, kind: Outcome, rows: npt.NDArray[np.int64]) -> Miss:
    score = clip.score[rows]
    distance = np.nan_to_num(clip.distance[rows])
    row = rows[len(rows) // 2] if kind == Outcome.FN else rows[np.lexsort((distance, score))[-1]]
    return Miss(
        clip=name,
        outcome=kind,
        first=int(clip.frame_index[rows[0]]),
        last=int(clip.frame_index[rows[-1]]),
        row=int(row),
        frame=int(clip.frame_index[row]),
        weight=(float(score.sum()), float(len(rows)), float(distance.max())),
    )
