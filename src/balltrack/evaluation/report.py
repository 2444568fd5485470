"""Figures over several clips: each clip, each folder, and all of them, from raw sums."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from balltrack.errors import DatasetError
from balltrack.evaluation.breakdowns import spread
from balltrack.evaluation.comparison import (
    ON_PAPER_GRID,
    Comparison,
    Criterion,
    Size,
    compare,
    join,
)
from balltrack.evaluation.metrics import count, figures, localisation, scores
from balltrack.options import TrackOptions
from balltrack.structures import Labels, Track

COLUMNS = (
    "clip",
    "frames",
    "TP",
    "TN",
    "FP1",
    "FP2",
    "FN",
    "accuracy",
    "precision",
    "recall",
    "F1",
    "strict recall",
    "strict F1",
    "median px",
    "px at 1080p",
)


@dataclass(frozen=True)
class Clip:
    """A clip to evaluate.

    Attributes:
        name: ``folder/clip``, unique among the clips of a report; clips of one folder
            are also summed up together.
        truth: what a person labelled.
        prediction: what a tracker found.
        size: (width, height) of the video in pixels; None suits source pixels only.
        video: where the pictures are; None where nobody knows.
    """

    name: str
    truth: Labels
    prediction: Track
    size: Size | None = None
    video: Path | None = None


@dataclass(frozen=True)
class Report:
    """What came out.

    Attributes:
        clips: name → comparison.
        criterion: by which they were compared.
        options: how the clips were tracked; None where the predictions came from files.
        used: what that came to: version, runtime, precision, checksums of weights.
        videos: name → the clip's pictures, where there are any.
    """

    clips: dict[str, Comparison]
    criterion: Criterion
    options: TrackOptions | None = None
    used: Mapping[str, object] | None = None
    videos: dict[str, Path] = field(default_factory=dict)

    @property
    def folders(self) -> dict[str, Comparison]:
        """Folder → its clips joined; empty where all clips lie in one folder."""
        groups: dict[str, list[Comparison]] = {}
        for name, comparison in self.clips.items():
            groups.setdefault(name.rpartition("/")[0], []).append(comparison)
        return {name: join(group) for name, group in groups.items()} if len(groups) > 1 else {}

    @property
    def title(self) -> str:
        """Whose positions these are, and when one was right."""
        criterion = self.criterion
        where = "{}x{} grid".format(*criterion.grid) if criterion.grid else "source pixels"
        sign = "<=" if criterion.inclusive else "<"
        who = self.options.networks if self.options else "predictions"
        return f"{who}: right at {sign} {criterion.tolerance:g} px, {where}"

    @property
    def total(self) -> Comparison:
        """All clips joined."""
        return join(self.clips.values())

    def to_json(
        self, groups: Mapping[str, Mapping[str, Comparison]] | None = None
    ) -> dict[str, object]:
        """Everything as JSON values; an undefined ratio is None.

        ``strict_f1_of_venues`` is there where the groups are two venues or more.

        Args:
            groups: of the frames, by kind, see `breakdowns.break_down`.
        """
        venues = spread((groups or {}).get("venue", {}))
        return {
            "criterion": asdict(self.criterion),
            "options": None if self.options is None else asdict(self.options),
            "used": None if self.used is None else dict(self.used),
            "total": null_for_nan(scores(self.total)),
            "folders": {name: null_for_nan(scores(c)) for name, c in self.folders.items()},
            "clips": {name: null_for_nan(scores(c)) for name, c in self.clips.items()},
            "by": {
                kind: {name: null_for_nan(figures(c)) for name, c in members.items()}
                for kind, members in (groups or {}).items()
            },
            **({} if venues is None else {"strict_f1_of_venues": asdict(venues)}),
        }

    def rows(self) -> list[tuple[str, ...]]:
        """Cells under `COLUMNS`: clips, then folders, then the total last."""
        folders = [(f"{name or '.'}/", comparison) for name, comparison in self.folders.items()]
        return [
            figure_cells(*pair) for pair in (*self.clips.items(), *folders, ("total", self.total))
        ]


def evaluate_clips(
    clips: Iterable[Clip],
    criterion: Criterion = ON_PAPER_GRID,
    options: TrackOptions | None = None,
) -> Report:
    """Compare every clip with its truth.

    Raises:
        DatasetError: there are no clips or no labels, two clips have one name, or a size is missing
            or wrong.
    """
    compared: dict[str, Comparison] = {}
    videos: dict[str, Path] = {}
    for clip in clips:
        if clip.name in compared:
            raise DatasetError(f"two clips are called {clip.name}; evaluate them one by one")
        try:
            compared[clip.name] = compare(clip.truth, clip.prediction, clip.size, criterion)
        except DatasetError as error:
            raise DatasetError(f"{clip.name}: {error}") from None
        if clip.video is not None:
            videos[clip.name] = clip.video
    if not compared:
        raise DatasetError("there are no clips to evaluate")
    if not any(count(comparison).frames for comparison in compared.values()):
        raise DatasetError(
            f"nothing to compare with: no frame of {', '.join(compared)} is labelled"
        )
    return Report(compared, criterion, options, videos=videos)


def figure_cells(name: str, comparison: Comparison) -> tuple[str, ...]:
    """``name`` and the figures of some frames under `COLUMNS`."""
    c = count(comparison)
    sums = (c.frames, c.tp, c.tn, c.fp1, c.fp2, c.fn)
    ratios = (c.accuracy, c.precision, c.recall, c.f1, c.strict_recall, c.strict_f1)
    error = localisation(comparison)
    distances = (cell(error.median, 2), cell(error.full_hd, 2))
    return (name, *map(str, sums), *(cell(r, 4) for r in ratios), *distances)


def cell(value: float, decimals: int) -> str:
    """A number for a table, a dash for NaN."""
    return "-" if math.isnan(value) else f"{value:.{decimals}f}"


def null_for_nan(value: object) -> object:
    """``value`` with None for every NaN inside."""
    if isinstance(value, dict):
        return {key: null_for_nan(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [null_for_nan(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value
