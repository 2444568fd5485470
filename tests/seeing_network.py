"""A network that sees what is bright, made by hand: no training, no chance, real weights files.

Its answer for a pixel goes with the pixel's own brightness, so that a clip can say how sure the
network is of a ball: `grey` is the brightness that gives a score.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import torch

from balltrack.geometry import Fit
from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.weights.checkpoints import save_checkpoint

SIZE = (256, 144)
FRAMES = 4
GAIN, HALF_SURE = 20.0, 0.7
"""The score of brightness b, 0 to 1, is sigmoid(GAIN * (b - HALF_SURE))."""

LINKING = {
    "score_offset": -0.25,
    "score_slope": 2.0,
    "start_cost": 6.0,
    "miss_cost": 0.5,
    "motion_weight": 0.3,
    "jitter": 0.004,
    "fill_score": 0.11,
}
"""What linking believes of it; what is fitted to shipped networks may change under the tests."""


def grey(score: float) -> int:
    """The brightness, 0 to 255, of a ball that the network scores so."""
    return round(255 * (HALF_SURE + math.log(score / (1 - score)) / GAIN))


def save_seeing(
    path: Path,
    *,
    colour: Sequence[float] = (1 / 3, 1 / 3, 1 / 3),
    sureness: Sequence[float] = (0.0,) * FRAMES,
    size: tuple[int, int] = SIZE,
    fit: Fit = "stretch",
    **linking: float,
) -> Path:
    """Write the weights.

    Args:
        path: of the file.
        colour: what red, green and blue count.
        sureness: added to the logits by a frame's place in the window.
        size: (width, height) of the pictures it looks at.
        fit: how pictures of another shape come to that size.
        linking: what differs from `LINKING`.
    """
    width, height = size
    spec = NetworkSpec("seeing", FRAMES, FRAMES, height, width, base_width=FRAMES, fit=fit)
    network = TrackNet(spec).eval()
    with torch.no_grad():
        for tensor in network.parameters():
            tensor.zero_()
        first, second = network.down_block_1.children()
        third, fourth = network.up_block_3.children()
        for block in (first, second, third, fourth):
            block.bn.weight.fill_(1.0)
            block.bn.running_var.fill_(1.0 - block.bn.eps)
        for frame in range(FRAMES):
            first.conv.weight[frame, 3 * frame : 3 * frame + 3, 1, 1] = torch.tensor(colour)
            second.conv.weight[frame, frame, 1, 1] = 1.0
            third.conv.weight[frame, 2 * FRAMES + frame, 1, 1] = 1.0  # past the upsampled
            fourth.conv.weight[frame, frame, 1, 1] = 1.0
            network.predictor.weight[frame, frame] = GAIN
            network.predictor.bias[frame] = sureness[frame] - GAIN * HALF_SURE
    save_checkpoint(path, network, {"linking": json.dumps(LINKING | linking)})
    return path
