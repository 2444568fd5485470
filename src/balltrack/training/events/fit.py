"""Train the events network, resumable after any epoch."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from balltrack.models.eventnet import EventNet
from balltrack.training.events.batches import Drawer
from balltrack.training.events.options import EventOptions
from balltrack.training.events.sequences import Course, read_sequences, simulated_sequence
from balltrack.training.run_files import (
    WEIGHTS,
    Stateful,
    agree,
    append_log,
    load_state,
    make_folder,
    save_run,
)
from balltrack.training.stopping import StopRequest, TrainingStopped

EVENT_WEIGHT = 5.0
"""Of rows where something happens, in the loss: nineteen of twenty rows fly."""

RISE = 0.1
"""Share of the steps over which the learning rate rises."""


@dataclass(frozen=True)
class EventReport:
    """One line of ``log.jsonl``."""

    epoch: int
    loss: float
    learning_rate: float
    elapsed_s: float


class EventTrainer:
    """A run's state: network, optimiser and the epoch they have reached."""

    def __init__(self, options: EventOptions, courses: list[Course]) -> None:
        self.options = options
        torch.manual_seed(options.seed)
        self.network = EventNet()
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), weight_decay=options.weight_decay
        )
        rng = np.random.default_rng([options.seed, 1])
        rallies = [simulated_sequence(rng) for _ in range(options.rallies)]
        self.labelled = Drawer(courses, options.length)
        self.simulated = Drawer(rallies, options.length)
        self.epoch = 0
        self.elapsed_s = 0.0

    def run_epoch(self) -> EventReport:
        """Train one epoch; the same one gives the same network, resumed or not."""
        options, started = self.options, time.monotonic()
        rng = np.random.default_rng([options.seed, 2, self.epoch])
        torch.manual_seed(options.seed * 1_000_003 + self.epoch)  # of dropout
        self.network.train()
        losses = []
        for number in range(options.epoch_steps):
            done = (self.epoch * options.epoch_steps + number) / options.steps
            rate = options.learning_rate * _schedule(done)
            for group in self.optimiser.param_groups:
                group["lr"] = rate
            losses.append(self._step(done, rng))
        self.epoch += 1
        self.elapsed_s += time.monotonic() - started
        return EventReport(self.epoch, float(np.mean(losses)), rate, self.elapsed_s)

    def _step(self, done: float, rng: np.random.Generator) -> float:
        options = self.options
        share = options.simulated * (1 - done * (1 - options.simulated_end))
        windows = [
            (self.simulated if rng.random() < share else self.labelled).window(rng)
            for _ in range(options.batch_size)
        ]
        rows, wanted, there = (
            torch.from_numpy(np.stack(part)) for part in zip(*windows, strict=True)
        )
        crossed = -(torch.log_softmax(self.network(rows), dim=-1) * wanted).sum(dim=-1)
        weight = there * (1 + (EVENT_WEIGHT - 1) * wanted[..., 1:].sum(dim=-1))
        loss = (crossed * weight).sum() / there.sum()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        return float(loss.detach())

    def save(self) -> None:
        """Write ``last.safetensors`` and ``state.pt`` (to resume)."""
        options = self.options
        described = {k: v for k, v in asdict(options).items() if k not in ("data", "output")}
        header = {"training": json.dumps(described), "epoch": str(self.epoch)}
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


def train_events(
    options: EventOptions, progress: Callable[[EventReport], None] | None = None
) -> Path:
    """Train to ``options.steps``, resuming what ``options.output`` already holds.

    Returns:
        The path of ``last.safetensors``.

    Raises:
        DatasetError: no tables with events, or a state of another network in the folder.
        LabelError: a table has a bad row.
        OutputError: the output folder cannot be written.
        TrainingStopped: a signal asked to end; the epoch was finished and saved.
    """
    courses = read_sequences(options.data, options.fps, options.size, options.held_out)
    make_folder(options.output)
    trainer = EventTrainer(options, courses)
    trainer.resume()
    epochs = options.steps // options.epoch_steps
    with StopRequest() as stop:
        while trainer.epoch < epochs:
            report = trainer.run_epoch()
            trainer.save()
            append_log(options.output, report)
            if progress:
                progress(report)
            if stop.number is not None and trainer.epoch < epochs:
                raise TrainingStopped(
                    f"{options.output}: stopped after epoch {trainer.epoch} of {epochs} "
                    "and saved; the same command goes on from there",
                    stop.number,
                )
    return options.output / WEIGHTS


def _schedule(done: float) -> float:
    """Of the highest learning rate, at a share of the run: a linear rise, a cosine to 1 %."""
    if done < RISE:
        return 0.04 + 0.96 * done / RISE
    return 0.01 + 0.99 * (1 + math.cos(math.pi * (done - RISE) / (1 - RISE))) / 2
