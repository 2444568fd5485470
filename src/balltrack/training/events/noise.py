"""Trajectories as a tracker would have seen them, from another camera."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from balltrack.structures import FloatArray

UNTOUCHED = 0.5
"""Probability that a trajectory keeps all its rows, with a little jitter."""

LENGTHS = (2, 3, 4, 5, 6, 8, 10, 14)
"""Rows of stretches that a tracker loses."""

WRONG_BALL = 6
"""Rows for which a tracker follows something else, at most."""

Rng = np.random.Generator


def corrupted(places: FloatArray, classes: npt.NDArray[np.int8], rng: Rng) -> FloatArray:
    """Jitter, missed frames and stretches, filled stretches, wrong balls and outliers.

    Args:
        places: (L, 2) heights of the picture from its centre; NaN where unseen.
        classes: (L,) where events are: half of the lost stretches are there, where a player
            hides the ball.
        rng: of all chances.
    """
    places = places + rng.normal(0, rng.uniform(0, 0.0025), places.shape)
    if rng.random() < UNTOUCHED:
        return places
    count, events = len(places), np.flatnonzero(classes)
    places[rng.random(count) < rng.uniform(0, 0.2)] = np.nan
    for _ in range(int(rng.poisson(count / 60))):
        at_event = len(events) > 0 and rng.random() < 0.5
        middle = int(rng.choice(events)) + rng.integers(-3, 4) if at_event else rng.integers(count)
        length = int(rng.choice(LENGTHS))
        first = max(0, min(int(middle), count - 1) - int(rng.integers(length)))
        _damage(places, first, min(count, first + length), rng)
    off = rng.random(count) < rng.uniform(0, 0.01)
    places[off] += rng.normal(0, 0.15, (int(off.sum()), 2))
    return places


def _damage(places: FloatArray, first: int, stop: int, rng: Rng) -> None:
    """Lose a stretch, fill it with a straight line, or follow a wrong ball on it."""
    kind = rng.random()
    framed = first > 0 and stop < len(places) and np.isfinite(places[[first - 1, stop]]).all()
    if kind < 0.6:
        places[first:stop] = np.nan
    elif kind < 0.8 and framed:
        share = np.linspace(0, 1, stop - first + 2)[1:-1, None]
        places[first:stop] = places[first - 1] * (1 - share) + places[stop] * share
    else:
        stop = min(stop, first + WRONG_BALL)
        start = rng.uniform([-0.8, -0.5], [0.8, 0.5])
        places[first:stop] = start + rng.normal(0, 0.003, (stop - first, 2)).cumsum(axis=0)


def stretched(
    places: FloatArray, classes: npt.NDArray[np.int8], ratio: float
) -> tuple[FloatArray, npt.NDArray[np.int8]]:
    """The same seen at ``ratio`` times the frame rate: straight lines between the rows."""
    count = len(places)
    if count < 2:
        return places, classes
    moments = np.arange(int((count - 1) * ratio) + 1) / ratio
    before = np.minimum(moments.astype(np.int64), count - 2)
    share = (moments - before)[:, None]
    new = places[before] * (1 - share) + places[before + 1] * share
    nearest = np.rint(moments).astype(np.int64).clip(0, count - 1)
    lone = ~np.isfinite(new[:, 0]) & (np.abs(moments - nearest) < 0.25)
    new[lone] = places[nearest[lone]]
    moved = np.zeros(len(moments), dtype=np.int8)
    for row in np.flatnonzero(classes).tolist():
        moved[min(round(row * ratio), len(moved) - 1)] = classes[row]
    return new, moved


def shown_twice(
    places: FloatArray, classes: npt.NDArray[np.int8], period: int, phase: int
) -> tuple[FloatArray, npt.NDArray[np.int8]]:
    """The same in a video that shows one picture of ``period`` - 1 twice, as films of 24 or 25
    pictures a second in 30 frames do; an event is on the first frame that shows it.

    Args:
        places, classes: (L, 2) and (L,), as for `corrupted`.
        period: frames of which one repeats another, 2 or more.
        phase: of them, 0 to ``period`` - 1.
    """
    frames = np.arange(-((phase - len(places) * period) // (period - 1)))
    picture = ((frames * (period - 1) + phase) // period).clip(max=len(places) - 1)
    moved = np.where(np.diff(picture, prepend=-1) > 0, classes[picture], 0).astype(np.int8)
    return places[picture], moved
