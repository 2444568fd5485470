"""What there is to say of several tracks of one video: agreement, scores, speed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from balltrack.evaluation.comparison import ON_PAPER_GRID, Comparison, Size, compare
from balltrack.evaluation.metrics import count, figures
from balltrack.evaluation.report import cell, null_for_nan
from balltrack.evaluation.systems.runs import Run
from balltrack.structures import Labels, Track

COLUMNS = ("system", "frames", "with a ball", "load s", "s", "frames/s")
SCORES = ("precision", "recall", "F1", "strict F1")


@dataclass(frozen=True)
class Systems:
    """Several runs over one video.

    Attributes:
        runs: at least one.
        size: (width, height) of the video in pixels.
        truth: what a person labelled, where somebody did.
    """

    runs: Sequence[Run]
    size: Size
    truth: Labels | None = None

    def columns(self) -> tuple[str, ...]:
        """Names over `rows`."""
        return COLUMNS if self.truth is None else (*COLUMNS, *SCORES)

    def rows(self) -> list[tuple[str, ...]]:
        """Cells of a table, a row a system."""
        return [(*_cells(run), *self._score_cells(run)) for run in self.runs]

    def agreement_rows(self) -> list[tuple[str, ...]]:
        """Cells of a table of everyone with everyone, the first the name."""
        return [
            (one.name, *(cell(self._agreement(one, other), 4) for other in self.runs))
            for one in self.runs
        ]

    def to_json(self) -> list[dict[str, object]]:
        """Everything as JSON values, one object a system; an undefined ratio is None."""
        return [
            {
                "system": run.name,
                "frames": len(run.track),
                "with_a_ball": int(run.track.visible.sum()),
                "load_s": round(run.load_s, 3),
                "seconds": round(run.seconds, 3),
                "frames_per_s": round(run.frames_per_s, 2),
                "runtime": run.detector.runtime,
                "device": run.detector.device,
                "precision": run.detector.precision,
                "agreement": {
                    other.name: round(self._agreement(run, other), 4)
                    for other in self.runs
                    if other is not run
                },
                "scores": None if self.truth is None else null_for_nan(figures(self._held(run))),
            }
            for run in self.runs
        ]

    def _held(self, run: Run) -> Comparison:
        assert self.truth is not None
        return compare(self.truth, run.track, self.size, ON_PAPER_GRID)

    def _score_cells(self, run: Run) -> tuple[str, ...]:
        if self.truth is None:
            return ()
        c = count(self._held(run))
        return tuple(cell(value, 4) for value in (c.precision, c.recall, c.f1, c.strict_f1))

    def _agreement(self, one: Run, other: Run) -> float:
        return agreement(one.track, other.track, self.size)


def agreement(one: Track, other: Track, size: Size) -> float:
    """Share of ``one``'s frames on which both have no ball, or have it at one place.

    One place is at most 4 px apart on the 512x288 grid: it is the accuracy of either where the
    other is taken for the truth.

    Args:
        one, other: of one video.
        size: (width, height) of the video in pixels.
    """
    visible = one.visible.astype(np.int8)
    taken = Labels(one.frame_index, visible, one.xy, np.full(len(one), -1, np.int8))
    return count(compare(taken, other, size, ON_PAPER_GRID)).accuracy


def within(truth: Labels, track: Track) -> Labels:
    """The labels of the part of a video that was tracked."""
    first, last = track.frame_index[[0, -1]]
    mask = (truth.frame_index >= first) & (truth.frame_index <= last)
    return Labels(**{field.name: getattr(truth, field.name)[mask] for field in fields(Labels)})


def _cells(run: Run) -> tuple[str, ...]:
    return (
        run.name,
        str(len(run.track)),
        str(int(run.track.visible.sum())),
        f"{run.load_s:.1f}",
        f"{run.seconds:.1f}",
        f"{run.frames_per_s:.1f}",
    )
