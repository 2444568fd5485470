"""What two networks see on a frame → one list of candidates."""

from __future__ import annotations

import math
from dataclasses import replace

from balltrack.geometry import Scaling
from balltrack.inference.candidates import TOP_K
from balltrack.structures import Candidate, FrameCandidates

SAME_BALL_PX = 4.0
"""Candidates of two networks no farther apart than this, in network pixels, are one."""

JOIN_COST = 0.2
"""Taken off every log-odds: two networks together have nearly twice the false candidates of
one. Chosen on dev, see docs/experiments.md."""


def join(one: FrameCandidates, other: FrameCandidates, scaling: Scaling) -> FrameCandidates:
    """The candidates that either network has, best first, at most `TOP_K`.

    What both have keeps the higher score, and the place and area that go with it.

    Args:
        one, other: of the same frame.
        scaling: from source pixels to the networks'.
    """
    left = list(other.candidates)
    joined: list[Candidate] = []
    for candidate in one.candidates:
        twin = next((c for c in left if _apart(candidate, c, scaling) <= SAME_BALL_PX), None)
        if twin is None:
            joined.append(candidate)
        else:
            left.remove(twin)
            joined.append(max(candidate, twin, key=lambda c: c.score))
    joined = sorted(joined + left, key=lambda c: -c.score)[:TOP_K]
    return replace(one, candidates=tuple(replace(c, score=_after_cost(c.score)) for c in joined))


def _apart(one: Candidate, other: Candidate, scaling: Scaling) -> float:
    across, down = scaling.factors
    return math.hypot((one.x - other.x) * across, (one.y - other.y) * down)


def _after_cost(score: float) -> float:
    """A score with `JOIN_COST` taken off its log-odds; 0 and 1 stay."""
    odds = math.exp(-JOIN_COST)
    return score * odds / (1 - score + score * odds)
