"""How often a sport is shown in training."""

from __future__ import annotations

SPORT_SHARES = {
    "badminton": 0.43,
    "tennis": 0.22,
    "padel": 0.18,
    "volleyball": 0.12,
    "handball": 0.05,
}
"""Share of the samples a sport gets; sports not named share like handball."""


def sport_share(sport: str) -> float:
    """Of the samples, before what other sports there are is divided out."""
    return SPORT_SHARES.get(sport, SPORT_SHARES["handball"])
