"""All that a label file can say of a clip, whichever program wrote it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from balltrack.errors import OptionError
from balltrack.labels.rows import Place, in_order
from balltrack.options import Columns
from balltrack.structures import Labels, Source, Track, VideoInfo

UNKNOWN_STATUS = -1
OCCLUDED = 3
BOX_PX = 10.0
"""Side of the box that stands for a ball where a format has boxes alone: that of TrackNetV3's
own conversion to COCO (qaz812345/TrackNetV3 ``utils/general.py``)."""


class Facet(StrEnum):
    """Something that one format holds and another does not, as messages call it."""

    TIMES = "times"
    SCORES = "confidence"
    SOURCES = "sources"
    SHOTS = "shots"
    PLAY = "which shots show play"
    BLUR = "blur"
    FRACTIONS = "fractions of a pixel"
    HARD = "the class hard"
    OCCLUSION = "the class occluded"
    STATUS = "hits and bounces"
    POSITIONS = "positions"
    UNSEEN = "frames without a ball"
    NO_BALL = "that a person saw no ball"
    GAPS = "which frames have no row"
    BALLS = "other balls"


EVERYTHING = frozenset(Facet)


@dataclass(frozen=True, eq=False)
class Sheet:
    """The rows of a label file: where the ball is, and what is said of it.

    Attributes:
        track: of N rows; positions that no tracker found are DETECTED with score 1.
        visibility: (N,) int8 in TrackNet's classes, see `Labels`; 0 exactly where the track has
            no position.
        status: (N,) int8: 0 flying, 1 hit, 2 bounce; -1 where nothing is said.
    """

    track: Track
    visibility: npt.NDArray[np.int8]
    status: npt.NDArray[np.int8]

    def __post_init__(self) -> None:
        n = len(self.track)
        if self.visibility.shape != (n,) or self.status.shape != (n,):
            raise ValueError(
                f"Sheet: {n} rows need visibility ({n},) and status ({n},); got "
                f"{self.visibility.shape}, {self.status.shape}"
            )
        if np.any((self.visibility > 0) != self.track.visible):
            raise ValueError("Sheet: visibility must be 0 exactly where there is no position")

    def __len__(self) -> int:
        return len(self.track)

    @property
    def labels(self) -> Labels:
        """The same as an annotation."""
        track = self.track
        return Labels(track.frame_index, self.visibility, track.xy, self.status)


class Row(NamedTuple):
    """One row of a `Sheet`, pixels as everywhere; NaN where there is no ball.

    ``no_ball`` says that a person looked, see `Track.score`.
    """

    frame: int
    x: float
    y: float
    score: float = 1.0
    visibility: int = 1
    status: int = UNKNOWN_STATUS
    time_s: float = math.nan
    no_ball: bool = False


class Setting(NamedTuple):
    """What a format may need beside the rows.

    Attributes:
        video: that the rows are of; None where nobody knows.
        columns: of a CSV of ours.
        box: side in pixels of the box that stands for the ball.
    """

    video: VideoInfo | None = None
    columns: Columns = "all"
    box: float = BOX_PX

    @property
    def fps(self) -> float | None:
        """Frames a second; None where nobody knows, as of pictures whose rate nobody gave."""
        video = self.video
        if video is None or (video.stream is None and video.duration_s is None):
            return None
        return float(video.frame_rate)

    def size(self, name: str) -> tuple[int, int]:
        """(width, height) of the video.

        Raises:
            OptionError: nobody knows it; ``name`` is the format that asks.
        """
        if self.video is None:
            raise OptionError(f"{name} needs the size of the video; give --video")
        return self.video.width, self.video.height


def told_status(
    visibility: npt.NDArray[np.int8], status: npt.NDArray[np.int8]
) -> npt.NDArray[np.int8]:
    """(N,) what rows say of hits and bounces, -1 where nothing.

    A column that is 0 on every row with a ball says nothing: so do programs write it that know of
    no event.

    Args:
        visibility, status: (N,) as those of a `Sheet`.
    """
    if (status > 0).any() or (status[visibility > 0] != 0).any():
        return status
    return np.full_like(status, UNKNOWN_STATUS)


def sheet_of(track: Track) -> Sheet:
    """A track of which nothing more is said."""
    status = np.full(len(track), UNKNOWN_STATUS, dtype=np.int8)
    return Sheet(track, track.visible.astype(np.int8), status)


def sheet_from_rows(rows: Iterable[tuple[Place, Row]]) -> Sheet:
    """Rows of another program's file in the order of their frames, all in shot 0.

    Raises:
        LabelError: a frame is there twice.
    """
    kept = [row for _, row in in_order((place, row.frame, row) for place, row in rows)]
    seen = np.array([not math.isnan(row.x) for row in kept], dtype=bool)
    track = Track(
        frame_index=np.array([row.frame for row in kept], dtype=np.int64),
        time_s=np.array([row.time_s for row in kept], dtype=np.float64),
        xy=np.array([(row.x, row.y) for row in kept], dtype=np.float64).reshape(-1, 2),
        score=np.where(seen, [row.score for row in kept], [row.no_ball for row in kept]).astype(
            np.float32
        ),
        source=np.where(seen, Source.DETECTED, Source.NONE).astype(np.int8),
        shot=np.zeros(len(kept), dtype=np.int64),
    )
    visibility = np.where(seen, [row.visibility for row in kept], 0).astype(np.int8)
    return Sheet(track, visibility, np.array([row.status for row in kept], dtype=np.int8))


def facets(sheet: Sheet) -> set[Facet]:
    """What there is in a sheet that a format may not hold."""
    track, seen = sheet.track, sheet.track.visible
    there = {
        Facet.TIMES: np.isfinite(track.time_s).any(),
        Facet.SCORES: (track.score[seen] != 1).any(),
        Facet.SOURCES: (track.source[seen] != Source.DETECTED).any(),
        Facet.SHOTS: (track.shot != 0).any(),
        Facet.PLAY: not track.play.all(),
        Facet.BLUR: np.isfinite(track.blur).any(),
        Facet.FRACTIONS: (track.xy[seen] % 1 != 0).any(),
        Facet.HARD: (sheet.visibility == 2).any(),
        Facet.OCCLUSION: (sheet.visibility == OCCLUDED).any(),
        Facet.STATUS: (sheet.status != UNKNOWN_STATUS).any(),
        Facet.POSITIONS: seen.any(),
        Facet.UNSEEN: not seen.all(),
        Facet.NO_BALL: (track.score[~seen] == 1).any(),
        Facet.GAPS: (np.diff(track.frame_index, prepend=-1) != 1).any(),
        Facet.BALLS: len(track.others) > 0,
    }
    return {facet for facet, is_there in there.items() if is_there}
