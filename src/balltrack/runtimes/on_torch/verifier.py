"""Patches → verdicts with torch, on whatever device it knows."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from balltrack.runtimes.device import NumberFormat
from balltrack.runtimes.on_torch.pictures import DevicePatches, DevicePictures
from balltrack.runtimes.on_torch.runtime import DTYPES, cuda_ready
from balltrack.verification.belief import Belief
from balltrack.verification.patches import Asked, Patches
from balltrack.weights.checkpoints import load_verifier
from balltrack.weights.handle import Weights


class TorchVerifier:
    """A `CandidateVerifier` on a torch device.

    Args:
        weights: a verifier's.
        belief: that goes with them.
        device: torch device.
        precision: to compute in; whole numbers count as fp32.
    """

    def __init__(
        self, weights: Weights, belief: Belief, device: str, precision: NumberFormat
    ) -> None:
        self.belief = belief
        self._device = torch.device(device)
        self._ready = cuda_ready if self._device.type == "cuda" else nullcontext
        self._dtype = DTYPES.get(precision, torch.float32)
        network: Any = load_verifier(weights)[0]  # torch leaves this `to` untyped
        self._network = network.to(self._device, memory_format=torch.channels_last)

    def judge(self, patches: Patches) -> npt.NDArray[np.float32]:
        """See `CandidateVerifier`."""
        return self._judge(torch.from_numpy(patches).to(self._device))

    def _judge(self, pixels: torch.Tensor) -> npt.NDArray[np.float32]:
        lower = torch.autocast(self._device.type, self._dtype, enabled=self._dtype != torch.float32)
        with torch.inference_mode(), self._ready(str(self._device)):
            with lower:
                logits = self._network(pixels)
            return np.asarray(self._network.verdicts(logits.float()).cpu().numpy())


class CuttingVerifier(TorchVerifier):
    """A `CutsItself`; arguments as those of `TorchVerifier`."""

    def __init__(
        self, weights: Weights, belief: Belief, device: str, precision: NumberFormat
    ) -> None:
        super().__init__(weights, belief, device, precision)
        self._pictures = DevicePictures(self._device)

    def cut(self, asked: Asked) -> DevicePatches:
        """See `CutsItself`."""
        with torch.inference_mode():
            return self._pictures.cut(asked)

    def judge(self, patches: Patches | DevicePatches) -> npt.NDArray[np.float32]:
        """See `CandidateVerifier`; also those that ``cut`` gives."""
        if isinstance(patches, DevicePatches):
            return self._judge(patches.pixels)
        return super().judge(patches)
