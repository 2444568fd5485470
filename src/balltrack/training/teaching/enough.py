"""How long to teach, and how much of it to keep: no more than held-back clips gain by."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from balltrack.outputs import whole_file, whole_text
from balltrack.training.run.folder import WEIGHTS

ROUND = 100
"""Steps from one look at the held-back clips to the next."""

PATIENCE = 2
"""Rounds without a gain after which a run ends; what was best is taken."""

SHARES = (0.3, 0.5, 0.7, 1.0)
"""Of what was learnt that may be kept, the least first."""

SLACK = 0.01
"""Share of the held-back frames, one at least, by which less may fall behind more."""


class Tried(NamedTuple):
    """How many of the held-back frames were right."""

    right: int
    frames: int


class Rounds:
    """Says after every round whether a run has learnt enough; keeps the weights of the best one.

    What it was told is remembered, so that a run that goes on, or is asked for again, ends where
    it would have ended.

    Args:
        folder: of the run.
        try_out: tries weights.
    """

    def __init__(self, folder: Path, try_out: Callable[[Path], Tried]) -> None:
        self._folder, self._try_out = folder, try_out
        self.best = folder / "best.safetensors"

    def enough(self, step: int) -> bool:
        """Whether the run may end after ``step``."""
        path = self._folder / "held_back.json"
        known: dict[str, int] = {}
        if path.is_file():
            known = json.loads(path.read_text(encoding="utf-8"))
        if str(step) not in known:
            right = self._try_out(self._folder / WEIGHTS).right
            if right >= max(known.values(), default=0):
                with whole_file(self.best) as partial:
                    shutil.copyfile(self._folder / WEIGHTS, partial)
            known[str(step)] = right
            with whole_text(path) as file:
                json.dump(known, file)
        return gains_no_more([right for at, right in known.items() if int(at) <= step])


def gains_no_more(rights: Sequence[int]) -> bool:
    """Whether the last rounds did no better than those before; right frames after each round."""
    before, lately = rights[:-PATIENCE], rights[-PATIENCE:]
    return bool(before) and max(before) >= max(lately)


def least_share(tried: Mapping[float, Tried]) -> float:
    """The smallest share that is as good as any, of share → how it did."""
    wanted = max(one.right - max(1, SLACK * one.frames) for one in tried.values())
    return min(share for share, one in tried.items() if one.right >= wanted)
