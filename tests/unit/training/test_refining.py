"""A finer network starts with what a coarser one knows."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from balltrack.errors import OptionError
from balltrack.models.specs import SPECS
from balltrack.models.tracknet import TrackNet
from balltrack.training.refining import refine

SMALL, FINE = SPECS["tracknet-v3-small"], SPECS["tracknet-v3-fine"]


def test_it_answers_nearly_what_the_coarse_one_does() -> None:
    torch.manual_seed(0)
    coarse = TrackNet(SMALL).eval()
    torch.nn.init.normal_(coarse.predictor.weight, std=0.5)
    fine = refine(coarse, FINE).eval()
    picture = torch.rand(1, 27, 24, 48).repeat_interleave(4, 2).repeat_interleave(4, 3)
    small = functional.interpolate(picture, (64, 128), mode="area")
    with torch.inference_mode():
        want = functional.interpolate(coarse(small), (96, 192), mode="bilinear")
        got = fine(functional.interpolate(picture, (96, 192), mode="area"))
    inner = (..., slice(12, -12), slice(12, -12))
    together = torch.stack([want[inner].flatten(), got[inner].flatten()])
    assert torch.corrcoef(together)[0, 1] > 0.9


def test_new_channels_are_there_to_be_learnt() -> None:
    fine = refine(TrackNet(SMALL), FINE)
    fine(torch.rand(1, 27, 48, 96)).square().mean().backward()
    assert all(p.grad is not None and p.grad.any() for p in fine.parameters())


def test_networks_of_another_kind_are_refused() -> None:
    with pytest.raises(OptionError, match="tracknet-v2 cannot become tracknet-v3-fine; give"):
        refine(TrackNet(SPECS["tracknet-v2"]), FINE)
