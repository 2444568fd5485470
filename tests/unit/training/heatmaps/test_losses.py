import pytest
import torch

from balltrack.training.heatmaps.losses import weighted_bce


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
