"""Train InpaintNet on labelled trajectories, resumable after any epoch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from balltrack.geometry import PAPER_GRID
from balltrack.models.trajectory.inpaintnet import InpaintNet
from balltrack.models.trajectory.inpaintnet_arrays import SEQUENCE_LENGTH
from balltrack.structures import FloatArray
from balltrack.training.inpainting.hiding import Hider, Mask, read_trajectories
from balltrack.training.options import InpaintingOptions
from balltrack.training.run.loop import Progress, Run
from balltrack.training.run.schedule import Schedule
from balltrack.training.run.stopping import StopRequest
from balltrack.trajectory.inpainting import CONTEXT, frame_of, network_rows

WARMUP_STEPS = 100

LENGTHS = (SEQUENCE_LENGTH, SEQUENCE_LENGTH, SEQUENCE_LENGTH + 2 * CONTEXT)
"""Rows of the windows, batch by batch: upstream's, which serves gaps up to 8, and longer."""


def train_inpainting(options: InpaintingOptions, progress: Progress | None = None) -> Path:
    """Train to ``options.steps``, resuming what ``options.output`` already holds.

    Beside the loss it is reported how far the answers on hidden rows are off, ``error_px``,
    pixels of the 512x288 grid.

    Returns:
        The path of ``last.safetensors``.

    Raises:
        DatasetError: no label tables, or a state of another network in the folder.
        OutputError: the output folder cannot be written.
        TrainingStopped: a signal asked to end; the epoch was finished and saved.
    """
    hider = Hider(read_trajectories(options.data, options.held_out), options.longest)
    torch.manual_seed(options.seed)
    network = InpaintNet(options.coordinates)
    run = Run(
        options,
        network,
        torch.optim.AdamW(network.parameters(), weight_decay=options.weight_decay),
        Schedule(options.steps, options.learning_rate, WARMUP_STEPS, falling=1.0),
        ema=0.0,
    )
    run.resume()
    with StopRequest() as stop:
        # an epoch's batches are drawn one from the other, so that none can begin in its middle
        return run.train(
            InpaintingLoss(network, hider, options), stop, progress, stop_every=options.epoch_steps
        )


class InpaintingLoss:
    """What a step's batch is to lower; the same epoch draws the same batches, resumed or not."""

    def __init__(self, network: InpaintNet, hider: Hider, options: InpaintingOptions) -> None:
        self.network, self.hider, self.options = network, hider, options
        self._rng: np.random.Generator | None = None

    def __call__(self, step: int) -> dict[str, torch.Tensor]:
        """``loss``, and ``error_px``, the mean distance on the hidden rows; scalars."""
        epoch, number = divmod(step, self.options.epoch_steps)
        if self._rng is None or number == 0:
            self._rng = np.random.default_rng([self.options.seed, epoch])
        length = LENGTHS[number % len(LENGTHS)]
        windows, mask = self.hider.batch(self._rng, self.options.batch_size, length)
        error = self._error(windows, mask, self._rng)
        loss = functional.huber_loss(error, torch.zeros_like(error), delta=2.0)
        return {"loss": loss, "error_px": error.norm(dim=-1).mean()}

    def _error(self, windows: FloatArray, mask: Mask, rng: np.random.Generator) -> torch.Tensor:
        """(hidden rows, 2) from the true positions to the network's answers, pixels of the grid."""
        noise = rng.normal(0, self.options.jitter, windows.shape) / PAPER_GRID
        seen = np.where(mask[..., None], np.nan, windows + noise)
        centre, side = frame_of(seen, self.options.coordinates)
        rows = torch.from_numpy(network_rows((seen - centre) / side + 0.5, mask))
        hidden = torch.from_numpy(mask)
        scale = torch.from_numpy((side * PAPER_GRID).astype(np.float32))
        target = torch.from_numpy(((windows - centre) / side + 0.5).astype(np.float32))
        error: torch.Tensor = ((self.network(rows) - target) * scale)[hidden]
        return error
