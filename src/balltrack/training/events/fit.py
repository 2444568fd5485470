"""Train an events network, resumable after any epoch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from balltrack.models.trajectory.eventnet import EventNet
from balltrack.models.trajectory.eventnet_arrays import LIVE, WHOLE
from balltrack.training.events.batches import Drawer
from balltrack.training.events.options import EventOptions
from balltrack.training.events.sequences import Course, read_sequences, simulated_sequence
from balltrack.training.run.loop import Progress, Run
from balltrack.training.run.schedule import Schedule
from balltrack.training.run.stopping import StopRequest

EVENT_WEIGHT = 5.0
"""Of rows where something happens, in the loss: nineteen of twenty rows fly."""

EMA = 0.998
"""Decay of the averaged weights, which are the ones that are kept."""

RISE = 0.1
"""Share of the steps over which the learning rate rises; over the others it falls."""


def train_events(options: EventOptions, progress: Progress | None = None) -> Path:
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
    torch.manual_seed(options.seed)
    network = EventNet(LIVE if options.live else WHOLE)
    run = Run(
        options,
        network,
        torch.optim.AdamW(network.parameters(), weight_decay=options.weight_decay),
        Schedule(
            options.steps, options.learning_rate, round(RISE * options.steps), falling=1 - RISE
        ),
        ema=EMA,
    )
    run.resume()
    with StopRequest() as stop:
        # an epoch's windows are drawn one after the other, so that none can begin in its middle
        return run.train(
            EventLoss(network, courses, options), stop, progress, stop_every=options.epoch_steps
        )


class EventLoss:
    """What a step's batch is to lower; the same epoch draws the same windows, resumed or not."""

    def __init__(self, network: EventNet, courses: list[Course], options: EventOptions) -> None:
        self.network, self.options = network, options
        rng = np.random.default_rng([options.seed, 1])
        rallies = [simulated_sequence(rng) for _ in range(options.rallies)]
        self.labelled = Drawer(courses, options.length, network.plan)
        self.simulated = Drawer(rallies, options.length, network.plan)
        self._rng: np.random.Generator | None = None

    def __call__(self, step: int) -> dict[str, torch.Tensor]:
        """``loss``: cross-entropy over the rows, those of events counting `EVENT_WEIGHT` times;
        the mean of a row's answers."""
        options = self.options
        epoch, number = divmod(step, options.epoch_steps)
        if self._rng is None or number == 0:
            self._rng = np.random.default_rng([options.seed, 2, epoch])
            torch.manual_seed(options.seed * 1_000_003 + epoch)  # of dropout
        rng = self._rng
        share = options.simulated * (1 - step / options.steps * (1 - options.simulated_end))
        windows = [
            (self.simulated if rng.random() < share else self.labelled).window(rng)
            for _ in range(options.batch_size)
        ]
        rows, wanted, there = (
            torch.from_numpy(np.stack(part)) for part in zip(*windows, strict=True)
        )
        answers = torch.log_softmax(self.network(rows), dim=-1)
        losses = []
        for back in range(self.network.plan.answers):
            count = rows.shape[1] - back  # each row says what happened on the one so many before it
            true, counted = wanted[:, :count], there[:, back:]
            crossed = -(answers[:, back:, back] * true).sum(dim=-1)
            weight = counted * (1 + (EVENT_WEIGHT - 1) * true[..., 1:].sum(dim=-1))
            losses.append((crossed * weight).sum() / counted.sum())
        return {"loss": torch.stack(losses).mean()}
