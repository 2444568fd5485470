"""How often a sport is shown in training."""

from __future__ import annotations

SPORT_SHARES = {"badminton": 0.5, "tennis": 0.25, "padel": 0.2, "volleyball": 0.05}
"""Share of the samples a sport gets; sports not named share like volleyball."""


def sport_share(sport: str) -> float:
    """Of the samples, before what other sports there are is divided out."""
    return SPORT_SHARES.get(sport, SPORT_SHARES["volleyball"])
