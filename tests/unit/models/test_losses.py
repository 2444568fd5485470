import math
from typing import get_args

import pytest
import torch

from balltrack.models.losses import BALL_WEIGHT, LOSSES, bce, cross_entropy, weighted_bce
from balltrack.models.specs import SPECS, Loss


def test_it_is_the_formula_of_the_paper() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 4, 5, generator=generator)
    target = (torch.rand(2, 3, 4, 5, generator=generator) > 0.7).float()
    p = torch.sigmoid(logits)
    expected = -(
        (1 - p) ** 2 * target * torch.log(p) + p**2 * (1 - target) * torch.log(1 - p)
    ).mean()
    assert weighted_bce(logits, target, torch.ones(2, 3)).item() == pytest.approx(expected.item())


def test_a_frame_without_a_label_does_not_count() -> None:
    logits = torch.zeros(1, 2, 4, 4, requires_grad=True)
    weighted_bce(logits, torch.ones(1, 2, 4, 4), torch.tensor([[1.0, 0.0]])).backward()
    assert logits.grad is not None
    assert logits.grad[0, 0].abs().sum() > 0
    assert logits.grad[0, 1].abs().sum() == 0


def test_extreme_logits_stay_finite() -> None:
    logits = torch.tensor([-200.0, 200.0]).view(1, 1, 1, 2).requires_grad_()
    loss = weighted_bce(logits, torch.tensor([1.0, 0.0]).view(1, 1, 1, 2), torch.ones(1, 1))
    loss.backward()
    assert torch.isfinite(loss)
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


def test_cross_entropy_by_hand() -> None:
    """Two pixels, an empty one and one of level 255, which counts for more."""
    logits = torch.zeros(1, 256, 1, 2)
    logits[0, 0, 0, 0] = 3.0
    logits[0, 255, 0, 1] = 5.0
    target = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2)
    empty = math.log(math.exp(3) + 255) - 3
    ball = math.log(math.exp(5) + 255) - 5
    expected = (empty + (1 + BALL_WEIGHT) * ball) / 2
    assert cross_entropy(logits, target, torch.ones(1, 1)).item() == pytest.approx(expected)


def test_cross_entropy_leaves_out_frames_without_a_label() -> None:
    logits = torch.randn(2, 256, 2, 2, generator=torch.Generator().manual_seed(0))
    target = torch.full((2, 1, 2, 2), 0.5)
    both = cross_entropy(logits, target, torch.tensor([[1.0], [0.0]]))
    alone = cross_entropy(logits[:1], target[:1], torch.ones(1, 1))
    assert both.item() == pytest.approx(alone.item())
    assert cross_entropy(logits, target, torch.zeros(2, 1)).item() == 0


def test_the_plain_loss_is_the_weighted_one_without_weights() -> None:
    """At p = 1/2 every pixel of the weighted loss counts a quarter."""
    target = torch.tensor([0.0, 1.0, 0.0, 0.3]).view(1, 1, 2, 2)
    plain = bce(torch.zeros(1, 1, 2, 2), target, torch.ones(1, 1))
    assert plain.item() == pytest.approx(math.log(2))
    weighted = weighted_bce(torch.zeros(1, 1, 2, 2), target, torch.ones(1, 1))
    assert weighted.item() == pytest.approx(plain.item() / 4)
    sure = torch.full((1, 1, 2, 2), -3.0)
    assert bce(sure, target, torch.ones(1, 1)) > weighted_bce(sure, target, torch.ones(1, 1))
    assert bce(sure, target, torch.zeros(1, 1)) == 0


def test_every_loss_that_can_be_asked_for_is_there() -> None:
    assert set(get_args(Loss)) == set(LOSSES) >= {spec.loss for spec in SPECS.values()}
