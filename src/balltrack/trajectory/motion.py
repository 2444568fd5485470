"""How a ball moves from frame to frame, and what evidence costs: the parameters of linking.

Everything is a log-likelihood ratio in nats: the hypothesis "this candidate is the
ball" against "everything here is clutter" (single target in clutter, Bar-Shalom and
Fortmann, "Tracking and Data Association", 1988, chapter 6). Lengths are source pixels divided by
the frame's height ("heights") and times are seconds, so that one set of numbers
serves every resolution and frame rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from balltrack.structures import FloatArray
from balltrack.verification.belief import SCORE_LIMIT, log_odds


@dataclass(frozen=True)
class LinkingParameters:
    """What linking believes about scores, misses and motion.

    The motion numbers are maximum-likelihood fits to labelled trajectories, the score
    calibration to a network's candidates on labelled training clips, the costs the best
    strict F1 on those clips; all three by `balltrack.training.linking.costs`.

    Attributes:
        score_offset, score_slope: log-odds that a candidate is the ball,
            ``score_offset + score_slope * logit(score)``, in nats.
        start_cost: nats to begin a track, at the start of a shot or after one was lost.
        miss_cost: nats for each frame without the ball inside a track.
        motion_weight: share of the motion evidence that counts; below 1 because frames
            that follow each other are not independent witnesses.
        jitter: uncertainty of a position, heights.
        acceleration: uncertainty of the velocity's change, heights/s².
        turn: uncertainty of the next step as a share of the ball's path.
        start_speed: spread of the first step of a track, heights/s.
        tail: degrees of freedom of the Student density; small ones forgive hits.
        repeat_share: chance that a frame shows no motion at all (a repeated frame).
        repeat_radius: spread of the ball's position over a repeated frame, heights.
        max_gap_s: longest stretch without the ball that a track bridges, seconds.
        lag_s: how far ahead a decision looks, seconds.
        beam: different pasts kept for each candidate.
        max_candidates: candidates of a frame that are looked at, best first.
        path_share: how far towards its neighbours' path a weak candidate is moved, 0 to 1.
        path_reach: furthest from that path at which it is moved, heights.
        fill_score: a gap's frame is filled where a candidate of at least this score lies
            within ``path_reach`` of the place.
        lead: how far beyond the network's answers people mark a flying ball, in its steps from
            frame to frame (see `leading`).
        sure_offset, sure_slope: log-odds that a row of the finished track is right,
            ``sure_offset + sure_slope * logit(score)``: its confidence.
    """

    score_offset: float = -0.78
    score_slope: float = 3.67
    start_cost: float = 8.4
    miss_cost: float = 2.1
    motion_weight: float = 0.42
    jitter: float = 0.002
    acceleration: float = 0.39
    turn: float = 0.051
    start_speed: float = 0.244
    tail: float = 1.79
    repeat_share: float = 0.088
    repeat_radius: float = 0.0013
    max_gap_s: float = 0.5
    lag_s: float = 1.0
    beam: int = 4
    max_candidates: int = 8
    path_share: float = 0.5
    path_reach: float = 0.02
    fill_score: float = 0.1
    lead: float = 0.0
    sure_offset: float = 0.0
    sure_slope: float = 1.0


DEFAULT = LinkingParameters()
"""Fitted to the candidates of tracknet-v3-small on the training clips of badminton, padel,
tennis and volleyball; what serves weights that no fit was made for."""

SURE_LIMIT = 1e-6
"""Scores of rows are held this far from 0 and 1 for their confidence."""


def score_logit(score: FloatArray) -> FloatArray:
    """(...) log-odds of scores in [0, 1]."""
    return log_odds(score, SCORE_LIMIT)


def score_evidence(score: FloatArray, parameters: LinkingParameters) -> FloatArray:
    """(...) nats for being the ball that scores in [0, 1] give by themselves."""
    return parameters.score_offset + parameters.score_slope * score_logit(score)


def confidence(score: npt.NDArray[np.floating], parameters: LinkingParameters) -> FloatArray:
    """(N,) chance that rows of a finished track with (N,) scores are right; 0 stays 0.

    A row of a path is right more often than its score says by itself, for its neighbours speak for
    it; how much more was found out on venues that the network was not trained on (Platt scaling:
    Platt, "Probabilistic outputs for support vector machines", 1999).
    """
    logit = log_odds(score, SURE_LIMIT)
    sure = 1 / (1 + np.exp(-parameters.sure_offset - parameters.sure_slope * logit))
    return np.where(score > 0, sure, 0.0)


def score_of(confidence: npt.NDArray[np.float32], parameters: LinkingParameters) -> FloatArray:
    """(N,) scores whose `confidence` is the one given; 0 stays 0."""
    logit = log_odds(confidence, SURE_LIMIT)
    score = 1 / (1 + np.exp((parameters.sure_offset - logit) / parameters.sure_slope))
    return np.where(confidence > 0, score, 0.0)


def student_log_density(squared: FloatArray, scale: FloatArray | float, tail: float) -> FloatArray:
    """Log density, per square height, of a Student distribution in two dimensions.

    Args:
        squared: squared distance from the centre, heights².
        scale: spread, heights; broadcasts against ``squared``.
        tail: degrees of freedom.
    """
    variance = np.square(scale)
    log_peak = -np.log(2 * np.pi * variance)
    return np.asarray(log_peak - 0.5 * (tail + 2) * np.log1p(squared / (tail * variance)))


def step_spread(
    velocity: FloatArray, step_s: FloatArray | float, parameters: LinkingParameters
) -> FloatArray:
    """(...) heights/s: how fast the prediction from a velocity (..., 2) blurs.

    A velocity measured over ``step_s`` seconds carries the jitter of its two ends, and a
    fast ball turns, slows and leaves the picture plane in proportion to its path.
    """
    speed = np.hypot(velocity[..., 0], velocity[..., 1])
    return np.asarray(parameters.jitter / step_s + parameters.turn * speed)


def explain_step(
    displacement: FloatArray,
    velocity: FloatArray,
    spread: FloatArray,
    elapsed_s: FloatArray,
    adjacent: npt.NDArray[np.bool_],
    parameters: LinkingParameters,
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """How likely a step of the ball is, and whether it reads as a repeated frame.

    Constant velocity under a heavy tail, because a hit changes everything at once, mixed
    with standing still, because converters from 25 to 30 frames a second repeat frames.

    Args:
        displacement: (..., 2) the step, heights.
        velocity: (..., 2) before the step, heights/s.
        spread: (...) from `step_spread`, or ``start_speed`` where no velocity is known.
        elapsed_s: (...) duration of the step, seconds.
        adjacent: (...) whether the step is to the next frame: only that can be a repeat.

    Returns:
        (...) log density per square height, and (...) whether standing still explains
        the step better than moving on.
    """
    p = parameters
    residual = displacement - velocity * elapsed_s[..., None]
    scale = p.jitter + spread * elapsed_s + p.acceleration * elapsed_s**2
    moving = student_log_density(np.square(residual).sum(-1), scale, p.tail)
    moving = np.where(adjacent, moving + np.log1p(-p.repeat_share), moving)
    still = student_log_density(np.square(displacement).sum(-1), p.repeat_radius, p.tail)
    still = np.where(adjacent, still + np.log(p.repeat_share), -np.inf)
    return np.logaddexp(moving, still), still > moving
