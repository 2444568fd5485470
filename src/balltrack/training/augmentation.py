"""What a camera, an encoder and a broadcaster may do to the same rally.

Works on the network's input, (B, C, h, w) float32 in [0, 1] with C = 3 x images, so that
all images of a window change alike; returns a tensor of the same shape.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch.nn import functional


def augment(x: torch.Tensor, rng: np.random.Generator, strength: float) -> torch.Tensor:
    """Colour, blur, noise and compression.

    Args:
        x: (B, C, h, w) in [0, 1].
        rng: source of every draw.
        strength: 0 to 1; scales how often the rare changes happen, so that training can
            start easy (permuted colours from the first step delay it).
    """
    batch, channels = x.shape[:2]
    images = x.view(batch, channels // 3, 3, *x.shape[2:])
    for sample in images:
        if rng.random() < 0.1 * strength:
            sample.copy_(sample[:, torch.from_numpy(rng.permutation(3))].clone())
        if rng.random() < 0.1 * strength:
            sample.copy_(sample.mean(dim=1, keepdim=True).expand_as(sample).clone())
        if rng.random() < 0.15 * strength:
            _compress(sample, int(rng.integers(20, 70)))
        if rng.random() < 0.15 * strength:
            sample.copy_(_blur(sample, float(rng.uniform(0.3, 1.0))))
        if rng.random() < 0.2 * strength:
            noise = np.random.default_rng(rng.integers(2**32)).standard_normal(
                sample.shape, dtype=np.float32
            )
            sample.add_(torch.from_numpy(noise), alpha=float(rng.uniform(0.005, 0.03)))
    gain = rng.uniform(0.7, 1.3, (batch, 1, 1, 1, 1)) * rng.uniform(0.88, 1.12, (batch, 1, 3, 1, 1))
    offset = rng.uniform(-0.1, 0.1, (batch, 1, 1, 1, 1))
    images.mul_(torch.from_numpy(gain.astype(np.float32)))
    images.add_(torch.from_numpy(offset.astype(np.float32)))
    return x.clamp_(0.0, 1.0)


def mixup(
    x: torch.Tensor, target: torch.Tensor, rng: np.random.Generator, alpha: float = 0.5
) -> tuple[torch.Tensor, torch.Tensor]:
    """TrackNetV3's sample mixup: λ ~ Beta(α, α), λ ← max(λ, 1-λ), inputs and targets alike."""
    drawn = rng.beta(alpha, alpha, len(x)).astype(np.float32)
    ratio = torch.from_numpy(np.maximum(drawn, 1 - drawn))[:, None, None, None]
    other = torch.from_numpy(rng.permutation(len(x)))
    return (
        x * ratio + x[other] * (1 - ratio),
        target * ratio + target[other] * (1 - ratio),
    )


def _blur(sample: torch.Tensor, amount: float) -> torch.Tensor:
    flat = sample.flatten(0, 1)[None]
    smooth = functional.avg_pool2d(functional.pad(flat, (1, 1, 1, 1), mode="replicate"), 3, 1)
    return torch.lerp(flat, smooth, amount)[0].view_as(sample)


def _compress(sample: torch.Tensor, quality: int) -> None:
    """JPEG and back, image by image: the blocks and ringing of a low bit rate."""
    for image in sample:
        pixels = (image.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
        _, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
        image.copy_(torch.from_numpy(decoded).permute(2, 0, 1).float() / 255)
