"""Patches → verdicts, with the library that runs the heatmap network."""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt

from balltrack.inference.device import NumberFormat
from balltrack.inference.patches import Patches
from balltrack.inference.runtime import Runtime
from balltrack.inference.verification import CandidateVerifier
from balltrack.models.patches import Belief
from balltrack.weights.registry import find_weights
from balltrack.weights.verifiers import read_belief


def load_verifier(weights: str, runtime: Runtime) -> CandidateVerifier | None:
    """The verifier of a registered name or of a file, where and with what ``runtime`` computes.

    None where "none" is asked for.

    Raises:
        UnknownNameError, WeightsError: no such weights, or not a verifier.
    """
    if weights == "none":
        return None
    belief = read_belief(weights)
    path = find_weights(weights)
    if runtime.name == "openvino":
        from balltrack.inference.runtimes.openvino_verifier import (  # noqa: PLC0415
            OpenVINOVerifier,
        )

        return OpenVINOVerifier(path, belief, runtime.precision, runtime.threads)
    return TorchVerifier(os.fspath(path), belief, runtime.device, runtime.precision)


class TorchVerifier:
    """On a torch device.

    Args:
        weights: a verifier's.
        belief: that goes with them.
        device: torch device.
        precision: to compute in; whole numbers count as fp32.
    """

    def __init__(self, weights: str, belief: Belief, device: str, precision: NumberFormat) -> None:
        import torch  # noqa: PLC0415  # not where OpenVINO runs

        from balltrack.inference.runtimes.torch_runtime import cuda_ready  # noqa: PLC0415
        from balltrack.weights import checkpoints  # noqa: PLC0415

        self.belief = belief
        self._torch = torch
        self._device = torch.device(device)
        self._ready = cuda_ready if self._device.type == "cuda" else nullcontext
        self._dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision)
        network: Any = checkpoints.load_verifier(weights)[0]  # torch leaves this `to` untyped
        self._network = network.to(self._device, memory_format=torch.channels_last)

    def judge(self, patches: Patches) -> npt.NDArray[np.float32]:
        """See `CandidateVerifier`."""
        torch = self._torch
        lower = torch.autocast(self._device.type, self._dtype, enabled=self._dtype is not None)
        with torch.inference_mode(), self._ready(str(self._device)):
            with lower:
                logits = self._network(torch.from_numpy(patches).to(self._device))
            return np.asarray(self._network.verdicts(logits.float()).cpu().numpy())
