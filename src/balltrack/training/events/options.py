"""What a run can be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from balltrack.declaring import check_range
from balltrack.errors import OptionError


@dataclass(frozen=True)
class EventOptions:
    """How an events network is trained.

    Attributes:
        data: folders of label tables with a column ``Status`` or ``Event``, searched in depth.
        output: folder for ``last.safetensors``, ``state.pt`` and ``log.jsonl``.
        live: train the network that is told rows as they come, not the one that knows them all.
        held_out: folder names (a match, a split) that are not trained on.
        fps, size: frames a second, and (width, height), of tables without a video beside them.
        steps, epoch_steps: optimiser steps of the whole run, and between checkpoints.
        batch_size: windows a step.
        length: rows of a window.
        simulated: share of the windows that are of simulated rallies at the beginning; it falls
            to ``simulated_end`` of that.
        simulated_end: see above.
        rallies: simulated rallies to draw from.
        learning_rate, weight_decay: of AdamW, with a rise and a cosine down.
        seed: of weights, samples and noise.
    """

    data: Sequence[Path]
    output: Path
    live: bool = False
    held_out: Sequence[str] = ("dev",)
    fps: float = 30.0
    size: tuple[int, int] = (1280, 720)
    steps: int = 7000
    epoch_steps: int = 200
    batch_size: int = 24
    length: int = 128
    simulated: float = 0.75
    simulated_end: float = 0.6
    rallies: int = 5000
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    seed: int = 13

    def __post_init__(self) -> None:
        for name in ("steps", "epoch_steps", "batch_size", "rallies"):
            check_range(name, getattr(self, name), 1)
        for name in ("simulated", "simulated_end"):
            check_range(name, getattr(self, name), 0, 1)
        for name in ("learning_rate", "weight_decay", "seed"):
            check_range(name, getattr(self, name), 0)
        check_range("fps", self.fps, 1, 1000)
        check_range("length", self.length, 16)
        if self.steps % self.epoch_steps:
            raise OptionError(f"steps must be a multiple of {self.epoch_steps}, got {self.steps}")
