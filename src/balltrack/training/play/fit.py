"""Train the network that tells pictures of play from others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from balltrack.declaring import check_range
from balltrack.models.play.network import PlayNet
from balltrack.training.play.changes import other_picture, play_picture
from balltrack.training.play.stills import Still, find_videos, rendered_stills, stills
from balltrack.weights.checkpoints import save_checkpoint

BATCH = 32  # half of it play
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 0.02
SOFTENED = 0.02
"""What is said of a picture is taken to be wrong so often."""


@dataclass(frozen=True)
class PlayOptions:
    """How the play network is trained.

    Attributes:
        data: holds ``<sport>/<split>/<venue>/<clip>.mp4``.
        output: the weights file to write.
        splits: folders to train on.
        held_out: parts of names of venues that are not trained on.
        steps: of the optimiser.
        seed: of weights and pictures.
    """

    data: Path
    output: Path
    splits: Sequence[str] = ("train", "unlabelled")
    held_out: Sequence[str] = ()
    steps: int = 1400
    seed: int = 0

    def __post_init__(self) -> None:
        check_range("steps", self.steps, 1)
        check_range("seed", self.seed, 0)


def train_play(options: PlayOptions, report: Callable[[int, float], None] | None = None) -> Path:
    """Train on pictures of play and close-ups cut out of them; gives back the weights' path.

    Args:
        options: what to train on.
        report: is told the step and the loss, every hundredth step.

    Raises:
        DatasetError: no videos.
        VideoError: one cannot be read.
        OutputError: the weights cannot be written.
    """
    rng = np.random.default_rng(options.seed)
    torch.manual_seed(options.seed)
    draw = _Drawer(_read(options, rng), rng)
    network = PlayNet()
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, options.steps)
    wanted = torch.cat([torch.zeros(BATCH // 2), torch.ones(BATCH // 2)])
    wanted = wanted * (1 - 2 * SOFTENED) + SOFTENED
    for step in range(1, options.steps + 1):
        loss = functional.binary_cross_entropy_with_logits(network(draw.batch()), wanted)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimiser.step()
        schedule.step()
        if report is not None and step % 100 == 0:
            report(step, loss.item())
    notes = {"steps": str(options.steps), "seed": str(options.seed)}
    save_checkpoint(options.output, network.folded(), notes)
    return options.output


def _read(options: PlayOptions, rng: np.random.Generator) -> list[Still]:
    videos = find_videos(options.data, options.splits)
    kept = [path for path in videos if not any(part in str(path) for part in options.held_out)]
    return [*(still for path in kept for still in stills(path, rng)), *rendered_stills(rng)]


class _Drawer:
    """Batches in which venues with many clips do not outweigh the others by as much."""

    def __init__(self, found: Sequence[Still], rng: np.random.Generator) -> None:
        venues = sorted({still.venue for still in found})
        self._venues = [[still for still in found if still.venue == name] for name in venues]
        shares = np.sqrt([len(venue) for venue in self._venues])
        self._shares = shares / shares.sum()
        self._rng = rng

    def batch(self) -> torch.Tensor:
        """(32, 3, 72, 128) in [-0.5, 0.5], the first half of play."""
        shown = [play_picture(self._still(), self._rng) for _ in range(BATCH // 2)]
        shown += [other_picture(self._still(), self._rng) for _ in range(BATCH // 2)]
        return torch.from_numpy(np.stack(shown).transpose(0, 3, 1, 2) - np.float32(0.5))

    def _still(self) -> Still:
        venue = self._venues[self._rng.choice(len(self._venues), p=self._shares)]
        return venue[self._rng.integers(len(venue))]
