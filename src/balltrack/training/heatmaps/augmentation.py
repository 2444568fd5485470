"""What a camera, an encoder and a broadcaster may do to the same rally.

Drawn sample by sample from the sample's own generator, on the CPU; applied to whole batches,
on the device. All images of a window change alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from balltrack.runtimes.on_torch.to_device import to_device
from balltrack.training.heatmaps.jpeg import compress

Drawn = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Changes:
    """Of one window; None leaves as it is.

    Attributes:
        colours: (3, 3) new colours from old ones.
        quality: of JPEG.
        blur: share of a 3x3 mean, 0 to 1.
        noise: standard deviation, 1 being white, and its seed.
        gain: (3,) by colour.
        offset: of all colours.
    """

    colours: Drawn | None
    quality: float | None
    blur: float | None
    noise: tuple[float, int] | None
    gain: Drawn
    offset: float


def draw_changes(rng: np.random.Generator, strength: float) -> Changes:
    """Draw one window's changes.

    Args:
        rng: source of every draw.
        strength: 0 to 1; scales how often the rare changes happen, so that training can
            start easy (permuted colours from the first step delay it).
    """
    colours = None
    if rng.random() < 0.1 * strength:
        colours = np.eye(3)[rng.permutation(3)]
    if rng.random() < 0.1 * strength:
        colours = np.full((3, 3), 1 / 3)  # grey, whatever the order was
    quality = float(rng.integers(20, 70)) if rng.random() < 0.15 * strength else None
    blur = rng.uniform(0.3, 1.0) if rng.random() < 0.15 * strength else None
    noise = None
    if rng.random() < 0.2 * strength:
        noise = rng.uniform(0.005, 0.03), int(rng.integers(2**31))
    gain = rng.uniform(0.7, 1.3) * rng.uniform(0.88, 1.12, 3)
    return Changes(colours, quality, blur, noise, gain, rng.uniform(-0.1, 0.1))


def spoil(images: torch.Tensor, changes: Sequence[Changes]) -> None:
    """The rare changes, in place: colours, compression, blur, noise.

    Args:
        images: (B, K, 3, h, w) uint8 RGB.
        changes: B of them.
    """
    steps: tuple[tuple[str, Callable[[torch.Tensor, list[Changes]], torch.Tensor]], ...] = (
        ("colours", _recolour),
        ("quality", _compress),
        ("blur", _blur),
        ("noise", _add_noise),
    )
    for name, step in steps:
        chosen = [i for i, one in enumerate(changes) if getattr(one, name) is not None]
        if chosen:
            index = to_device(torch.tensor(chosen), images.device)
            changed = step(images[index].float(), [changes[i] for i in chosen])
            images[index] = changed.round_().clamp_(0, 255).to(torch.uint8)


def expose(x: torch.Tensor, changes: Sequence[Changes]) -> torch.Tensor:
    """Gain and offset, in place: (B, C, h, w) float in [0, 1], C = 3 x images; returns it."""
    gain = np.array([np.tile(one.gain, x.shape[1] // 3) for one in changes], dtype=np.float32)
    offset = np.array([one.offset for one in changes], dtype=np.float32)
    x.mul_(to_device(torch.from_numpy(gain), x.device)[:, :, None, None])
    x.add_(to_device(torch.from_numpy(offset), x.device)[:, None, None, None])
    return x.clamp_(0.0, 1.0)


def mixup(
    x: torch.Tensor, target: torch.Tensor, ratio: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """TrackNetV3's sample mixup, inputs and targets alike, between neighbours of the batch.

    Neighbours, so that a batch that several processes share is mixed as one process would.

    Args:
        x, target: (B, ...); a last sample without a neighbour stays as it is.
        ratio: (B,) λ of each sample's own part, see `draw_ratio`.
    """
    paired = len(x) // 2 * 2
    own = ratio[:paired, None, None, None]

    def mix(values: torch.Tensor) -> torch.Tensor:
        pairs = values[:paired]
        other = pairs.view(-1, 2, *pairs.shape[1:]).flip(1).flatten(0, 1)
        return torch.cat([torch.lerp(other, pairs, own), values[paired:]])

    return mix(x), mix(target)


def draw_ratio(rng: np.random.Generator, alpha: float = 0.5) -> float:
    """TrackNetV3's λ ~ Beta(α, α), λ ← max(λ, 1-λ)."""
    drawn = float(rng.beta(alpha, alpha))
    return max(drawn, 1 - drawn)


def _recolour(images: torch.Tensor, changes: list[Changes]) -> torch.Tensor:
    matrices = np.array([one.colours for one in changes], dtype=np.float32)
    matrix = to_device(torch.from_numpy(matrices), images.device)[:, None]  # (B, 1, 3, 3)
    return torch.matmul(matrix, images.flatten(3)).view_as(images)


def _compress(images: torch.Tensor, changes: list[Changes]) -> torch.Tensor:
    return compress(images, torch.tensor([one.quality for one in changes]))


def _blur(images: torch.Tensor, changes: list[Changes]) -> torch.Tensor:
    amount = to_device(torch.tensor([one.blur for one in changes]), images.device)
    flat = images.flatten(1, 2)
    smooth = functional.avg_pool2d(functional.pad(flat, (1, 1, 1, 1), mode="replicate"), 3, 1)
    return torch.lerp(flat, smooth, amount[:, None, None, None]).view_as(images)


def _add_noise(images: torch.Tensor, changes: list[Changes]) -> torch.Tensor:
    """From a generator for each window, so that it does not hang on the rest of the batch."""
    generator = torch.Generator(images.device)
    for sample, one in zip(images, changes, strict=True):
        assert one.noise is not None
        deviation, seed = one.noise
        generator.manual_seed(seed)
        noise = torch.randn(sample.shape, generator=generator, device=images.device)
        sample.add_(noise, alpha=255 * deviation)
    return images
