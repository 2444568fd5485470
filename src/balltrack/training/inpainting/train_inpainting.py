"""Train InpaintNet on labelled trajectories, resumable after any epoch."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from balltrack.errors import TrainingStopped
from balltrack.geometry import PAPER_GRID
from balltrack.models.inpaintnet import InpaintNet
from balltrack.models.inpaintnet_arrays import SEQUENCE_LENGTH
from balltrack.structures import FloatArray
from balltrack.training.inpainting.hiding import Hider, Mask, Trajectory, read_trajectories
from balltrack.training.options import InpaintingOptions
from balltrack.training.run.folder import (
    WEIGHTS,
    Stateful,
    agree,
    append_log,
    load_state,
    make_folder,
    save_run,
)
from balltrack.training.run.stopping import StopRequest
from balltrack.trajectory.inpainting import CONTEXT, frame_of, network_rows

WARMUP_STEPS = 100

LENGTHS = (SEQUENCE_LENGTH, SEQUENCE_LENGTH, SEQUENCE_LENGTH + 2 * CONTEXT)
"""Rows of the windows, batch by batch: upstream's, which serves gaps up to 8, and longer."""


@dataclass(frozen=True)
class InpaintingReport:
    """One line of ``log.jsonl``: ``error_px`` is the mean distance on the hidden rows of the
    epoch's training windows, pixels of the 512x288 grid."""

    epoch: int
    loss: float
    error_px: float
    learning_rate: float
    elapsed_s: float


class InpaintingTrainer:
    """A run's state: network, optimiser and the epoch they have reached."""

    def __init__(self, options: InpaintingOptions, trajectories: Sequence[Trajectory]) -> None:
        self.options = options
        torch.manual_seed(options.seed)
        self.network = InpaintNet(options.coordinates)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), weight_decay=options.weight_decay
        )
        self.hider = Hider(trajectories, options.longest)
        self.epoch = 0
        self.elapsed_s = 0.0

    def run_epoch(self) -> InpaintingReport:
        """Train one epoch; the same one gives the same network, resumed or not."""
        options, started = self.options, time.monotonic()
        rng = np.random.default_rng([options.seed, self.epoch])
        self.network.train()
        totals = []
        for number in range(options.epoch_steps):
            rate = self._learning_rate(self.epoch * options.epoch_steps + number)
            for group in self.optimiser.param_groups:
                group["lr"] = rate
            length = LENGTHS[number % len(LENGTHS)]
            batch = self.hider.batch(rng, options.batch_size, length)
            totals.append(self._step(*batch, rng))
        self.epoch += 1
        self.elapsed_s += time.monotonic() - started
        loss, error = np.mean(totals, axis=0).tolist()
        return InpaintingReport(self.epoch, loss, error, rate, self.elapsed_s)

    def _learning_rate(self, step: int) -> float:
        done = step / (self.options.epochs * self.options.epoch_steps)
        fall = 0.01 + 0.99 * (1 + math.cos(math.pi * min(done, 1.0))) / 2
        return self.options.learning_rate * min(1.0, (step + 1) / WARMUP_STEPS) * fall

    def _step(
        self, windows: FloatArray, mask: Mask, rng: np.random.Generator
    ) -> tuple[float, float]:
        """One optimiser step; returns loss and mean distance in pixels of the grid."""
        noise = rng.normal(0, self.options.jitter, windows.shape) / PAPER_GRID
        seen = np.where(mask[..., None], np.nan, windows + noise)
        centre, side = frame_of(seen, self.options.coordinates)
        rows = torch.from_numpy(network_rows((seen - centre) / side + 0.5, mask))
        hidden = torch.from_numpy(mask)
        scale = torch.from_numpy((side * PAPER_GRID).astype(np.float32))
        target = torch.from_numpy(((windows - centre) / side + 0.5).astype(np.float32))
        error = ((self.network(rows) - target) * scale)[hidden]  # (hidden rows, 2) pixels
        loss = functional.huber_loss(error, torch.zeros_like(error), delta=2.0)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        return float(loss.detach()), float(error.detach().norm(dim=-1).mean())

    def save(self) -> None:
        """Write ``last.safetensors`` and ``state.pt`` (to resume)."""
        options = self.options
        described = {k: v for k, v in asdict(options).items() if k not in ("data", "output")}
        header = {
            "coordinates": options.coordinates,
            "training": json.dumps(described),
            "epoch": str(self.epoch),
        }
        state = {
            "epoch": self.epoch,
            "elapsed_s": self.elapsed_s,
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        save_run(options.output, self.network, header, state)

    def resume(self) -> bool:
        """Continue from ``state.pt`` if the output folder has one."""
        parts: dict[str, Stateful] = {"network": self.network, "optimiser": self.optimiser}
        state = load_state(self.options.output, torch.device("cpu"), parts)
        if state is None:
            return False
        self.epoch, self.elapsed_s = state["epoch"], state["elapsed_s"]
        if not agree(self.options.output, "epoch", self.epoch):
            self.save()  # killed between the two files
        return True


def train_inpainting(
    options: InpaintingOptions, progress: Callable[[InpaintingReport], None] | None = None
) -> Path:
    """Train to ``options.epochs``, resuming what ``options.output`` already holds.

    Returns:
        The path of ``last.safetensors``.

    Raises:
        DatasetError: no label tables, or a state of another network in the folder.
        OutputError: the output folder cannot be written.
        TrainingStopped: a signal asked to end; the epoch was finished and saved.
    """
    trainer = InpaintingTrainer(options, read_trajectories(options.data, options.held_out))
    make_folder(options.output)
    trainer.resume()
    with StopRequest() as stop:
        while trainer.epoch < options.epochs:
            report = trainer.run_epoch()
            trainer.save()
            append_log(options.output, report)
            if progress:
                progress(report)
            if stop.number is not None and trainer.epoch < options.epochs:
                raise TrainingStopped(
                    f"{options.output}: stopped after epoch {trainer.epoch} of {options.epochs} "
                    "and saved; the same command goes on from there",
                    stop.number,
                )
    return options.output / WEIGHTS
