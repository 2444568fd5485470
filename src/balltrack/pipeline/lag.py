"""Rows at a fixed lag: how the frames that may be waited for are shared among the stages."""

from __future__ import annotations

from typing import NamedTuple

from balltrack.errors import OptionError
from balltrack.scene.shots import FLASH_FRAMES
from balltrack.trajectory import path
from balltrack.verification import second_look

PATIENCE = 3
"""Frames that the second look may wait for others, so that several are judged in one call."""


class Lags(NamedTuple):
    """Frames that each stage may wait for after a frame; None is as long as it likes."""

    verify: int | None = None
    path: int | None = None
    spared: int = 0


def share_lag(lag: int | None, detector: int, *, verified: bool, spare: int = 0) -> Lags:
    """What is left of a lag for each stage; the path gets what the others do not need.

    Args:
        lag: frames from a frame to its row, in all; None where rows leave when they are final.
        detector: frames that the detector needs.
        verified: there is a second look.
        spare: frames to be left over, as far as the path can do without them.

    Raises:
        OptionError: the lag is too short for what has to be seen.
    """
    if lag is None:
        return Lags()
    verify = second_look.SHORTEST_LAG + PATIENCE if verified else 0
    left = lag - FLASH_FRAMES - detector - verify
    if left < path.SHORTEST_LAG:
        least = lag - left + path.SHORTEST_LAG
        shorter = "; --verify none and --ensemble nonoverlap shorten it" if verified else ""
        raise OptionError(f"lag must be at least {least} frames here, got {lag}{shorter}")
    spared = min(spare, left - path.SHORTEST_LAG)
    return Lags(verify if verified else None, left - spared, spared)
