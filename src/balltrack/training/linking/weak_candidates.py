"""Fit what a weak candidate is worth beside the path: how far it is believed, and when; and how
far people mark the ball ahead of it.

Only training clips belong here, as for linking, whose parameters must be fitted before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from balltrack.evaluation.comparison import ON_PAPER_GRID
from balltrack.geometry import PAPER_GRID, Scaling
from balltrack.options import TrackOptions
from balltrack.structures import FloatArray, Source, Track
from balltrack.training.data.candidate_clips import (
    THRESHOLD,
    CandidateClip,
    balanced_f1,
    counts_of_groups,
)
from balltrack.trajectory.linking import link
from balltrack.trajectory.motion import LinkingParameters
from balltrack.trajectory.rectification import foretold, rectify
from balltrack.trajectory.sightings import Sightings, between
from balltrack.trajectory.streak import move_ahead

MAX_GAP = TrackOptions().max_gap

SHARES = (0.0, 0.25, 0.5, 0.75)
REACHES = (0.007, 0.01, 0.014, 0.02, 0.028, 0.04)
"""Heights; the best of both is a matter of a few frames, so that a coarse grid does."""

SCORES: tuple[float, ...] = tuple(np.arange(0.1, 0.7, 0.05).round(2).tolist())
"""From the weakest candidates that are kept."""

LEADS = tuple(np.arange(0, 0.31, 0.01).round(2).tolist())
"""Steps; with a shutter open for half of a frame the whole streak is 0.5 long."""


@dataclass(frozen=True)
class _Linked:
    """A linked clip, what was seen in it, and where its ball was, (rows, 2) source pixels."""

    clip: CandidateClip
    track: Track
    sightings: Sightings
    truth: FloatArray


def fit_sightings(clips: Sequence[CandidateClip], start: LinkingParameters) -> LinkingParameters:
    """``start`` with the numbers that `rectify` goes by; kept where the clips cannot tell them."""
    linked = [_link(clip, start) for clip in clips]
    return fit_lead(linked, fit_score(linked, fit_share(linked, start)))


def fit_share(linked: Sequence[_Linked], start: LinkingParameters) -> LinkingParameters:
    """The share and reach that put most weak answers within the tolerance, groups balanced."""
    rows = [
        (one.track.xy[row], place, one.truth[row], one)
        for one in linked
        for row, place in foretold(one.track, Source.LINKED)
        if np.isfinite(one.truth[row, 0])
    ]
    if not rows:
        return start
    weight = _balanced([one.clip.group for *_, one in rows])
    best = (-1.0, start)
    for share in SHARES:
        for reach in REACHES:
            tried = replace(start, path_share=share, path_reach=reach)
            right = [
                _right(
                    between(seen, place, tried)
                    if np.hypot(*(place - seen)) <= reach * one.clip.size[1]
                    else seen,
                    truth,
                    one.clip,
                )
                for seen, place, truth, one in rows
            ]
            best = max(best, (float(weight @ right), tried), key=lambda pair: pair[0])
    return best[1]


def fit_score(linked: Sequence[_Linked], start: LinkingParameters) -> LinkingParameters:
    """The score to fill from with the best strict F1; of equals, the highest."""
    tried = [replace(start, fill_score=score) for score in SCORES]
    return max(reversed(tried), key=lambda parameters: balanced_f1(_rectified(linked, parameters)))


def harmless_score(clips: Sequence[CandidateClip], parameters: LinkingParameters) -> float:
    """The lowest score to fill from at which no group loses precision by it, to what is filled
    without."""
    linked = [_link(clip, parameters) for clip in clips]
    before = counts_of_groups(_rectified(linked, replace(parameters, fill_score=np.inf)))
    for score in SCORES:
        after = counts_of_groups(_rectified(linked, replace(parameters, fill_score=score)))
        lost = [counts.precision < before[group].precision for group, counts in after.items()]
        if not any(lost):
            return score
    return SCORES[-1]


def fit_lead(linked: Sequence[_Linked], start: LinkingParameters) -> LinkingParameters:
    """The lead that brings linked tracks nearest to the labels, groups balanced.

    The mean distance, of which no row counts more than twice the tolerance: that far off, it is
    another thing's.
    """
    most = 2 * ON_PAPER_GRID.tolerance
    weight = _balanced([one.clip.group for one in linked for _ in one.truth])
    distances = []
    for lead in LEADS:
        off = [
            (move_ahead(one.track, lead).xy - one.truth)
            * Scaling(one.clip.size, PAPER_GRID).factors
            for one in linked
        ]
        distance = np.hypot(*np.concatenate(off).T)
        distances.append(float(weight @ np.nan_to_num(np.minimum(distance, most))))
    return replace(start, lead=LEADS[int(np.argmin(distances))])


def _link(clip: CandidateClip, parameters: LinkingParameters) -> _Linked:
    sightings = Sightings()
    track = link(
        sightings.watch(clip.candidates),
        threshold=THRESHOLD,
        frame_rate=clip.frame_rate,
        size=clip.size,
        parameters=parameters,
    )
    truth = dict(zip(clip.labels.frame_index.tolist(), clip.labels.xy, strict=True))
    unknown = np.full(2, np.nan)
    xy = [truth.get(frame, unknown) for frame in track.frame_index.tolist()]
    return _Linked(clip, track, sightings, np.array(xy).reshape(-1, 2))


def _right(xy: FloatArray, truth: FloatArray, clip: CandidateClip) -> bool:
    factors = Scaling(clip.size, PAPER_GRID).factors
    return bool(np.hypot(*((xy - truth) * factors)) <= ON_PAPER_GRID.tolerance)


def _rectified(
    linked: Sequence[_Linked], parameters: LinkingParameters
) -> Iterator[tuple[CandidateClip, Track]]:
    for one in linked:
        yield (
            one.clip,
            rectify(
                one.track,
                max_gap=MAX_GAP,
                size=one.clip.size,
                sightings=one.sightings,
                parameters=parameters,
            ),
        )


def _balanced(groups: Sequence[str]) -> FloatArray:
    """(N,) weights that sum to 1, every group's in all the root of its rows."""
    _, number, rows = np.unique(groups, return_inverse=True, return_counts=True)
    weight = rows[number] ** -0.5
    return np.asarray(weight / weight.sum())
