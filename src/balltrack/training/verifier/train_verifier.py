"""Train the verifier on what a network takes for the ball, resumable at any step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import torch
from torch.nn import functional

from balltrack.models.verifier.network import Verifier
from balltrack.options import Ensemble, TrackOptions
from balltrack.runtimes.device import choose_device
from balltrack.training.data.candidate_clips import CandidateClip, seen_clips
from balltrack.training.data.clips import ClipFiles, find_clips
from balltrack.training.options import VerifierOptions
from balltrack.training.run.loop import Progress, Run
from balltrack.training.run.origin import clips_digest
from balltrack.training.run.schedule import Schedule
from balltrack.training.run.stopping import StopRequest
from balltrack.training.verifier.calibration import fit_belief
from balltrack.training.verifier.patch_batches import PatchSampler
from balltrack.training.verifier.patch_store import make_patch_store
from balltrack.verification.belief import belief_header
from balltrack.weights.checkpoints import load_verifier, save_checkpoint
from balltrack.weights.handle import open_weights

TRAINING_ENSEMBLE: Ensemble = "nonoverlap"
"""Of the network whose candidates are learnt from: half the work, and more that is doubtful."""

BALL_WEIGHT = 5.0
"""What a cell with the ball counts beside one without: there are a hundred of these."""


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
    say: Callable[[str], None] = progress or (lambda _: None)
    device = torch.device(choose_device(options.device))
    found = find_clips(options.data, "train", options.sports)
    origin = _origin(found, options)
    run = start_run(options, device)
    run.resume()
    with StopRequest() as stop:
        store = make_patch_store(
            options.output,
            lambda: stop.until(_seen(found, options, say, TRAINING_ENSEMBLE)),
            sorted({files.sport for files in found}),
            options.seed,
            origin,
        )
        sampler = PatchSampler(store, options.seed, device)
        path = run.train(VerifierLoss(run, sampler), stop, progress)
    judging = find_clips(options.data, "dev", options.sports)
    seen = {
        name: list(_seen(judging, replace(options, initial=name), say))
        for name in (options.initial, *options.serves)
    }
    belief = fit_belief(path, seen, say)
    network, _ = load_verifier(str(path))
    save_checkpoint(path, network, run.header() | belief_header(belief))
    return path


def start_run(options: VerifierOptions, device: torch.device) -> Run:
    """The run at its beginning, nothing trained yet."""
    torch.manual_seed(options.seed)
    network = Verifier().to(device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Run(
        options,
        network,
        torch.optim.AdamW(network.parameters(), weight_decay=options.weight_decay, fused=True),
        Schedule(options.steps, options.learning_rate, options.warmup),
        options.ema,
    )


class VerifierLoss:
    """What a step's patches are to lower; waits for no GPU."""

    def __init__(self, run: Run, sampler: PatchSampler) -> None:
        self.network, self.sampler = run.network, sampler
        self.batch_size = run.options.batch_size

    def __call__(self, step: int) -> dict[str, torch.Tensor]:
        """The loss of a batch, a scalar."""
        patches, target = self.sampler.batch(step, self.batch_size)
        logits = self.network(patches)
        loss = functional.binary_cross_entropy_with_logits(
            logits, target, weight=1 + (BALL_WEIGHT - 1) * target
        )
        return {"loss": loss}


def _origin(found: list[ClipFiles], options: VerifierOptions) -> dict[str, str]:
    """What the patches depend on."""
    return {
        "set of clips (DATA, --sports)": clips_digest(found),
        "network (--initial)": open_weights(options.initial).sha256,
        "--seed": str(options.seed),
    }


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
