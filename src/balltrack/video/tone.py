"""How light a picture's values are shown."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from balltrack.structures import Image


class Tone(NamedTuple):
    """A value v, as a share of 255, becomes ``gain * v ** gamma + offset``, cut off at 0 and 1."""

    gamma: float = 1.0
    gain: float = 1.0
    offset: float = 0.0


PLAIN = Tone()
"""Values as they are."""


@lru_cache(maxsize=64)
def tone_table(tone: Tone) -> Image:
    """(256,) uint8: what becomes of each value."""
    values = tone.gain * (np.arange(256) / 255) ** tone.gamma + tone.offset
    return np.rint(255 * np.clip(values, 0, 1)).astype(np.uint8)
