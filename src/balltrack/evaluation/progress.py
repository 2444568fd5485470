"""How far an evaluation is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class FramesDone:
    """Frames done so far over all clips, of how many (None where nobody knows)."""

    done: int
    total: int | None


Watcher = Callable[[FramesDone], None]
