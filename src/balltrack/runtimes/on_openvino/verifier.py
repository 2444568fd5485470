"""Patches → verdicts with OpenVINO on the CPU, without torch once the verifier was converted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from balltrack.runtimes.device import NumberFormat
from balltrack.runtimes.on_openvino.runtime import BytesRequest, compile_model, kept_model, ov
from balltrack.verification.belief import Belief
from balltrack.verification.patches import Patches
from balltrack.weights.handle import Weights

FORMAT = "3"
"""To be raised when the conversion changes, so that older files are not taken."""

BATCH = 8
"""Patches a call; in the last one of a batch some of an earlier one are judged again."""


class OpenVINOVerifier:
    """A converted verifier; a `CandidateVerifier`.

    Args:
        weights: a verifier's.
        belief: that goes with it.
        precision: to compute in; "int8" counts as the best that the CPU does without loss.
        threads: of the CPU; None takes one a core.
    """

    def __init__(
        self, weights: Weights, belief: Belief, precision: NumberFormat, threads: int | None
    ) -> None:
        self.belief = belief
        core = ov.Core()
        model = kept_model(core, weights, (ov.__version__, "verifier", FORMAT), _convert)
        self._request = BytesRequest(compile_model(core, model, precision, threads))

    def judge(self, patches: Patches) -> npt.NDArray[np.float32]:
        """See `CandidateVerifier`."""
        answers = []
        for first in range(0, len(patches), BATCH):
            batch = patches[first : first + BATCH]
            self._request.start(batch)  # type: ignore[arg-type]  # an array is a sequence, too
            answers.append(self._request.answer()[: len(batch)].copy())
        return np.concatenate(answers)


def _convert(weights: Weights, file: Path) -> None:
    from balltrack.runtimes.on_openvino.model import convert_verifier  # noqa: PLC0415

    convert_verifier(weights, file, BATCH)
