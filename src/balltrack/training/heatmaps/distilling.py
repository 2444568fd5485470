"""A network that learns what a better one sees, beside what people marked.

After Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network" (2015). The teacher
looks at the very crops that the pupil is shown, and is heard on the frames on which it is right.
How far the pupil is from it is told by the plain cross-entropy, which is least where both answer
the same; TrackNet's weighted one is least far above a target between 0 and 1, so that with it an
empty court glowed. Frames that nobody labelled teach nothing.
"""

from __future__ import annotations

import torch

from balltrack.errors import OptionError
from balltrack.models.specs import NetworkSpec
from balltrack.training.heatmaps.differencing import unfold_difference
from balltrack.weights.checkpoints import load_network

SHARED = ("frames_in", "frames_out", "height", "width", "background", "order", "colour",
          "normalise", "fit", "target", "sigma")  # fmt: skip
"""Fields of `NetworkSpec` in which a teacher is as its pupil: what both see and answer."""


class Teacher:
    """Weights that a network is trained to agree with.

    Args:
        weights: a registered name or a file.
        pupil: the network that learns; the teacher may differ from it in its layers alone.
        device: that trains.
        bf16: computes in bfloat16.

    Raises:
        OptionError: the teacher is shown other windows, or answers otherwise.
        WeightsError: there are no such weights.
    """

    def __init__(self, weights: str, pupil: NetworkSpec, device: torch.device, bf16: bool) -> None:
        network, _ = load_network(weights)
        alike = all(getattr(network.spec, name) == getattr(pupil, name) for name in SHARED)
        if not alike or pupil.levels:  # grey levels are no heatmap
            raise OptionError(
                f"{weights}: a {network.spec.name} sees or answers otherwise than a {pupil.name} "
                "and cannot teach it"
            )
        if pupil.background == "concat":
            unfold_difference(network)
        network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network = network.eval().requires_grad_(False)
        self.bf16 = bf16

    @torch.no_grad()
    def answers(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, h, w), what the pupil is shown → (B, L, h, w) float32 heatmaps in [0, 1]."""
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self.bf16):
            logits: torch.Tensor = self.network(x)
        return logits.float().sigmoid()


def agreement(answers: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Where a teacher says what people marked: it knows nothing worth learning of the rest.

    Its answer has to be above a half somewhere on the ball, if there is one, and nowhere else.

    Args:
        answers, target: (B, L, h, w) heatmaps in [0, 1], the teacher's and the label's.

    Returns:
        (B, L) float32, 1 or 0.
    """
    ball = target > 0
    found = (answers * ball).amax((2, 3)) > 0.5
    elsewhere = (answers * ~ball).amax((2, 3)) > 0.5
    return ((found == ball.any(3).any(2)) & ~elsewhere).float()
