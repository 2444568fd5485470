"""One run, whatever it trains: steps, averages, checkpoints, resuming, ending in time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import torch
from torch import nn

from balltrack.errors import OptionError, TrainingStopped
from balltrack.outputs import make_folder
from balltrack.training.run.averaging import Average
from balltrack.training.run.distributed import Processes
from balltrack.training.run.folder import (
    TRAINING,
    WEIGHTS,
    Stateful,
    append_log,
    known_options,
    load_state,
    save_run,
    weights_are_of,
)
from balltrack.training.run.schedule import Schedule
from balltrack.training.run.stopping import StopRequest

ASK_STEPS = 10
"""Steps after which several processes ask each other whether one of them was to end."""

MOST_GRADIENT = 1.0
"""Norm to which gradients are clipped."""


class RunOptions(Protocol):
    """What the options of every kind of training have, as dataclasses."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def output(self) -> Path: ...
    @property
    def steps(self) -> int: ...
    @property
    def epoch_steps(self) -> int: ...
    @property
    def batch_size(self) -> int: ...


@dataclass(frozen=True)
class EpochReport:
    """A line of ``log.jsonl``, on the steps since the line before.

    Attributes:
        step: how many are done.
        means: of what each step measured: ``loss``, and what the kind of training adds.
        learning_rate: of the step to come.
        samples_per_s: of all processes together.
        elapsed_s: since the run began, without the time between two parts of it.
    """

    step: int
    means: Mapping[str, float]
    learning_rate: float
    samples_per_s: float
    elapsed_s: float

    def facts(self) -> dict[str, float]:
        """Name → number, in one level."""
        facts = asdict(self)
        return {"step": facts.pop("step"), **facts.pop("means"), **facts}


Progress = Callable[[EpochReport | str], None]
"""Is told of every epoch, and in a sentence of what goes before and after."""

Measure = Callable[[int], Mapping[str, torch.Tensor]]
"""The scalars of a step's batch. ``loss`` is what training lowers."""


MAY_CHANGE = frozenset({"steps", "epoch_steps", "device"})
"""Options that a run may go on with other values of."""


class Run:
    """A network in training: its weights, their average, the optimiser and the step reached.

    Args:
        options: how long it is and where it is kept.
        network: to train, in training mode on its device.
        optimiser: of its parameters.
        schedule: of the learning rate.
        ema: decay of the averaged weights, which are the ones that are saved.
        processes: that share it.
        finish: makes the network that is saved from a copy of the averaged one, in place.

    Attributes:
        step: how many are done.
        kept: what else has to be kept to go on, name → tensors.
    """

    def __init__(
        self,
        options: RunOptions,
        network: nn.Module,
        optimiser: torch.optim.Optimizer,
        schedule: Schedule,
        ema: float,
        processes: Processes | None = None,
        finish: Callable[[nn.Module], None] | None = None,
    ) -> None:
        self.options = options
        self.network = network
        self.optimiser = optimiser
        self.schedule = schedule
        self.average = Average(network, ema)
        self.processes = processes or Processes()
        self.finish = finish
        self.device = next(network.parameters()).device
        self.step = 0
        self.elapsed_s = 0.0
        self.kept: dict[str, Any] = {}

    def resume(self) -> None:
        """Make the output folder, or continue from the ``state.pt`` that it has.

        Raises:
            DatasetError: the state is damaged or belongs to another network.
            OptionError: it was begun with other options.
            OutputError: the folder cannot be made.
        """
        make_folder(self.options.output)
        self._check_options()
        parts: dict[str, Stateful] = {
            "network": self.network,
            "average": self.average.network,
            "optimiser": self.optimiser,
        }
        state = load_state(self.options.output, self.device, parts)
        if state is None:
            return
        self.step, self.elapsed_s = state.pop("step"), state.pop("elapsed_s")
        self.kept = state
        if self.processes.first and not weights_are_of(self.options.output, self.step):
            self.save()  # killed between the two files

    def _check_options(self) -> None:
        """Raise `OptionError` where a run in the folder has learnt in another way."""
        begun, now = known_options(self.options.output), self._described()
        other = [
            f"{name} {begun[name]}"
            for name in begun.keys() & now.keys() - MAY_CHANGE
            if begun[name] != now[name]
        ]
        if other:
            raise OptionError(
                f"{self.options.output}: was begun with {', '.join(sorted(other))}; "
                "give the same again, or another output folder"
            )

    def train(
        self,
        measure: Measure,
        stop: StopRequest,
        progress: Progress | None = None,
        stop_every: int = 1,
        enough: Callable[[int], bool] | None = None,
    ) -> Path:
        """Go on to the last step; after every epoch save and report.

        Args:
            measure: gives what each step is to lower.
            stop: whether somebody asked to end.
            progress: told of every epoch by the first process.
            stop_every: steps between the places where the run may be broken off.
            enough: asked by the first process after every epoch, the last one too, and where a run
                goes on there, whether this step may be the last; its weights are saved by then.

        Returns:
            The path of ``last.safetensors``.

        Raises:
            OutputError: a file cannot be written.
            TrainingStopped: a signal asked to end; the state is saved.
        """
        if self.processes.count > 1:
            stop_every = max(stop_every, ASK_STEPS)
        while not self._has_enough(enough) and self.step < self.options.steps:
            report = self._epoch(measure, stop, stop_every)
            if self.processes.first:
                append_log(self.options.output, report.facts())
                if progress:
                    progress(report)
        return self.options.output / WEIGHTS

    def _has_enough(self, enough: Callable[[int], bool] | None) -> bool:
        whole = self.step % self.options.epoch_steps == 0 or self.step == self.options.steps
        asked = self.step > 0 and whole
        ends = bool(enough and asked and self.processes.first and enough(self.step))
        return bool(self.processes.highest(int(ends)))

    def learn(self, loss: torch.Tensor) -> None:
        """One optimiser step; waits for no GPU."""
        rate = self.schedule.rate(self.step)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        nn.utils.clip_grad_norm_(self.network.parameters(), MOST_GRADIENT)
        self.optimiser.step()
        self.average.update(self.step)
        self.step += 1

    def save(self) -> None:
        """Write ``last.safetensors`` (averaged, finished) and ``state.pt`` (to resume)."""
        network = deepcopy(self.average.network).cpu()
        if self.finish:
            self.finish(network)
        state = {
            "step": self.step,
            "elapsed_s": self.elapsed_s,
            "network": self.network.state_dict(),
            "average": self.average.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            **self.kept,
        }
        save_run(self.options.output, network, self.header(), state)

    def header(self) -> dict[str, str]:
        """What the weights file says of the run."""
        return {TRAINING: json.dumps(self._described()), "step": str(self.step)}

    def _described(self) -> dict[str, str]:
        options = asdict(self.options).items()
        return {key: str(value) for key, value in options if key not in ("data", "output")}

    def _epoch(self, measure: Measure, stop: StopRequest, stop_every: int) -> EpochReport:
        """Train to the next checkpoint and save; raise where somebody asked to end before."""
        options, first, before_s = self.options, self.step, self.elapsed_s
        started = time.monotonic()
        end = min(options.steps, (first // options.epoch_steps + 1) * options.epoch_steps)
        totals: dict[str, torch.Tensor] = {}
        signal = 0
        try:
            while self.step < end and not signal:
                measured = measure(self.step)
                self.learn(measured["loss"])
                for name, value in measured.items():
                    totals[name] = totals.get(name, 0) + value.detach()
                if self.step % stop_every == 0:
                    signal = self.processes.highest(stop.number or 0)
        except TrainingStopped as stopped:  # before anything was learnt from the batch
            signal = stopped.signal
        steps = max(1, self.step - first)
        means = {
            name: float(self.processes.mean(total / steps)) for name, total in totals.items()
        }  # waits for the device, so that the time is known
        spent_s = time.monotonic() - started
        self.elapsed_s = before_s + spent_s
        if self.processes.first:
            self.save()
        if signal and self.step < options.steps:
            raise TrainingStopped(
                f"{options.output}: stopped after step {self.step} of {options.steps} and saved; "
                "the same command goes on from there",
                signal,
            )
        rate, speed = self.schedule.rate(self.step), steps * options.batch_size / spent_s
        return EpochReport(self.step, means, rate, speed, self.elapsed_s)
