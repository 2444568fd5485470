"""Train a heatmap network, resumable at any step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from balltrack.errors import TrainingStopped
from balltrack.runtimes.device import choose_device
from balltrack.training.data.clips import Clip, find_clips, load_clips
from balltrack.training.data.frame_store import store_clips
from balltrack.training.heatmaps.batches import BatchMaker
from balltrack.training.heatmaps.mining import mine
from balltrack.training.heatmaps.trainer import Trainer, learning_rate
from balltrack.training.options import TrainOptions
from balltrack.training.run.distributed import Ranks, join_ranks
from balltrack.training.run.folder import WEIGHTS, append_log, make_folder
from balltrack.training.run.stopping import StopRequest

ASK_STEPS = 10
"""Steps after which several processes ask each other whether one of them was to end."""


@dataclass(frozen=True)
class EpochReport:
    """One line of ``log.jsonl``."""

    step: int
    loss: float
    learning_rate: float
    windows_per_s: float
    elapsed_s: float


def train(options: TrainOptions, progress: Callable[[EpochReport], None] | None = None) -> Path:
    """Train to ``options.steps``, resuming what ``options.output`` already holds.

    Started by ``torchrun``, its processes share every batch; the first one writes and reports.

    Returns:
        The path of ``last.safetensors``.

    Raises:
        DatasetError: no labelled clips, or a state of another network in the folder.
        OptionError: a batch that the processes cannot share evenly.
        OutputError: the output folder cannot be written.
        TrainingStopped: a signal asked to end; the state is saved.
    """
    chosen = torch.device(choose_device(options.device))
    with StopRequest() as stop, join_ranks(chosen) as (ranks, device):
        run = _Run(options, device, ranks, stop)
        while run.trainer.step < options.steps:
            report = run.epoch()
            if ranks.first:
                append_log(options.output, report)
                if progress:
                    progress(report)
    return options.output / WEIGHTS


class _Run:
    """A trainer and what feeds it."""

    def __init__(
        self, options: TrainOptions, device: torch.device, ranks: Ranks, stop: StopRequest
    ) -> None:
        self.options, self.ranks, self.stop = options, ranks, stop
        places = ranks.part(options.batch_size)
        found = [one for root in options.data for one in find_clips(root, "train", options.sports)]
        self.trainer = Trainer(options, device, ranks)
        make_folder(options.output)
        self.trainer.resume()
        spec = self.trainer.network.spec
        clips = stop.until(load_clips(found, (spec.width, spec.height)))
        self.store = store_clips(clips, device)
        self.maker = BatchMaker(self.store, options, spec, device, places)
        count = len(self.store.clips)
        if len(self.trainer.hard_places) != count:  # none yet, or the run has other clips now
            self.trainer.hard_places = [np.empty((0, 3), np.float32)] * count
        self.maker.sampler.set_hard_places(self.trainer.hard_places)

    def epoch(self) -> EpochReport:
        """Train to the next checkpoint and save."""
        options, trainer = self.options, self.trainer
        started, first, spent_before = time.monotonic(), trainer.step, trainer.elapsed_s
        end = min(options.steps, (first // options.epoch_steps + 1) * options.epoch_steps)
        stopped = 0
        while trainer.step < end and not stopped:
            if options.mine_steps and trainer.step and trainer.step % options.mine_steps == 0:
                stopped = self._mine()
            if not stopped:
                trainer.train_step(self.maker.batch(trainer.step))
                stopped = self._stopped()
        loss = trainer.take_loss()
        spent = time.monotonic() - started
        trainer.elapsed_s = spent_before + spent
        if self.ranks.first:
            trainer.save()
        if stopped and trainer.step < options.steps:
            raise TrainingStopped(
                f"{options.output}: stopped after step {trainer.step} of {options.steps} and "
                "saved; the same command goes on from there",
                stopped,
            )
        return EpochReport(
            trainer.step,
            loss,
            learning_rate(options, trainer.step),
            (trainer.step - first) * options.batch_size / spent,
            trainer.elapsed_s,
        )

    def _stopped(self) -> int:
        """The signal that asked some process to end, or 0; all processes get the same answer."""
        number = self.stop.number or 0
        if self.ranks.count == 1:
            return number
        return self.ranks.highest(number) if self.trainer.step % ASK_STEPS == 0 else 0

    def _mine(self) -> int:
        """Look for hard places; one process alone leaves off at a signal, and returns it."""
        trainer = self.trainer
        self.ranks.share_buffers(trainer.average)
        clips: Iterable[Clip] = self.ranks.spread(list(self.store.clips))
        if self.ranks.count == 1:
            clips = self.stop.until(clips)
        try:
            found = mine(trainer.average, clips, trainer.step, self.options.bf16)
        except TrainingStopped:
            return self.stop.number or 0
        trainer.hard_places = self.ranks.gather(found)
        self.maker.sampler.set_hard_places(trainer.hard_places)
        return 0
