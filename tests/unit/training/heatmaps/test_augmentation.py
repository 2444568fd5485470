from dataclasses import replace

import numpy as np
import pytest
import torch

from balltrack.training.heatmaps.augmentation import (
    Changes,
    draw_changes,
    draw_ratio,
    expose,
    mixup,
    spoil,
)

NOTHING = Changes(None, None, None, None, np.ones(3), 0.0)


def noise(batch: int, images: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(
        60, 200, (batch, images, 3, 32, 32), dtype=torch.uint8, generator=generator
    )


def test_nothing_drawn_is_nothing_done() -> None:
    images = noise(2)
    spoil(images, [NOTHING, NOTHING])
    assert torch.equal(images, noise(2))
    x = images.flatten(1, 2).float() / 255
    assert torch.allclose(expose(x.clone(), [NOTHING, NOTHING]), x)


@pytest.mark.parametrize(
    "change",
    [
        {"colours": np.eye(3)[[2, 0, 1]]},
        {"colours": np.full((3, 3), 1 / 3)},
        {"quality": 30.0},
        {"blur": 0.5},
        {"noise": (0.02, 5)},
    ],
)
def test_one_sample_is_changed_and_its_neighbours_are_not(change: dict[str, object]) -> None:
    images = noise(3)
    spoil(images, [NOTHING, replace(NOTHING, **change), NOTHING])
    before = noise(3)
    assert torch.equal(images[[0, 2]], before[[0, 2]])
    assert not torch.equal(images[1], before[1])
    alone = noise(3)[1:2]
    spoil(alone, [replace(NOTHING, **change)])
    assert torch.equal(alone[0], images[1])


def test_colours_change_places_and_grey_is_grey() -> None:
    images = noise(2)
    order = replace(NOTHING, colours=np.eye(3)[[2, 0, 1]])
    grey = replace(NOTHING, colours=np.full((3, 3), 1 / 3))
    spoil(images, [order, grey])
    assert torch.equal(images[0], noise(2)[0][:, [2, 0, 1]])
    assert (images[1] == images[1, :, :1]).all()


def test_noise_is_as_strong_as_drawn() -> None:
    images = torch.full((1, 4, 3, 64, 64), 128, dtype=torch.uint8)
    spoil(images, [replace(NOTHING, noise=(0.02, 1))])
    assert images.float().std().item() == pytest.approx(0.02 * 255, rel=0.03)
    assert images.float().mean().item() == pytest.approx(128, abs=0.1)


def test_a_blur_keeps_the_mean() -> None:
    images = noise(1)
    spoil(images, [replace(NOTHING, blur=1.0)])
    assert images.float().mean().item() == pytest.approx(noise(1).float().mean().item(), abs=1)
    assert images.float().std() < 0.5 * noise(1).float().std()


def test_exposure_is_gain_by_colour_and_offset_within_range() -> None:
    x = torch.full((2, 6, 4, 4), 0.5)
    changes = [
        replace(NOTHING, gain=np.array([1.0, 1.2, 0.8]), offset=0.1),
        replace(NOTHING, gain=np.full(3, 3.0)),
    ]
    out = expose(x, changes)
    assert torch.allclose(out[0, :, 0, 0], torch.tensor([0.6, 0.7, 0.5] * 2))
    assert (out[1] == 1).all()


def test_rare_changes_grow_with_strength() -> None:
    rng = np.random.default_rng(0)
    easy = [draw_changes(rng, 0.0) for _ in range(200)]
    hard = [draw_changes(rng, 1.0) for _ in range(2000)]
    assert all(one.colours is one.quality is one.blur is one.noise is None for one in easy)
    shares = {
        name: np.mean([getattr(one, name) is not None for one in hard])
        for name in ("colours", "quality", "blur", "noise")
    }
    expected = {"colours": 0.19, "quality": 0.15, "blur": 0.15, "noise": 0.2}
    assert shares == pytest.approx(expected, abs=0.03)


def test_mixup_keeps_the_larger_part_of_each_sample_and_pairs_neighbours() -> None:
    x = torch.arange(5.0).view(5, 1, 1, 1).expand(5, 3, 2, 2)
    ratio = torch.tensor([0.6, 0.9, 0.5, 1.0, 0.7])
    mixed, target = mixup(x, x[:, :1], ratio)
    assert torch.allclose(mixed[:, :1], target)
    assert torch.allclose(mixed[:, 0, 0, 0], torch.tensor([0.4, 0.9, 2.5, 3.0, 4.0]))
    rng = np.random.default_rng(0)
    assert min(draw_ratio(rng) for _ in range(100)) >= 0.5
