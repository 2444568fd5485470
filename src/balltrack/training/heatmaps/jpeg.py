"""JPEG's losses, block by block, on any device: what an encoder at a low bit rate leaves.

ITU-T T.81 (JPEG): the example tables K.1 and K.2, scaled by quality as libjpeg does, on
8x8 cosine transforms of luminance and of halved chrominance. Entropy coding loses nothing
and is left out.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from balltrack.runtimes.on_torch.to_device import to_device

LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
CHROMINANCE = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)

# RGB → luminance and the two chrominances (JFIF 1.02), all around 0.
_TO_YCC = torch.tensor(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]
)
_TO_RGB = torch.linalg.inv(_TO_YCC)


def compress(images: torch.Tensor, quality: torch.Tensor) -> torch.Tensor:
    """Lose what JPEG loses.

    Args:
        images: (B, K, 3, h, w) float RGB, 0 to 255.
        quality: (B,) float on the CPU, 1 to 100, of each sample's K images.

    Returns:
        A new tensor of the same shape, about 0 to 255.
    """
    height, width = images.shape[-2:]
    padding = (0, -width % 16, 0, -height % 16)
    flat = images.flatten(0, 1)
    if any(padding):
        flat = functional.pad(flat, padding, mode="replicate")
    ycc = _mix_colours(_TO_YCC, flat)
    ycc[:, 0] -= 128
    luminance = _through_blocks(ycc[:, :1], _table(LUMINANCE, quality), images.shape[1])
    halved = functional.avg_pool2d(ycc[:, 1:], 2)
    coded = _through_blocks(halved, _table(CHROMINANCE, quality), images.shape[1])
    chrominance = functional.interpolate(coded, scale_factor=2, mode="bilinear")
    decoded = torch.cat([luminance + 128, chrominance], dim=1)
    rgb = _mix_colours(_TO_RGB, decoded)
    return rgb[..., :height, :width].reshape(images.shape)


def _mix_colours(matrix: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    return torch.matmul(to_device(matrix, images.device), images.flatten(2)).view_as(images)


def _table(base: tuple[tuple[int, ...], ...], quality: torch.Tensor) -> torch.Tensor:
    """(B, 64) steps of quantisation; libjpeg, jcparam.c, `jpeg_quality_scaling`."""
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)
    table = torch.tensor(base, dtype=torch.float32).view(1, 64) * scale[:, None]
    return ((table + 50) / 100).floor().clamp(1, 255)


def _through_blocks(images: torch.Tensor, table: torch.Tensor, repeats: int) -> torch.Tensor:
    """Round the cosine transform of every 8x8 block to multiples of the table and go back.

    Args:
        images: (B * repeats, C, h, w), h and w multiples of 8.
        table: (B, 64) on the CPU.
    """
    count, channels, height, width = images.shape
    transform = to_device(_TRANSFORM, images.device)
    steps = to_device(table, images.device)[:, None]  # (B, 1, 64)
    blocks = images.view(count, channels, height // 8, 8, width // 8, 8).transpose(3, 4)
    flat = blocks.reshape(len(table), -1, 64)  # (B, repeats * C * blocks, 64)
    rounded = torch.matmul(flat, transform.T).div_(steps).round_().mul_(steps)
    back = torch.matmul(rounded, transform).view(blocks.shape)
    return back.transpose(3, 4).reshape(images.shape)


def _cosine_transform() -> torch.Tensor:
    """(64, 64) orthonormal DCT-II of a flattened 8x8 block."""
    place = torch.arange(8, dtype=torch.float64)
    rows = torch.cos(math.pi / 8 * (place + 0.5) * place[:, None]) / 2
    rows[0] /= math.sqrt(2)
    return torch.kron(rows, rows).float()


_TRANSFORM = _cosine_transform()
