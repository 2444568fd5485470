"""Where the ball was not seen: why, and how far what was filled in may be off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

from balltrack.structures import FloatArray, Gap, Source, Track

BORDER = 0.02
"""Of the height: a ball that flies on so close to the picture's edge leaves it."""

FAST = 0.06
"""Heights a second and 25th: a ball that flies farther from frame to frame is a streak, which
hardly stands out against what lies behind it."""

NEARBY = 3
"""Seen steps on either side of a gap that tell how fast the ball was."""

AROUND = 7
"""Seen steps on either side of a gap that tell whether pictures repeat."""


@dataclass(frozen=True)
class DoubtParameters:
    """How far a filled position may be off: 80 % of the truths lie within

        exp(offset + by_repeats * repeats)
        * depth ** by_depth * length ** by_length * (speed + SLOWEST) ** by_speed

    heights. ``depth`` is the number of rows to the nearest seen one, ``length`` that of the gap,
    ``speed`` the ball's around it in heights a row, ``repeats`` the share of steps around it that
    go nowhere: a picture that repeats makes all motion uneven.
    """

    offset: float
    by_depth: float
    by_length: float
    by_speed: float
    by_repeats: float


SLOWEST = 0.002
"""Heights a row, added to a speed: the positions of a ball that stands are not exact either."""

STANDS = 0.0015
"""Heights a row: a shorter step goes nowhere."""

DOUBT = DoubtParameters(-2.679, 0.512, 0.315, 0.699, 0.952)
"""Fitted to hidden stretches of labelled rallies by `balltrack.training.inpainting.doubt`."""


def gap_causes(
    track: Track,
    size: tuple[int, int],
    frame_rate: float,
    *,
    first: Gap = Gap.UNKNOWN,
    last: Gap = Gap.UNKNOWN,
) -> npt.NDArray[np.int8]:
    """(N,) of `Gap`: why the ball was not seen on each row, by what is known around it.

    A gap that begins or ends with its camera shot: `CUT`. The ball flew out of the picture, by its
    last steps, or back into it by those after the gap: `OUT`. It was fast before or after:
    `BLURRED`. It was in the picture on both sides: `OCCLUDED`, by a player, the net, or what it
    looks like. Else, such as before it was ever seen: `UNKNOWN`. Rows with a detection: `NONE`.

    Args:
        track: rows of one or more shots.
        size: (width, height) of the picture, pixels.
        frame_rate: rows a second.
        first, last: of a gap that begins with the first row or ends with the last one, where
            nothing in the track explains it.
    """
    causes = np.full(len(track), Gap.NONE, dtype=np.int8)
    fast = FAST * 25 / frame_rate
    for gap in _gaps(track):
        cause = _cause(track, gap, np.array(size, float), fast)
        if cause == Gap.UNKNOWN and gap.start == 0:
            cause = first
        if cause == Gap.UNKNOWN and gap.stop == len(track):
            cause = last
        causes[gap.start : gap.stop] = cause
    return causes


def doubt(track: Track, size: tuple[int, int], parameters: DoubtParameters = DOUBT) -> FloatArray:
    """(N,) pixels around each filled position within which the ball is in 80 of 100 cases.

    NaN where nothing was filled in.
    """
    found = np.full(len(track), np.nan)
    height = size[1]
    for gap in _gaps(track):
        filled = [
            row for row in range(gap.start, gap.stop) if track.source[row] == Source.INPAINTED
        ]
        if filled and gap.start > 0 and gap.stop < len(track):
            rows = np.array(filled)
            motion = motion_around(track.xy / height, gap)
            features = gap_features(rows - gap.start, gap.stop - gap.start, motion)
            found[rows] = height * radius(features, parameters)
    return found


def radius(features: FloatArray, parameters: DoubtParameters) -> FloatArray:
    """(M,) heights, of (M, 5) `gap_features`."""
    return np.asarray(np.exp(features @ np.array(astuple(parameters))))


def gap_features(
    place: npt.NDArray[np.int64], length: int, motion: tuple[float, float]
) -> FloatArray:
    """(M, 5) what each of `DoubtParameters` is multiplied with.

    Args:
        place: (M,) of filled rows in their gap, counted from 0.
        length: of the gap.
        motion: around the gap, see `motion_around`.
    """
    depth = np.minimum(place, length - 1 - place) + 1.0
    speed, repeats = motion
    rest = (np.log(length), np.log(speed + SLOWEST), repeats)
    return np.column_stack(
        [np.ones(len(place)), np.log(depth), *(np.full(len(place), value) for value in rest)]
    )


def motion_around(xy: FloatArray, gap: slice) -> tuple[float, float]:
    """How the ball moves on both sides of a gap.

    Args:
        xy: (N, 2) heights; NaN where not seen.
        gap: rows, with a seen one on either side.

    Returns:
        Its mean step over the `NEARBY` seen ones on either side, or a row's share of the step
        across where there are none; and the share of the `AROUND` ones that go nowhere.
    """
    steps = np.full((2, AROUND), np.nan)  # from the gap on
    before = np.hypot(*np.diff(xy[max(gap.start - 1 - AROUND, 0) : gap.start], axis=0).T)[::-1]
    after = np.hypot(*np.diff(xy[gap.stop : gap.stop + 1 + AROUND], axis=0).T)
    steps[0, : len(before)], steps[1, : len(after)] = before, after
    known = np.isfinite(steps)
    repeats = float((steps[known] < STANDS).mean()) if known.any() else 0.0
    near = steps[:, :NEARBY][known[:, :NEARBY]]
    if len(near):
        return float(near.mean()), repeats
    across = xy[gap.stop] - xy[gap.start - 1]
    return float(np.hypot(*across) / (gap.stop - gap.start + 1)), repeats


def _gaps(track: Track) -> Iterator[slice]:
    """Runs of rows of one shot on which the ball was not seen, filled ones among them."""
    unseen = ~track.visible | (track.source == Source.INPAINTED)
    first = 0
    for row in range(1, len(track) + 1):
        ends = row == len(track)
        if ends or unseen[row] != unseen[first] or track.shot[row] != track.shot[first]:
            if unseen[first]:
                yield slice(first, row)
            first = row


def _cause(track: Track, gap: slice, size: FloatArray, fast: float) -> Gap:
    shot = track.shot[gap.start]
    before = gap.start > 0 and track.shot[gap.start - 1] == shot
    after = gap.stop < len(track) and track.shot[gap.stop] == shot
    going = _step(track, gap.start - 1, -1) if before else None
    coming = _step(track, gap.stop, 1) if after else None
    rows = gap.stop - gap.start
    ends = ((gap.start - 1, going), (gap.stop, coming))
    if any(_leaves(track.xy[at], step, rows, size) for at, step in ends if step is not None):
        return Gap.OUT
    if (not before and gap.start > 0) or (not after and gap.stop < len(track)):
        return Gap.CUT
    steps = [step for _, step in ends if step is not None]
    if any(np.hypot(*step) > fast * size[1] for step in steps):
        return Gap.BLURRED
    return Gap.OCCLUDED if before and after else Gap.UNKNOWN


def _step(track: Track, row: int, direction: int) -> FloatArray:
    """(2,) pixels that the ball flies in a row, from the gap's side on; 0 where one is alone."""
    other = row + direction
    inside = 0 <= other < len(track) and track.shot[other] == track.shot[row]
    if not inside or not track.visible[other]:
        return np.zeros(2)
    return np.asarray(track.xy[row] - track.xy[other])


def _leaves(xy: FloatArray, step: FloatArray, rows: int, size: FloatArray) -> bool:
    """Whether a ball that goes on like this is beyond the border before the gap is over."""
    margin = BORDER * size[1]
    reached = xy + step * rows
    low, high = margin, size - 1 - margin
    return bool((((reached < low) & (step < 0)) | ((reached > high) & (step > 0))).any())
