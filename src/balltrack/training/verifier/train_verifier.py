"""Train the verifier on what a network takes for the ball, resumable after any epoch."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from balltrack.errors import TrainingStopped
from balltrack.models.verifier import Verifier
from balltrack.options import Ensemble, TrackOptions
from balltrack.runtimes.device import choose_device
from balltrack.training.data.candidate_clips import CandidateClip, seen_clips
from balltrack.training.data.clips import ClipFiles, find_clips
from balltrack.training.heatmaps.trainer import learning_rate
from balltrack.training.options import VerifierOptions
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
from balltrack.training.verifier.calibration import fit_belief
from balltrack.training.verifier.patch_batches import PatchSampler
from balltrack.training.verifier.patch_store import PatchStore, make_patch_store
from balltrack.verification.belief import belief_header
from balltrack.weights.checkpoints import load_verifier, save_checkpoint

TRAINING_ENSEMBLE: Ensemble = "nonoverlap"
"""Of the network whose candidates are learnt from: half the work, and more that is doubtful."""

BALL_WEIGHT = 5.0
"""What a cell with the ball counts beside one without: there are a hundred of these."""


@dataclass(frozen=True)
class VerifierReport:
    """One line of ``log.jsonl``."""

    step: int
    loss: float
    learning_rate: float
    patches_per_s: float
    elapsed_s: float


@dataclass(frozen=True)
class VerifierMessage:
    """A line on what goes before and after the training."""

    message: str


Progress = Callable[[VerifierReport | VerifierMessage], None]


class VerifierTrainer:
    """A run's state: network, averaged network, optimiser and the step they have reached."""

    def __init__(self, options: VerifierOptions, store: PatchStore) -> None:
        self.options = options
        self.device = torch.device(choose_device(options.device))
        self.sampler = PatchSampler(store, options.seed, self.device)
        torch.manual_seed(options.seed)
        self.network = Verifier().to(self.device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        averaging = get_ema_multi_avg_fn(options.ema)  # type: ignore[no-untyped-call]
        self.average = AveragedModel(self.network, multi_avg_fn=averaging, use_buffers=True)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), weight_decay=options.weight_decay, fused=True
        )
        self.step = 0
        self.elapsed_s = 0.0

    def run_epoch(self, stop: StopRequest) -> VerifierReport:
        """Train to the next checkpoint, or to where somebody asks to end."""
        options, first, started = self.options, self.step, time.monotonic()
        end = min(options.steps, (first // options.epoch_steps + 1) * options.epoch_steps)
        self.network.train()
        total = torch.zeros((), device=self.device)
        while self.step < end and stop.number is None:
            total += self._train_step()
            self.step += 1
        spent = time.monotonic() - started
        self.elapsed_s += spent
        steps = max(1, self.step - first)
        return VerifierReport(
            self.step,
            float(total) / steps,
            learning_rate(options, self.step),
            steps * options.batch_size / spent,
            self.elapsed_s,
        )

    def _train_step(self) -> torch.Tensor:
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.options, self.step)
        patches, target = self.sampler.batch(self.step, self.options.batch_size)
        logits = self.network(patches)
        loss = functional.binary_cross_entropy_with_logits(
            logits, target, weight=1 + (BALL_WEIGHT - 1) * target
        )
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.average.update_parameters(self.network)
        return loss.detach()

    def save(self) -> None:
        """Write ``last.safetensors`` (averaged) and ``state.pt`` (to resume)."""
        state = {
            "step": self.step,
            "elapsed_s": self.elapsed_s,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        save_run(self.options.output, self.average.module, self.header(), state)

    def header(self) -> dict[str, str]:
        """What the weights file says of the run."""
        described = {
            key: str(value)
            for key, value in asdict(self.options).items()
            if key not in ("data", "output")
        }
        return {"training": json.dumps(described), "step": str(self.step)}

    def resume(self) -> None:
        """Continue from ``state.pt`` if the output folder has one."""
        parts: dict[str, Stateful] = {
            "network": self.network,
            "average": self.average,
            "optimiser": self.optimiser,
        }
        state = load_state(self.options.output, self.device, parts)
        if state is None:
            return
        self.step, self.elapsed_s = state["step"], state["elapsed_s"]
        if not agree(self.options.output, "step", self.step):
            self.save()  # killed between the two files


def train_verifier(options: VerifierOptions, progress: Progress | None = None) -> Path:
    """Train to ``options.steps``, resuming what ``options.output`` already holds.

    At the end it is found out on the dev clips how far the verifier is to be believed.

    Returns:
        The path of ``last.safetensors``.

    Raises:
        DatasetError: no labelled clips, or a state of another network in the folder.
        OutputError: the output folder cannot be written.
        TrainingStopped: a signal asked to end; the state is saved.
    """

    def say(message: str) -> None:
        if progress:
            progress(VerifierMessage(message))

    found = find_clips(options.data, "train", options.sports)
    make_folder(options.output)
    with StopRequest() as stop:
        store = make_patch_store(
            options.output,
            lambda: stop.until(_seen(found, options, say, TRAINING_ENSEMBLE)),
            sorted({files.sport for files in found}),
            options.seed,
        )
        trainer = VerifierTrainer(options, store)
        trainer.resume()
        while trainer.step < options.steps:
            report = trainer.run_epoch(stop)
            trainer.save()
            append_log(options.output, report)
            if progress:
                progress(report)
            if stop.number is not None and trainer.step < options.steps:
                raise TrainingStopped(
                    f"{options.output}: stopped after step {trainer.step} of {options.steps} and "
                    "saved; the same command goes on from there",
                    stop.number,
                )
    path = options.output / WEIGHTS
    judging = find_clips(options.data, "dev", options.sports)
    seen = {
        name: list(_seen(judging, replace(options, initial=name), say))
        for name in (options.initial, *options.serves)
    }
    belief = fit_belief(path, seen, say)
    network, _ = load_verifier(str(path))
    save_checkpoint(path, network, trainer.header() | belief_header(belief))
    return path


def _seen(
    found: list[ClipFiles],
    options: VerifierOptions,
    say: Callable[[str], None],
    ensemble: Ensemble = TrackOptions.ensemble,
) -> Iterator[tuple[ClipFiles, CandidateClip]]:
    tracking = TrackOptions(weights=options.initial, device=options.device, ensemble=ensemble)
    for number, (files, clip) in enumerate(seen_clips(found, tracking), start=1):
        say(f"candidates of clip {number} of {len(found)}")
        yield files, clip
