"""Where the network is wrong on its training clips, so that it is shown those places again.

Crops around balls hardly ever show an umpire's hand or a spectator's phone; on whole frames
these are what is taken for a ball. (Balls that were missed are not shown more often: with a third
of the samples so chosen the training clips were learnt by heart.)
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import torch

from balltrack.detection.blobs import find_candidates
from balltrack.models.inputs import arrange, network_input
from balltrack.models.network import HeatmapNetwork
from balltrack.training.data.clips import Clip
from balltrack.training.heatmaps.differencing import beside_background

SCORE = 0.25
"""Score from which a wrong answer is worth showing again."""

CLEAR_OF_BALL = 8.0
"""Distance in network pixels from which an answer is not the ball."""

HardPlaces = npt.NDArray[np.float32]
"""(K, 3) of one clip: frame, x, y in network pixels."""


@torch.inference_mode()
def mine(
    network: HeatmapNetwork, clips: Iterable[Clip], first_frame: int, bf16: bool
) -> list[HardPlaces]:
    """Run the network over every second window of whole frames and collect its wrong answers.

    Args:
        network: in eval mode, not folded (see `differencing`), on the device to use.
        clips: labelled clips.
        first_frame: where the first window begins; vary it to see other frames.
        bf16: autocast to bfloat16.

    Returns:
        For each clip the places that scored at least `SCORE` on a labelled frame and lie
        clear of its ball.
    """
    return [_mine_clip(network, clip, first_frame, bf16) for clip in clips]


def _mine_clip(network: HeatmapNetwork, clip: Clip, first_frame: int, bf16: bool) -> HardPlaces:
    spec = network.spec
    device = next(network.parameters()).device
    places = []
    for start in range(first_frame % spec.frames_in, len(clip), 2 * spec.frames_in):
        index = np.minimum(start + np.arange(spec.frames_in), len(clip) - 1)
        frames = clip.frames[index][None].to(device)
        if spec.background != "none":
            x = network_input(frames, clip.backgrounds[:1].to(device))
            x = beside_background(x, spec.background)
        else:
            x = network_input(frames, None)
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            x = arrange(x, spec).contiguous(memory_format=torch.channels_last)
            logits = network(x)
        heatmaps = network.heatmaps(logits.float())[0].cpu().contiguous().numpy()
        for i, heatmap in zip(index[spec.answered], heatmaps, strict=True):
            places += _wrong_answers(clip, int(i), heatmap)
    return np.array(places, dtype=np.float32).reshape(-1, 3)


def _wrong_answers(
    clip: Clip, frame: int, heatmap: npt.NDArray[np.float32]
) -> list[tuple[int, float, float]]:
    if not clip.labelled[frame]:
        return []
    x, y = clip.xy[frame].tolist()
    return [
        (frame, blob.x, blob.y)
        for blob in find_candidates(heatmap, low_threshold=SCORE)
        # an unseen ball is NaN: not "near" anything
        if not math.hypot(blob.x - x, blob.y - y) < CLEAR_OF_BALL
    ]
