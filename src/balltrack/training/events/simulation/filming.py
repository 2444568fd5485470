"""A rally of one of the sports, filmed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from balltrack.structures import FloatArray
from balltrack.training.events.simulation import (
    badminton,
    table_tennis,
    tennis,
    volleyball,
    walled,
)
from balltrack.training.events.simulation.cameras import any_camera, broadcast_camera
from balltrack.training.events.simulation.flights import Play

Rng = np.random.Generator


@dataclass(frozen=True)
class Sport:
    """How a sport is simulated.

    Attributes:
        play: plays a rally.
        half_length, half_width: of the court and what of its surroundings is played on, m.
        ceiling: up to which the picture mostly shows the air above it, m.
        broadcast: share of the rallies that are filmed from high behind the near end.
        share: of all rallies.
    """

    play: Callable[[Rng], Play]
    half_length: float
    half_width: float
    ceiling: float
    broadcast: float
    share: float


SPORTS = (
    Sport(tennis.play_point, 11.9, 5.5, 4.0, 0.85, 0.34),
    Sport(badminton.play_rally, 6.7, 3.05, 5.5, 0.85, 0.24),
    Sport(table_tennis.play_point, 2.2, 1.1, 1.0, 0.35, 0.18),
    Sport(walled.play_padel, 10.0, 5.0, 4.0, 0.9, 0.1),
    Sport(walled.play_squash, 4.9, 3.2, 4.5, 0.9, 0.06),
    Sport(volleyball.play_rally, 9.0, 4.5, 6.0, 0.5, 0.08),
)


def simulated(rng: Rng) -> tuple[FloatArray, list[tuple[int, str]], float]:
    """One filmed rally.

    Returns:
        (N, 2) places in heights of the picture from its centre, NaN outside a 16:9 picture; the
        row and kind of every event; frames a second, 24 to 31.
    """
    sport = SPORTS[int(rng.choice(len(SPORTS), p=[sport.share for sport in SPORTS]))]
    play = sport.play(rng)
    film = broadcast_camera if rng.random() < sport.broadcast else any_camera
    camera = film(rng, sport.half_length, sport.half_width, sport.ceiling)
    fps = rng.uniform(24, 31)
    count = max(8, int(play.time_s * fps))
    times = np.asarray((np.arange(count) + rng.random()) / fps, dtype=np.float64)
    seen = camera(play.places(times))
    seen[(np.abs(seen) > [0.89, 0.5]).any(axis=1)] = np.nan
    rows = [(round((moment - times[0]) * fps), kind) for moment, kind in play.events]
    return seen, [(row, kind) for row, kind in rows if 0 <= row < count], fps
