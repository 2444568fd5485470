"""Fit what linking believes: motion from trajectories, scores and costs from candidates.

Motion by maximum likelihood over steps of the true ball; the meaning of a score by
logistic regression, candidate by candidate; the few costs that remain by a search for the
best strict F1. Only training clips belong here: development clips judge the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.optimize import minimize

from balltrack.errors import DatasetError
from balltrack.evaluation.comparison import ON_PAPER_GRID
from balltrack.geometry import PAPER_GRID, Scaling
from balltrack.structures import FloatArray
from balltrack.training.data.candidate_clips import THRESHOLD, CandidateClip, balanced_f1
from balltrack.training.linking.motion import fit_motion
from balltrack.training.linking.weak_candidates import fit_sightings
from balltrack.trajectory.linking import link
from balltrack.trajectory.motion import DEFAULT, LinkingParameters, score_logit

RANGES: Mapping[str, tuple[float, float]] = {
    "score_offset": (-1.5, 3.0),
    "start_cost": (1.0, 12.0),
    "miss_cost": (0.3, 4.0),
    "motion_weight": (0.2, 1.0),
    "jitter": (0.0003, 0.003),
}
"""Where the search looks; the offset counts from the calibrated one. Likelihood alone does
not decide the offset and the jitter: the candidates of a frame exclude each other, weak
ones lie less exactly than those that motion is fitted to, and F1 wants a ball more than
likelihood does."""


def fit_parameters(
    clips: Sequence[CandidateClip],
    start: LinkingParameters = DEFAULT,
    report: Callable[[str], None] | None = None,
) -> LinkingParameters:
    """Motion, scores, costs and what rectifying goes by, all from the same clips.

    Raises:
        DatasetError: the clips hold no ball that was seen three times in a row.
    """
    positions = [(true_positions(clip), clip.frame_rate, clip.group) for clip in clips]
    parameters = fit_scores(clips, fit_motion(positions, start))
    return fit_sightings(clips, search_costs(clips, parameters, report=report))


def true_positions(clip: CandidateClip) -> FloatArray:
    """(frames, 2) heights: the candidate that is the ball on each frame, NaN where none is."""
    xy = np.full((len(clip.candidates), 2), np.nan)
    for row, (candidates, true, _) in enumerate(_judged(clip)):
        if true is not None:
            xy[row] = candidates[true] / clip.size[1]
    return xy


def fit_scores(
    clips: Iterable[CandidateClip], start: LinkingParameters = DEFAULT
) -> LinkingParameters:
    """Logistic regression of "is the ball" on the logit of the score."""
    rows: list[tuple[float, bool]] = []
    for clip in clips:
        for _, true, scores in _judged(clip):
            rows += [(score, number == true) for number, score in enumerate(scores)]
    logit = score_logit(np.array([score for score, _ in rows]))
    sign = np.where([is_ball for _, is_ball in rows], 1.0, -1.0)
    if not (sign > 0).any() or not (sign < 0).any():
        raise DatasetError("the clips need both balls and clutter among their candidates")

    def loss(line: FloatArray) -> float:
        return float(np.logaddexp(0, -sign * (line[0] + line[1] * logit)).mean())

    offset, slope = minimize(loss, (0.0, 1.0), method="Nelder-Mead").x.tolist()
    return replace(start, score_offset=offset, score_slope=slope)


def search_costs(
    clips: Sequence[CandidateClip],
    start: LinkingParameters,
    *,
    ranges: Mapping[str, tuple[float, float]] = RANGES,
    draws: int = 48,
    report: Callable[[str], None] | None = None,
) -> LinkingParameters:
    """The costs with a good strict F1: the middle of the best eighth of points tried.

    Strict F1 is a staircase with a broad top, and its highest step is chance: the middle of
    the top serves unseen venues better.

    Args:
        clips: to score on.
        start: what is not in ``ranges`` is kept.
        ranges: of each cost; "score_offset" counts from the start's.
        draws: points tried, the same in every run.
    """
    rng = np.random.default_rng(0)
    tried: list[tuple[float, dict[str, Any]]] = []
    for draw in range(draws):
        costs: dict[str, Any] = {name: rng.uniform(*ends) for name, ends in ranges.items()}
        tried.append((strict_f1(clips, _with_costs(start, costs)), costs))
        if report and (draw + 1) % 10 == 0:
            report(f"{draw + 1} of {draws} points: strict F1 {max(s for s, _ in tried):.4f}")
    top = sorted(tried, key=lambda point: -point[0])[: max(1, draws // 8)]
    middle = {name: float(np.mean([costs[name] for _, costs in top])) for name in ranges}
    return _with_costs(start, middle)


def _with_costs(start: LinkingParameters, costs: Mapping[str, Any]) -> LinkingParameters:
    changes = dict(costs)
    if "score_offset" in changes:
        changes["score_offset"] += start.score_offset
    return replace(start, **changes)


def strict_f1(clips: Iterable[CandidateClip], parameters: LinkingParameters) -> float:
    """Of linked tracks, see `balanced_f1`."""
    return balanced_f1(
        (
            clip,
            link(
                clip.candidates,
                threshold=THRESHOLD,
                frame_rate=clip.frame_rate,
                size=clip.size,
                parameters=parameters,
            ),
        )
        for clip in clips
    )


def _judged(
    clip: CandidateClip,
) -> Iterable[tuple[FloatArray, int | None, list[float]]]:
    """Of every frame: positions (n, 2) in source pixels, which is the ball, and the scores.

    Frames without a label give no candidates. Others within the tolerance than the nearest
    are left out: they are neither the ball nor clutter.
    """
    scaling = Scaling(clip.size, PAPER_GRID)
    truth = dict(zip(clip.labels.frame_index.tolist(), clip.labels.xy, strict=True))
    for frame in clip.candidates:
        found = frame.candidates if frame.frame_index in truth else ()
        xy = np.array([(c.x, c.y) for c in found], dtype=np.float64).reshape(-1, 2)
        scores = np.array([c.score for c in found])
        ball = scaling.to_target(truth.get(frame.frame_index, np.full(2, np.nan)))
        distance = np.nan_to_num(np.hypot(*(scaling.to_target(xy) - ball).T), nan=np.inf)
        true = None
        if len(found) and distance.min() <= ON_PAPER_GRID.tolerance:
            nearest = distance.argmin()
            keep = (distance > ON_PAPER_GRID.tolerance) | (np.arange(len(found)) == nearest)
            true = int(keep[:nearest].sum())
            xy, scores = xy[keep], scores[keep]
        yield xy, true, scores.tolist()
