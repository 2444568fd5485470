import numpy as np
import pytest
import torch

from balltrack.training.augmentation import augment, mixup


@pytest.mark.parametrize("seed", range(5))
def test_values_stay_in_range_and_shape(seed: int) -> None:
    torch.manual_seed(seed)
    x = torch.rand(8, 9, 32, 32)
    out = augment(x.clone(), np.random.default_rng(seed), 1.0)
    assert out.shape == x.shape
    assert out.min() >= 0.0
    assert out.max() <= 1.0
    assert not torch.equal(out, x)


def test_all_images_of_a_window_change_alike() -> None:
    x = torch.rand(6, 1, 3, 16, 16).expand(6, 4, 3, 16, 16).reshape(6, 12, 16, 16)
    out = augment(x.clone(), np.random.default_rng(3), 0.0).view(6, 4, 3, 16, 16)
    assert torch.allclose(out, out[:, :1].expand_as(out))


def test_mixup_keeps_the_larger_part_of_each_sample() -> None:
    x = torch.arange(4.0).view(4, 1, 1, 1).expand(4, 3, 2, 2)
    mixed, target = mixup(x, x[:, :1], np.random.default_rng(0))
    assert torch.allclose(mixed[:, :1], target)
    assert (mixed[:, 0, 0, 0] - torch.arange(4.0)).abs().max() <= 1.5
