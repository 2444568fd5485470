"""A network that learns what a better one sees, beside what people marked.

After Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network" (2015). The teacher
looks at the very crops that the pupil is shown, and a pixel is to be what lies between the label's
answer and the teacher's. Frames that nobody labelled teach nothing.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from balltrack.errors import OptionError
from balltrack.models.specs import NetworkSpec
from balltrack.training.heatmaps.differencing import unfold_difference
from balltrack.weights.checkpoints import load_network


class Teacher:
    """Weights that a network is trained to agree with.

    Args:
        weights: a registered name or a file.
        pupil: the network that learns; the teacher may differ from it in its layers alone.
        share: of the teacher in a target, in [0, 1]; the rest is the label's.
        device: that trains.
        bf16: computes in bfloat16.

    Raises:
        OptionError: the teacher is shown other windows, or answers otherwise.
        WeightsError: there are no such weights.
    """

    def __init__(
        self, weights: str, pupil: NetworkSpec, share: float, device: torch.device, bf16: bool
    ) -> None:
        network, _ = load_network(weights)
        if _seen_and_answered(network.spec) != _seen_and_answered(pupil):
            raise OptionError(
                f"{weights}: a {network.spec.name} sees or answers otherwise than a {pupil.name} "
                "and cannot teach it"
            )
        if pupil.background == "concat":
            unfold_difference(network)
        network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network = network.eval().requires_grad_(False)
        self.share = share
        self.bf16 = bf16

    @torch.no_grad()
    def between(self, x: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """What the pupil is to answer.

        Args:
            x: (B, C, h, w), what the pupil is shown.
            target: (B, L, h, w) in [0, 1], what the labels say.

        Returns:
            (B, L, h, w) float32 in [0, 1], ``share`` of it the teacher's.
        """
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self.bf16):
            logits = self.network(x)
        return torch.lerp(target, logits.float().sigmoid(), self.share)


def _seen_and_answered(spec: NetworkSpec) -> NetworkSpec:
    """``spec`` without what it has inside."""
    return replace(
        spec, name="", base_width=1, stem_stride=1, block="conv-bn-relu", quarter_depth=3,
        skips=True, loss="bce", locate="centroid",
    )  # fmt: skip
