"""The events networks on arrays: they are too small to pay for loading torch."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float32]

CLASSES = ("flying", "hit", "bounce")

CHANNELS = 96

DISTANCES = (1, 1, 2, 1, 2, 4, 1, 2, 4, 8)
"""Of each block: how many rows away its shifted channels come from."""

REACH = sum(DISTANCES)
"""Rows on a side from which channels come that an answer depends on."""

EPSILON = 1e-5
"""Of the layer norms, torch's default."""


@dataclass(frozen=True)
class Plan:
    """What an events network sees and says.

    Attributes:
        architecture: as the header of a file names it.
        features: numbers a row.
        later, earlier: channels of each block that come from a later row, and from an earlier one.
        answers: of each row: what happened on it, and on so many less one rows before it.
    """

    architecture: str
    features: int
    later: int
    earlier: int
    answers: int

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of each tensor in a file."""
        block = {
            "norm.weight": (CHANNELS,),
            "norm.bias": (CHANNELS,),
            "gather.weight": (CHANNELS, CHANNELS),
            "gather.bias": (CHANNELS,),
            "give.weight": (CHANNELS, CHANNELS),
            "give.bias": (CHANNELS,),
        }
        return {
            "taken.weight": (CHANNELS, self.features),
            "taken.bias": (CHANNELS,),
            **{
                f"blocks.{number}.{name}": shape
                for number in range(len(DISTANCES))
                for name, shape in block.items()
            },
            "norm.weight": (CHANNELS,),
            "norm.bias": (CHANNELS,),
            "given.weight": (self.answers * len(CLASSES), CHANNELS),
            "given.bias": (self.answers * len(CLASSES),),
        }


WHOLE = Plan("events", features=12, later=CHANNELS // 8, earlier=CHANNELS // 8, answers=1)
"""Of a trajectory that is known: it looks both ways, see `balltrack.events.rows.network_rows`."""

LIVE = Plan("events-live", features=9, later=0, earlier=CHANNELS // 4, answers=9)
"""Of one that is still coming: it looks back, see `balltrack.events.rows.LiveRows`."""

Memory = list[deque[Rows]]
"""Of each block, oldest first: the channels that later rows will take, (N, earlier) each."""


class _ArrayNet:
    """The layers of a network of ``plan``.

    Args:
        tensors: of ``plan.shapes``, any float type.
    """

    plan: ClassVar[Plan]

    def __init__(self, tensors: Mapping[str, npt.NDArray[np.floating]]) -> None:
        self._tensors = {name: tensors[name].astype(np.float32) for name in self.plan.shapes}

    def _linear(self, name: str, x: Rows) -> Rows:
        weight, bias = self._tensors[f"{name}.weight"], self._tensors[f"{name}.bias"]
        return np.asarray(x @ weight.T + bias, np.float32)

    def _normed(self, name: str, x: Rows) -> Rows:
        away = x - x.mean(axis=1, keepdims=True)
        scaled = away / np.sqrt(np.square(away).mean(axis=1, keepdims=True) + EPSILON)
        return np.asarray(
            scaled * self._tensors[f"{name}.weight"] + self._tensors[f"{name}.bias"], np.float32
        )

    def _block(self, number: int, y: Rows) -> Rows:
        """(L, C) → (L, C): what a block adds, from its shifted channels."""
        y = self._linear(f"blocks.{number}.gather", y)
        return self._linear(f"blocks.{number}.give", np.maximum(y, np.float32(0)))

    def _probabilities(self, x: Rows) -> Rows:
        """(L, C) → (L, answers, 3)."""
        logits = self._linear("given", self._normed("norm", x))
        logits = logits.reshape(len(x), self.plan.answers, len(CLASSES))
        odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=-1, keepdims=True), np.float32)


class ArrayEventNet(_ArrayNet):
    """`EventNet` of `WHOLE` (the file beside): (L, 12) → (L, 3) probabilities, float32."""

    plan = WHOLE

    def __call__(self, rows: Rows) -> Rows:
        x = self._linear("taken", rows)  # (L, C)
        for number, distance in enumerate(DISTANCES):
            y = self._normed(f"blocks.{number}.norm", x)
            y = np.pad(y, ((distance, distance), (0, 0)))
            both = WHOLE.later + WHOLE.earlier
            later = y[2 * distance :, : WHOLE.later]
            earlier = y[: -2 * distance, WHOLE.later : both]
            y = np.concatenate([later, earlier, y[distance:-distance, both:]], axis=1)
            x = x + self._block(number, y)
        return self._probabilities(x)[:, 0]


class ArrayLiveNet(_ArrayNet):
    """`EventNet` of `LIVE`, which is told one row after another."""

    plan = LIVE

    def memory(self, count: int) -> Memory:
        """Of ``count`` sequences side by side, nothing seen yet."""
        nothing = np.zeros((count, LIVE.earlier), np.float32)
        return [deque([nothing] * distance, distance) for distance in DISTANCES]

    def __call__(self, rows: Rows, memory: Memory) -> Rows:
        """The next row of each sequence.

        Args:
            rows: (N, 9).
            memory: of these N sequences; it remembers the rows afterwards.

        Returns:
            (N, 9, 3) probabilities of `CLASSES` on these rows, and on each of 8 rows before.
        """
        x = self._linear("taken", rows)  # (N, C)
        for number, remembered in enumerate(memory):
            y = self._normed(f"blocks.{number}.norm", x)
            earlier = remembered[0]
            remembered.append(y[:, : LIVE.earlier])
            y = np.concatenate([earlier, y[:, LIVE.earlier :]], axis=1)
            x = x + self._block(number, y)
        return self._probabilities(x)
