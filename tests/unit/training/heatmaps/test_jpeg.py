"""The torch JPEG against a real one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from balltrack.training.heatmaps.jpeg import compress


def picture(height: int, width: int) -> np.ndarray:
    """(3, h, w) uint8 RGB: soft shapes, an edge, and a ball."""
    rng = np.random.default_rng(0)
    soft = rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)
    image = cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC)
    image[:, width // 2 :] //= 2
    cv2.circle(image, (20, 20), 3, (250, 250, 240), -1)
    return np.ascontiguousarray(image.transpose(2, 0, 1))


@pytest.mark.parametrize("quality", [20, 45, 69])
def test_it_loses_what_libjpeg_loses(quality: int) -> None:
    rgb = picture(64, 96)
    bgr = np.ascontiguousarray(rgb[::-1].transpose(1, 2, 0))
    _, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    real = cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1].transpose(2, 0, 1).astype(float)
    images = torch.from_numpy(rgb).float()[None, None]
    ours = compress(images, torch.tensor([float(quality)]))[0, 0].numpy()
    lost = np.abs(real - rgb).mean()
    assert lost > 1
    assert np.abs(ours - real).mean() < 0.4 * lost


def test_each_sample_has_its_own_quality_and_any_size_will_do() -> None:
    image = torch.from_numpy(picture(40, 72)).float()
    both = torch.stack([image, image])[:, None].expand(2, 3, 3, 40, 72)
    out = compress(both, torch.tensor([10.0, 95.0]))
    assert out.shape == both.shape
    lost = (out - both).abs().mean(dim=(1, 2, 3, 4))
    assert lost[0] > 3 * lost[1]
    alone = compress(both[1:], torch.tensor([95.0]))
    assert torch.allclose(out[1:], alone, atol=1e-3)
