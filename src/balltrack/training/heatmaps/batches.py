"""What one training step is fed, made on the device that trains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from balltrack.models.inputs import arrange, network_input
from balltrack.models.specs import NetworkSpec
from balltrack.models.targets import make_target
from balltrack.runtimes.on_torch.to_device import to_device
from balltrack.training.data.frame_store import FrameStore
from balltrack.training.heatmaps.augmentation import expose, mixup, spoil
from balltrack.training.heatmaps.cutting import cut_windows
from balltrack.training.heatmaps.differencing import beside_background
from balltrack.training.heatmaps.sampling import Sampler
from balltrack.training.options import TrainOptions

EASY_PART = 1 / 3
"""Share of the steps over which rare augmentations grow to full strength, without mixup."""


@dataclass(frozen=True)
class Batch:
    """Attributes:
    x: (B, spec.in_channels, h, w) float32, channels last, see `differencing`.
    target: (B, spec.frames_out, h, w) float32 heatmaps.
    frame_weight: (B, spec.frames_out) float32, 0 for frames without a label.
    """

    x: torch.Tensor
    target: torch.Tensor
    frame_weight: torch.Tensor


class BatchMaker:
    """Makes the same batch for the same step, on whichever device.

    On a GPU everything is only launched, so that the next batch is being made while the
    network works on the last.

    Args:
        store: the clips.
        options: of the run.
        spec: of the network.
        device: of the batches.
        places: of each step's batch that are wanted here.
    """

    def __init__(
        self,
        store: FrameStore,
        options: TrainOptions,
        spec: NetworkSpec,
        device: torch.device,
        places: range,
    ) -> None:
        self.options = options
        self.spec = spec
        self.device = device
        self.places = places
        self.store = store
        self.crop = (options.crop, options.crop) if options.crop else (spec.height, spec.width)
        self.sampler = Sampler(
            store, spec.frames_in, self.crop, options.seed, options.paste, options.empty
        )

    def batch(self, step: int) -> Batch:
        """The batch of one step."""
        strength = min(1.0, step / (self.options.steps * EASY_PART))
        windows = self.sampler.windows(step, self.places, strength)
        changes = [window.changes for window in windows]
        images = cut_windows(self.store, windows, self.crop, self.device)
        spoil(images, changes)
        background = self.spec.background != "none"
        # the background is the first image already
        x = expose(network_input(images if background else images[:, 1:], None), changes)
        if background:
            x = beside_background(x, self.spec.background)
        answered = self.spec.answered
        xy = np.stack([window.xy[answered] for window in windows])
        weight = np.stack([window.weight[answered] for window in windows])
        target = make_target(to_device(torch.from_numpy(xy), self.device), *self.crop, self.spec)
        if strength == 1.0 and self._mixes(step):
            ratio = to_device(torch.tensor([window.ratio for window in windows]), self.device)
            x, target = mixup(x, target, ratio)
        return Batch(
            arrange(x, self.spec), target, to_device(torch.from_numpy(weight), self.device)
        )

    def _mixes(self, step: int) -> bool:
        """Whether this step's batch is mixed, in every process alike."""
        rng = np.random.default_rng([self.options.seed, step])
        return bool(rng.random() < self.options.mixup)
