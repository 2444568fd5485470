"""One optimiser step, and everything that has to be kept for the next."""

from __future__ import annotations

import json
import math
from copy import deepcopy
from dataclasses import asdict

import torch
from torch import nn

from balltrack.errors import OptionError
from balltrack.models.build import build
from balltrack.models.losses import LOSSES
from balltrack.models.network import HeatmapNetwork
from balltrack.models.specs import SPECS, get_spec
from balltrack.training.heatmaps.batches import Batch
from balltrack.training.heatmaps.differencing import fold_difference, unfold_difference
from balltrack.training.heatmaps.inheriting import inherit, inherits
from balltrack.training.heatmaps.mining import HardPlaces
from balltrack.training.heatmaps.net2net import widen, widens
from balltrack.training.options import TrainOptions, VerifierOptions
from balltrack.training.run.distributed import Ranks
from balltrack.training.run.folder import Stateful, agree, load_state, save_run
from balltrack.weights.checkpoints import load_network

FINAL_PART = 0.4
"""Share of the steps in which the learning rate falls along a cosine; constant before, so
that a run can be prolonged or cut short from any earlier checkpoint."""


def learning_rate(options: TrainOptions | VerifierOptions, step: int) -> float:
    """Linear warm-up, constant, then a cosine to 1 % over the last `FINAL_PART`."""
    fall_from = options.steps * (1 - FINAL_PART)
    fallen = min(1.0, max(0.0, step - fall_from) / max(1.0, options.steps - fall_from))
    rise = min(1.0, (step + 1) / max(1, options.warmup))
    return options.learning_rate * rise * (0.01 + 0.99 * (1 + math.cos(math.pi * fallen)) / 2)


class Trainer:
    """A run's state: network, averaged network, optimiser and the step they have reached.

    Nothing in a step waits for a GPU.
    """

    def __init__(
        self, options: TrainOptions, device: torch.device, ranks: Ranks | None = None
    ) -> None:
        self.options = options
        self.device = device
        self.ranks = ranks or Ranks()
        torch.manual_seed(options.seed)
        network = _first_network(options)
        self.average = network.to(device).eval().requires_grad_(False)
        self.average.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network = self._trained_copy()
        self._compare = LOSSES[network.spec.loss]
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), weight_decay=options.weight_decay, fused=True
        )
        self._averaged = _floats_and_counters(self.average)
        self._current = _floats_and_counters(self.network)
        forward = self.ranks.wrap(self.network, device)
        self._forward = torch.compile(forward) if options.compile else forward
        torch.backends.cudnn.benchmark = device.type == "cuda"  # every batch is of one size
        self.step = 0
        self.elapsed_s = 0.0
        self.hard_places: list[HardPlaces] = []
        self._loss = torch.zeros((), device=device)
        self._losses = 0

    def _trained_copy(self) -> HeatmapNetwork:
        network = deepcopy(self.average).train().requires_grad_(True)
        if self.ranks.count > 1 and self.device.type == "cuda":  # torch has none for CPUs
            network = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
        return network

    def train_step(self, batch: Batch) -> None:
        """One optimiser step on this process's part of a batch."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.options, self.step)
        x = batch.x.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.options.bf16):
            logits = self._forward(x)
        total = self.ranks.mean(batch.frame_weight.sum())
        loss = self._compare(logits, batch.target, batch.frame_weight, total)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self._average()
        self._loss += loss.detach()
        self._losses += 1
        self.step += 1

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.options.ema, (1 + self.step) / (10 + self.step))
        floats, counters = self._averaged
        floats_now, counters_now = self._current
        torch._foreach_lerp_(floats, floats_now, 1 - decay)
        torch._foreach_copy_(counters, counters_now)

    def take_loss(self) -> float:
        """Mean loss of the steps since the last call; waits for the device."""
        mean = float(self.ranks.mean(self._loss / max(1, self._losses)))
        self._loss.zero_()
        self._losses = 0
        return mean

    def save(self) -> None:
        """Write ``last.safetensors`` (averaged, folded) and ``state.pt`` (to resume)."""
        network = deepcopy(self.average).cpu()
        if network.spec.background == "concat":
            fold_difference(network)
        described = {
            k: str(v) for k, v in asdict(self.options).items() if k not in ("data", "output")
        }
        state = {
            "step": self.step,
            "elapsed_s": self.elapsed_s,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "hard_places": [torch.from_numpy(places) for places in self.hard_places],
        }
        header = {"training": json.dumps(described), "step": str(self.step)}
        save_run(self.options.output, network, header, state)

    def resume(self) -> bool:
        """Continue from ``state.pt`` if the output folder has one."""
        parts: dict[str, Stateful] = {
            "network": self.network,
            "average": self.average,
            "optimiser": self.optimiser,
        }
        state = load_state(self.options.output, self.device, parts)
        if state is None:
            return False
        self.step, self.elapsed_s = state["step"], state["elapsed_s"]
        self.hard_places = [places.cpu().numpy() for places in state["hard_places"]]
        if self.ranks.first and not agree(self.options.output, "step", self.step):
            self.save()  # killed between the two files
        return True


def _first_network(options: TrainOptions) -> HeatmapNetwork:
    """A fresh one, or the one to begin with, widened where it is narrower than asked for."""
    spec = get_spec(options.network)
    if options.initial is None:
        return build(spec)
    network, _ = load_network(options.initial)
    if network.spec.background == "concat":
        unfold_difference(network)
    if network.spec.name == spec.name or network.spec.name not in SPECS:
        return network
    if inherits(network.spec, spec):
        return inherit(network, spec)
    if not widens(network.spec, spec):
        raise OptionError(
            f"{options.initial}: is a {network.spec.name} and cannot begin a {spec.name}; "
            f"give --network {network.spec.name}"
        )
    return widen(network, spec)


def _floats_and_counters(network: nn.Module) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """What is averaged, and what is copied; the tensors themselves, changed in place for good."""
    tensors = list(network.state_dict().values())
    return (
        [tensor for tensor in tensors if tensor.is_floating_point()],
        [tensor for tensor in tensors if not tensor.is_floating_point()],
    )
