"""Train a heatmap network, resumable at any step, in one process or in several."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import nn

from balltrack.errors import OptionError
from balltrack.models.build import build
from balltrack.models.losses import LOSSES, bce
from balltrack.models.network import HeatmapNetwork
from balltrack.models.specs import SPECS, NetworkSpec, get_spec
from balltrack.runtimes.device import choose_device
from balltrack.training.data.clips import Clip, find_clips, load_clips
from balltrack.training.data.frame_store import store_clips
from balltrack.training.heatmaps.batches import BatchMaker
from balltrack.training.heatmaps.differencing import fold_difference, unfold_difference
from balltrack.training.heatmaps.distilling import Teacher, agreement
from balltrack.training.heatmaps.inheriting import inherit, inherits
from balltrack.training.heatmaps.mining import HardPlaces, mine
from balltrack.training.heatmaps.net2net import widen, widens
from balltrack.training.options import TrainOptions
from balltrack.training.run.distributed import Processes, join_processes
from balltrack.training.run.loop import Progress, Run
from balltrack.training.run.schedule import Schedule
from balltrack.training.run.stopping import StopRequest
from balltrack.weights.checkpoints import load_network


def train_heatmaps(options: TrainOptions, progress: Progress | None = None) -> Path:
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
    found = [one for root in options.data for one in find_clips(root, "train", options.sports)]
    return train_on(
        lambda spec: load_clips(found, (spec.width, spec.height), spec.fit), options, progress
    )


def train_on(
    clips_of: Callable[[NetworkSpec], Iterable[Clip]],
    options: TrainOptions,
    progress: Progress | None = None,
    enough: Callable[[int], bool] | None = None,
) -> Path:
    """Train on clips; everything else is as in `train_heatmaps`.

    Args:
        clips_of: the network's spec → the clips, decoded to its size.
        options: of the run, whose ``data`` and ``sports`` are not looked at.
        progress: told of every epoch.
        enough: ends the run before its last step, see `Run.train`.
    """
    chosen = torch.device(choose_device(options.device))
    with StopRequest() as stop, join_processes(chosen) as (processes, device):
        places = processes.part(options.batch_size)
        run = start_run(options, device, processes)
        run.resume()
        spec = cast(HeatmapNetwork, run.network).spec
        clips = stop.until(clips_of(spec))
        maker = BatchMaker(store_clips(clips, device), options, spec, device, places)
        return run.train(HeatmapLoss(run, maker, stop), stop, progress, enough=enough)


def start_run(
    options: TrainOptions, device: torch.device, processes: Processes | None = None
) -> Run:
    """The run at its beginning, nothing trained yet."""
    processes = processes or Processes()
    torch.manual_seed(options.seed)
    network = first_network(options).to(device).train().requires_grad_(True)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    torch.backends.cudnn.benchmark = device.type == "cuda"  # every batch is of one size
    shared = processes.synchronise(network, device)
    return Run(
        options,
        shared,
        torch.optim.AdamW(shared.parameters(), weight_decay=options.weight_decay, fused=True),
        Schedule(options.steps, options.learning_rate, options.warmup),
        options.ema,
        processes,
        _finish,
    )


class HeatmapLoss:
    """What a step's batch is to lower; before some steps, the search for hard places.

    Nothing but that search waits for a GPU.

    Args:
        run: whose network answers; remembers the hard places.
        maker: of the batches, this process's part of each.
        stop: breaks a search off.
    """

    def __init__(self, run: Run, maker: BatchMaker, stop: StopRequest) -> None:
        self.run, self.maker, self.stop = run, maker, stop
        self.options = maker.options
        self.processes = run.processes
        forward = self.processes.wrap(run.network, run.device)
        self._compare = LOSSES[maker.spec.loss]
        self._forward = torch.compile(forward) if self.options.compile else forward
        self._teacher = self._find_teacher()
        known = [places.cpu().numpy() for places in run.kept.get("hard_places", ())]
        count = len(maker.store.clips)
        if len(known) != count:  # none yet, or the run has other clips now
            known = [np.empty((0, 3), np.float32)] * count
        self._remember(known)

    def __call__(self, step: int) -> dict[str, torch.Tensor]:
        """The loss of this process's part of a batch, a scalar."""
        if self.options.mine_steps and step and step % self.options.mine_steps == 0:
            self._mine(step)
        batch = self.maker.batch(step)
        x = batch.x.contiguous(memory_format=torch.channels_last)
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self.options.bf16):
            logits = self._forward(x)
        total = self.processes.mean(batch.frame_weight.sum())
        weight = batch.frame_weight
        if self._teacher is None:
            return {"loss": self._compare(logits, batch.target, weight, total)}
        answers = self._teacher.answers(x)
        heard = weight * self.options.teacher_share * agreement(answers, batch.target)
        learnt = self._compare(logits, batch.target, weight - heard, total)
        return {"loss": learnt + bce(logits, answers, heard, total)}

    def _find_teacher(self) -> Teacher | None:
        options = self.options
        if options.teacher is None:
            return None
        return Teacher(options.teacher, self.maker.spec, self.run.device, options.bf16)

    def _mine(self, step: int) -> None:
        """Look for hard places; one process alone leaves off where somebody asks to end."""
        average = cast(HeatmapNetwork, self.run.average.network)
        self.processes.share_buffers(average)
        clips: Iterable[Clip] = self.processes.spread(list(self.maker.store.clips))
        if self.processes.count == 1:
            clips = self.stop.until(clips)
        found = mine(average, clips, step, self.options.bf16)
        self._remember(self.processes.gather(found))

    def _remember(self, places: list[HardPlaces]) -> None:
        self.run.kept["hard_places"] = [torch.from_numpy(one) for one in places]
        self.maker.sampler.set_hard_places(places)


def first_network(options: TrainOptions) -> HeatmapNetwork:
    """A fresh one, or the one to begin with, widened or taken over where it is of another kind.

    Raises:
        OptionError: the weights to begin with are of a network that cannot be widened so.
    """
    spec = options.spec_of(get_spec(options.network))
    if options.initial is None:
        return build(spec)
    network, _ = load_network(options.initial)
    if network.spec.background == "concat":
        unfold_difference(network)
    if network.spec.name == spec.name or network.spec.name not in SPECS:
        return _learning_otherwise(network, options)
    if inherits(network.spec, spec):
        return inherit(network, spec)
    if not widens(network.spec, spec):
        raise OptionError(
            f"{options.initial}: is a {network.spec.name} and cannot begin a {spec.name}; "
            f"give --network {network.spec.name}"
        )
    return widen(network, spec)


def _learning_otherwise(network: HeatmapNetwork, options: TrainOptions) -> HeatmapNetwork:
    """The network to begin with, taught what the options say.

    Raises:
        OptionError: it would need other layers for that.
    """
    spec = options.spec_of(network.spec)
    with torch.device("meta"):
        wanted = build(spec).state_dict()
    if _shapes(wanted) != _shapes(network.state_dict()):
        raise OptionError(
            f"{options.initial}: has other layers than the options ask for; leave out --initial"
        )
    network.spec = spec
    return network


def _shapes(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in tensors.items()}


def _finish(network: nn.Module) -> None:
    """As it is shipped: fed frames, not differences."""
    if isinstance(network, HeatmapNetwork) and network.spec.background == "concat":
        fold_difference(network)
