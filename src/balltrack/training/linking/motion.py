"""Fit how a ball moves: maximum likelihood over the steps of labelled trajectories."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from balltrack.errors import DatasetError
from balltrack.structures import FloatArray
from balltrack.trajectory.motion import DEFAULT, LinkingParameters, explain_step, step_spread

STEPS = (1, 2, 3, 5, 8, 12)
"""Frames between the positions of a step that motion is fitted to; longer steps are what a
bridged gap is judged by. The first, the common case, weighs as much as all others."""

MOTION = ("jitter", "acceleration", "turn", "tail", "repeat_share", "repeat_radius")


@dataclass(frozen=True)
class Steps:
    """Steps of the ball: heights and seconds, see `explain_step`; ``weight`` sums to 1."""

    displacement: FloatArray
    velocity: FloatArray
    before_s: FloatArray  # (N,) over which the velocity was measured; NaN: never
    elapsed_s: FloatArray
    adjacent: npt.NDArray[np.bool_]
    weight: FloatArray


def fit_motion(
    trajectories: Iterable[tuple[FloatArray, float, str]], start: LinkingParameters = DEFAULT
) -> LinkingParameters:
    """The motion numbers under which the trajectories are likeliest.

    Args:
        trajectories: (N, 2) positions in heights, a row a frame, NaN where unknown; the
            frame rate; the group.
        start: where the search begins; its other numbers are kept.
    """
    trajectories = list(trajectories)
    steps = _balance([(_steps(xy, rate), group) for xy, rate, group in trajectories])
    first = _balance([(_first_steps(xy, rate), group) for xy, rate, group in trajectories])
    start = _maximise(MOTION, steps, start)
    return _maximise(("start_speed",), first, start)


def _steps(xy: FloatArray, frame_rate: float) -> Steps:
    """Every step whose velocity before is known, held over a repeated frame as linking does."""
    parts = []
    for frames in STEPS:
        now = np.arange(2, len(xy) - frames)
        before = xy[now] - xy[now - 1]
        held = xy[now - 1] - xy[now - 2]
        repeated = np.hypot(*before.T) < 2 * DEFAULT.repeat_radius
        keep_held = (repeated & np.isfinite(held).all(axis=1))[:, None]
        parts.append(
            Steps(
                xy[now + frames] - xy[now],
                np.where(keep_held, held, before) * frame_rate,
                np.full(len(now), 1 / frame_rate),
                np.full(len(now), frames / frame_rate),
                np.full(len(now), frames == 1),
                np.full(len(now), 1.0 if frames == 1 else 1 / (len(STEPS) - 1)),
            )
        )
    return _known(parts)


def _first_steps(xy: FloatArray, frame_rate: float) -> Steps:
    """Every step over one frame, as if the ball had not been seen before."""
    displacement = np.diff(xy, axis=0)
    count = len(displacement)
    unknown, elapsed = np.full(count, np.nan), np.full(count, 1 / frame_rate)
    zero = np.zeros_like(displacement)
    adjacent = np.ones(count, dtype=bool)
    return _known([Steps(displacement, zero, unknown, elapsed, adjacent, np.ones(count))])


def _known(parts: Sequence[Steps]) -> Steps:
    """The parts as one, without steps to or from an unknown position."""
    joined = _join(parts)
    known = np.isfinite(joined.displacement).all(axis=1) & np.isfinite(joined.velocity).all(axis=1)
    return Steps(*(column[known] for column in vars(joined).values()))


def _join(parts: Sequence[Steps]) -> Steps:
    return Steps(*(np.concatenate(c) for c in zip(*(vars(p).values() for p in parts), strict=True)))


def _balance(parts: Sequence[tuple[Steps, str]]) -> Steps:
    """All parts as one, every group's weight in all the root of what it was."""
    joined = []
    for group in sorted({group for _, group in parts}):
        steps = _join([part for part, name in parts if name == group])
        joined.append(replace(steps, weight=steps.weight / max(steps.weight.sum(), 1e-9) ** 0.5))
    total = sum(float(steps.weight.sum()) for steps in joined)
    if not total:
        raise DatasetError("the clips hold no ball that was seen three times in a row")
    every = _join(joined)
    return replace(every, weight=every.weight / total)


def _maximise(names: Sequence[str], steps: Steps, start: LinkingParameters) -> LinkingParameters:
    """The named numbers, all positive, to the highest mean log-likelihood of the steps."""

    def parameters(logs: npt.ArrayLike) -> LinkingParameters:
        values = np.exp(np.clip(logs, -12, 5)).tolist()
        changes: dict[str, Any] = dict(zip(names, values, strict=True))
        return replace(start, **changes)

    def loss(logs: FloatArray) -> float:
        p = parameters(logs)
        if p.repeat_share >= 0.5:
            return np.inf
        unknown = np.isnan(steps.before_s)
        spread = step_spread(steps.velocity, np.where(unknown, 1.0, steps.before_s), p)
        spread = np.where(unknown, p.start_speed, spread)
        density, _ = explain_step(
            steps.displacement, steps.velocity, spread, steps.elapsed_s, steps.adjacent, p
        )
        return -float(steps.weight @ density)

    first = np.log([getattr(start, name) for name in names])
    return parameters(minimize(loss, first, method="Nelder-Mead", options={"fatol": 1e-5}).x)
