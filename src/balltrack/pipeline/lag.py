"""Rows at a fixed lag: how the frames that may be waited for are shared among the stages."""

from __future__ import annotations

from typing import NamedTuple

from balltrack.errors import OptionError
from balltrack.scene.shots import FLASH_FRAMES
from balltrack.trajectory import path
from balltrack.verification import context

PATIENCE = 3
"""Frames that the second look may wait for others, so that several are judged in one call."""


class Lags(NamedTuple):
    """How long each stage may wait, in frames; None is as long as it likes.

    Attributes:
        ahead: of the second look, to see what becomes of a candidate.
        patience: of the second look, for others to be judged with.
        path: of the search for the path.
        spared: left over.
    """

    ahead: int = context.AHEAD
    patience: int | None = None
    path: int | None = None
    spared: int = 0


def share_lag(
    lag: int | None, detector: int, *, verified: bool, overlaps: bool = False, spare: int = 0
) -> Lags:
    """What is left of a lag for each stage; the path gets what the others do not need.

    The second look sees frames that the detector waits for, too: the longer of the two counts. Of
    a short lag it sees no more than these.

    Args:
        lag: frames from a frame to its row, in all; None where rows leave when they are final.
        detector: frames that the detector needs.
        verified: there is a second look.
        overlaps: the detector's windows overlap, and could lie side by side.
        spare: frames to be left over, as far as the path can do without them.

    Raises:
        OptionError: the lag is too short for what has to be seen.
    """
    if lag is None:
        return Lags()
    left = lag - FLASH_FRAMES - detector
    if left < path.SHORTEST_LAG:
        least = lag - left + path.SHORTEST_LAG
        shorter = "; --ensemble nonoverlap shortens it" if overlaps else ""
        raise OptionError(f"lag must be at least {least} frames here, got {lag}{shorter}")
    more = max(0, min(context.AHEAD - detector, left - path.SHORTEST_LAG)) if verified else 0
    left -= more
    patience = min(PATIENCE, left - path.SHORTEST_LAG) if verified else 0
    left -= patience
    spared = min(spare, left - path.SHORTEST_LAG)
    ahead = min(context.AHEAD, detector + more)
    return Lags(ahead, patience if verified else None, left - spared, spared)
