"""Train a heatmap network, resumable at any checkpoint."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from balltrack.errors import DatasetError, OutputError
from balltrack.inference.device import choose_device
from balltrack.inference.preprocess import network_input
from balltrack.models.specs import get_spec
from balltrack.models.tracknet import TrackNet
from balltrack.options import check_range
from balltrack.training.augmentation import augment, mixup
from balltrack.training.clips import find_clips, load_clips
from balltrack.training.differencing import difference_input, fold_difference, unfold_difference
from balltrack.training.losses import weighted_bce
from balltrack.training.mining import HardPlaces, mine
from balltrack.training.sampling import Sampler
from balltrack.training.targets import disc_heatmaps
from balltrack.weights.checkpoints import load_network, save_checkpoint

EASY_PART = 1 / 3
"""Share of the steps over which rare augmentations grow to full strength, without mixup."""

FINAL_PART = 0.4
"""Share of the steps in which the learning rate falls along a cosine; constant before, so
that a run can be prolonged or cut short from any earlier checkpoint."""


@dataclass(frozen=True)
class TrainOptions:
    """How a network is trained.

    Attributes:
        data: folders of ``<sport>/train/<match>/<clip>.mp4`` and ``<clip>_ball.csv``.
        output: folder for ``last.safetensors``, ``state.pt`` and ``log.jsonl``.
        network: a name in `SPECS`.
        sports: to train on; None takes all that are there.
        initial: weights to start from (a registered name or a file); None starts afresh.
        steps: optimiser steps of the whole run.
        epoch_steps: steps between checkpoints and log lines.
        batch_size: windows a step.
        crop: side of the square crops in network pixels; 0 trains on whole frames.
        learning_rate, weight_decay: of AdamW.
        warmup: steps over which the learning rate rises from 0.
        ema: decay of the averaged weights, which are the ones that are saved.
        mine_steps: steps from one search for hard places to the next (see `mining`); 0 never
            searches.
        mixup: probability that a batch is mixed, once the easy part is over.
        paste: probability that a crop without a ball gets a drawn one (see `pasting`).
        bf16: autocast to bfloat16.
        device: "auto", "cpu", "cuda", "cuda:N" or "mps".
        seed: of weights, samples and augmentation.
    """

    data: tuple[Path, ...]
    output: Path
    network: str = "tracknet-v3-small"
    sports: tuple[str, ...] | None = None
    initial: str | None = None
    steps: int = 30_000
    epoch_steps: int = 500
    batch_size: int = 16
    crop: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    warmup: int = 200
    ema: float = 0.999
    mine_steps: int = 5_000
    mixup: float = 0.1
    paste: float = 0.6
    bf16: bool = True
    device: str = "cpu"
    seed: int = 13

    def __post_init__(self) -> None:
        for name in ("steps", "epoch_steps", "batch_size"):
            check_range(name, getattr(self, name), 1)
        for name in ("crop", "mine_steps", "warmup", "learning_rate", "weight_decay"):
            check_range(name, getattr(self, name), 0)
        for name in ("ema", "mixup", "paste"):
            check_range(name, getattr(self, name), 0, 1)


@dataclass(frozen=True)
class EpochReport:
    """One line of ``log.jsonl``."""

    step: int
    loss: float
    learning_rate: float
    windows_per_s: float
    elapsed_s: float


def learning_rate(options: TrainOptions, step: int) -> float:
    """Linear warm-up, constant, then a cosine to 1 % over the last `FINAL_PART`."""
    fall_from = options.steps * (1 - FINAL_PART)
    fallen = min(1.0, max(0.0, step - fall_from) / max(1.0, options.steps - fall_from))
    rise = min(1.0, (step + 1) / max(1, options.warmup))
    return options.learning_rate * rise * (0.01 + 0.99 * (1 + math.cos(math.pi * fallen)) / 2)


class Trainer:
    """A run's state: network, averaged network, optimiser and the step they have reached."""

    def __init__(self, options: TrainOptions) -> None:
        self.options = options
        self.device = torch.device(choose_device(options.device))
        torch.manual_seed(options.seed)
        network = load_network(options.initial)[0] if options.initial else None
        if network is None:
            network = TrackNet(get_spec(options.network))
        elif network.spec.background == "concat":
            unfold_difference(network)
        self.network = network.to(self.device).train()
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = deepcopy(self.network).eval().requires_grad_(False)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), weight_decay=options.weight_decay, fused=True
        )
        self.step = 0
        self.elapsed_s = 0.0
        self.hard_places: list[HardPlaces] = []

    def train_step(self, prepared: tuple[torch.Tensor, ...]) -> float:
        """One optimiser step on a prepared batch; returns the loss."""
        x, target, frame_weight = (part.to(self.device, non_blocking=True) for part in prepared)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.options, self.step)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.options.bf16):
            logits = self.network(x.contiguous(memory_format=torch.channels_last))
        loss = weighted_bce(logits, target, frame_weight)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self._average()
        self.step += 1
        return float(loss.detach())

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.options.ema, (1 + self.step) / (10 + self.step))
        for mean, now in zip(
            self.average.state_dict().values(), self.network.state_dict().values(), strict=True
        ):
            if mean.is_floating_point():
                mean.lerp_(now, 1 - decay)
            else:
                mean.copy_(now)

    def save(self) -> None:
        """Write ``last.safetensors`` (averaged, folded) and ``state.pt`` (to resume)."""
        network = deepcopy(self.average).cpu()
        if network.spec.background == "concat":
            fold_difference(network)
        folder = self.options.output
        described = {
            k: str(v) for k, v in asdict(self.options).items() if k not in ("data", "output")
        }
        save_checkpoint(
            folder / "last.safetensors",
            network,
            {"training": json.dumps(described), "step": str(self.step)},
        )
        state = {
            "step": self.step,
            "elapsed_s": self.elapsed_s,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "hard_places": [torch.from_numpy(places) for places in self.hard_places],
        }
        partial = folder / "state.pt.partial"
        torch.save(state, partial)
        partial.replace(folder / "state.pt")

    def resume(self) -> bool:
        """Continue from ``state.pt`` if the output folder has one."""
        path = self.options.output / "state.pt"
        if not path.is_file():
            return False
        state: dict[str, Any] = torch.load(path, map_location=self.device, weights_only=True)
        try:
            self.network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
        except (KeyError, RuntimeError, ValueError) as error:
            raise DatasetError(
                f"{path}: belongs to another network; give another output folder"
            ) from error
        self.step, self.elapsed_s = state["step"], state["elapsed_s"]
        self.hard_places = [places.cpu().numpy() for places in state["hard_places"]]
        return True


def train(options: TrainOptions, progress: Callable[[EpochReport], None] | None = None) -> Path:
    """Train to ``options.steps``, resuming what ``options.output`` already holds.

    Returns:
        The path of ``last.safetensors``.

    Raises:
        DatasetError: no labelled clips, or a state of another network in the folder.
        OutputError: the output folder cannot be written.
    """
    try:
        options.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{options.output}: cannot make the output folder ({error})") from error
    trainer = Trainer(options)
    trainer.resume()
    spec = trainer.network.spec
    found = [one for root in options.data for one in find_clips(root, "train", options.sports)]
    clips = load_clips(found, (spec.width, spec.height))
    crop = (options.crop, options.crop) if options.crop else (spec.height, spec.width)
    sampler = Sampler(clips, spec.frames_in, crop, options.seed, options.paste)
    if len(trainer.hard_places) != len(clips):  # none yet, or the run goes on with other clips
        trainer.hard_places = [np.empty((0, 3), np.float32)] * len(clips)
    sampler.set_hard_places(trainer.hard_places)
    while trainer.step < options.steps:
        if options.mine_steps and trainer.step and trainer.step % options.mine_steps == 0:
            trainer.hard_places = mine(trainer.average, clips, trainer.step, options.bf16)
            sampler.set_hard_places(trainer.hard_places)
        started, losses = time.monotonic(), []
        stop = min(options.steps, trainer.step + options.epoch_steps)
        while trainer.step < stop:
            prepared = _prepare(sampler, options, trainer.step, spec.background == "concat")
            losses.append(trainer.train_step(prepared))
        spent = time.monotonic() - started
        trainer.elapsed_s += spent
        trainer.save()
        report = EpochReport(
            trainer.step,
            float(np.mean(losses)),
            learning_rate(options, trainer.step),
            len(losses) * options.batch_size / spent,
            trainer.elapsed_s,
        )
        with (options.output / "log.jsonl").open("a") as log:
            log.write(json.dumps(asdict(report)) + "\n")
        if progress:
            progress(report)
    return options.output / "last.safetensors"


def _prepare(
    sampler: Sampler, options: TrainOptions, step: int, background: bool
) -> tuple[torch.Tensor, ...]:
    """The input, target and frame weights of one step."""
    batch = sampler.batch(step, options.batch_size)
    rng = np.random.default_rng([options.seed, step, 1])
    strength = min(1.0, step / (options.steps * EASY_PART))
    height, width = batch.frames.shape[-2:]
    x = network_input(batch.frames, batch.background if background else None)
    x = augment(x, rng, strength)
    if background:
        x = difference_input(x)
    target = disc_heatmaps(batch.xy, height, width)
    if strength == 1.0 and rng.random() < options.mixup:
        x, target = mixup(x, target, rng)
    return x, target, batch.frame_weight
