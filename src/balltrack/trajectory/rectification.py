"""Looking back over a track: weak answers put straight, short gaps filled.

An answer too weak to stand alone is moved towards the path of its neighbours, half a witness
as it is. A gap is filled on the frames where a weak candidate lies where the ball must have
been (`balltrack.trajectory.sightings`), and where it is brief and the flight steady: at a stroke a
ball may be hidden, amid a flight it is there, seen or not.

A gap is filled only where the ball was surely in the picture: TrackNetV3 (Chen and Wang,
2023) asks that it was lower than 30 px of a 512x288 picture on both sides, so that it did
not leave through the top. Upstream's `generate_inpaint_mask` also fills without any limit
of length, never a gap that begins at frame 1, and never looks at cuts; here a gap has a
greatest length, any first frame, and both its ends in one shot.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from balltrack.declaring import check_range
from balltrack.geometry import PAPER_GRID, Scaling
from balltrack.structures import FloatArray, Source, Track
from balltrack.trajectory.interpolation import NEIGHBOURS, interpolate
from balltrack.trajectory.motion import DEFAULT, LinkingParameters
from balltrack.trajectory.sightings import Sightings, between, strongest

TOP_MARGIN = 30.0
"""The ball counts as inside when lower than this, pixels of `PAPER_GRID` (TrackNetV3)."""

CLOSE = 2
"""A weak answer is put straight where the ball was seen within so many frames on both sides."""

NEARBY = 4
"""Rows on either side of a gap from which the ball's speed around it is taken."""

SPEED_FACTOR = 2.0
SPEED_SLACK = 0.04
"""No filled step may be longer than the factor times the longest step seen nearby plus the
slack, a share of the frame's height. Of the stretches hidden from labelled training
rallies the truth itself keeps to this in 99.8 % up to 2 frames, 98 % at 8."""

BRIEF = 2
"""Frames of a gap that is filled without a candidate at most, in steady flight."""

STEADY = 0.5
STEADY_SLACK = 1 / 288
"""In steady flight the velocity differs before, over and after a gap by such a share of it at
most, plus the slack, a share of the frame's height."""


class Inpainter(Protocol):
    """Whatever can fill gaps."""

    def __call__(self, positions: FloatArray, mask: npt.NDArray[np.bool_]) -> FloatArray:
        """Positions for the rows of one shot.

        Args:
            positions: (N, 2) shares of the picture's width and height; NaN where not seen.
            mask: (N,) where a position is asked for; every run is seen on both sides.

        Returns:
            (N, 2), of which only the rows of the mask are used; NaN where it has none.
        """


def rectify(
    track: Track,
    *,
    inpaint: Inpainter | None = None,
    max_gap: int,
    size: tuple[int, int],
    sightings: Sightings | None = None,
    parameters: LinkingParameters = DEFAULT,
) -> Track:
    """The track with its weak answers put straight and its short gaps filled.

    What ``inpaint`` proposes for a gap is taken when it stays inside the picture and never
    jumps; otherwise the proposal of `interpolate` is, on the same terms; otherwise the gap
    stays.

    Args:
        track: rows not seen have source NONE.
        inpaint: fills the gaps; None interpolates.
        max_gap: longest gap to fill, in frames.
        size: (width, height) of the source, pixels.
        sightings: the candidates of every row; None where there are none to look at, and
            then every frame of a gap counts as supported.
        parameters: what to believe of weak candidates.

    Returns:
        The same rows. Detected ones stay as they are, linked rows have moved a little;
        filled ones have source INPAINTED and score 0.

    Raises:
        OptionError: ``max_gap`` is negative.
    """
    check_range("max_gap", max_gap, 0)
    xy, source = track.xy.copy(), track.source.copy()
    for row, place in foretold(track, Source.LINKED):
        if np.hypot(*(place - xy[row])) <= parameters.path_reach * size[1]:
            xy[row] = between(xy[row], place, parameters)
    for gap, filling in propose(track, inpaint=inpaint, max_gap=max_gap, size=size):
        surely = sightings is None or in_steady_flight(track, gap, size)
        for row, place in zip(range(gap.start, gap.stop), filling, strict=True):
            score, at = 0.0, place
            if sightings is not None:
                score, at = strongest(sightings[row], place, size[1], parameters)
            if score >= parameters.fill_score:
                xy[row], source[row] = between(at, place, parameters), Source.INPAINTED
            elif surely:
                xy[row], source[row] = place, Source.INPAINTED
    return replace(track, xy=xy, source=source)


def in_steady_flight(track: Track, gap: slice, size: tuple[int, int]) -> bool:
    """Whether a brief gap lies in a flight that goes on as it came; both its ends are seen."""
    near = np.arange(max(gap.start - NEARBY, 0), min(gap.stop + NEARBY, len(track)))
    seen = near[track.visible[near] & (track.shot[near] == track.shot[gap.start])]
    rows = np.concatenate([seen[seen < gap.start][-2:], seen[seen >= gap.stop][:2]])
    if gap.stop - gap.start > BRIEF or len(rows) < 4:
        return False
    velocity = np.diff(track.xy[rows], axis=0) / np.diff(rows)[:, None]
    bend = np.linalg.norm(velocity[[0, 2]] - velocity[1], axis=1).max()
    return bool(bend <= STEADY * np.linalg.norm(velocity[1]) + STEADY_SLACK * size[1])


def foretold(track: Track, source: Source) -> Iterator[tuple[int, FloatArray]]:
    """Rows of a source that were seen among others, and where those say the ball was."""
    seen = track.visible
    for row in np.flatnonzero(track.source == source).tolist():
        near = np.arange(max(row - 2 * NEIGHBOURS, 0), min(row + 2 * NEIGHBOURS + 1, len(track)))
        near = near[track.shot[near] == track.shot[row]]
        away = track.frame_index[near] - track.frame_index[row]
        close = seen[near] & (np.abs(away) <= CLOSE)
        if (close & (away < 0)).any() and (close & (away > 0)).any():
            yield row, interpolate(track.xy[near], near == row)[near == row][0]


def propose(
    track: Track, *, inpaint: Inpainter | None, max_gap: int, size: tuple[int, int]
) -> Iterator[tuple[slice, FloatArray]]:
    """Every gap that may be filled, and (rows, 2) plausible positions for it."""
    gaps = list(find_gaps(track, max_gap=max_gap, size=size))
    for shot in np.unique(track.shot[[gap.start for gap in gaps]]):
        first, last = np.searchsorted(track.shot, [shot, shot + 1]).tolist()
        mask = np.zeros(last - first, dtype=bool)
        inside = [gap for gap in gaps if first <= gap.start < last]
        for gap in inside:
            mask[gap.start - first : gap.stop - first] = True
        shares = track.xy[first:last] / size
        proposals = [interpolate(shares, mask) * size]
        if inpaint is not None:
            proposals.insert(0, inpaint(shares, mask) * size)
        for gap in inside:
            for proposal in proposals:
                filling = proposal[gap.start - first : gap.stop - first]
                if _plausible(track.xy[first:last], filling, gap.start - first, size):
                    yield gap, filling
                    break


def find_gaps(track: Track, *, max_gap: int, size: tuple[int, int]) -> Iterator[slice]:
    """Rows of every gap that may be filled, by the rule at the top of this file."""
    seen = np.flatnonzero(track.visible)
    grid_y = Scaling(size, PAPER_GRID).to_target(track.xy)[:, 1]
    for before, after in zip(seen[:-1].tolist(), seen[1:].tolist(), strict=True):
        length = after - before - 1
        if (
            1 <= length <= max_gap
            and track.shot[before] == track.shot[after]
            and track.frame_index[after] - track.frame_index[before] == after - before
            and min(grid_y[before], grid_y[after]) > TOP_MARGIN
        ):
            yield slice(before + 1, after)


def _plausible(xy: FloatArray, filling: FloatArray, start: int, size: tuple[int, int]) -> bool:
    """Whether a gap's filling stays in the picture and moves as the ball did around it.

    ``xy`` (N, 2) are the seen positions of the shot and ``start`` the gap's first row.
    """
    stop = start + len(filling)
    inside = ((filling > -0.5) & (filling < np.array(size) - 0.5)).all()
    path = np.concatenate([xy[start - 1 : start], filling, xy[stop : stop + 1]])
    nearby = np.concatenate(
        [_steps(xy[max(start - NEARBY, 0) : start]), _steps(xy[stop : stop + NEARBY]), [0.0]]
    )
    limit = SPEED_FACTOR * np.nanmax(nearby) + SPEED_SLACK * size[1]
    return bool(inside and (_steps(path) <= limit).all())


def _steps(xy: FloatArray) -> FloatArray:
    """(N - 1,) distances between neighbouring rows, NaN where either is not seen."""
    return np.asarray(np.hypot(*np.diff(xy, axis=0).T))
