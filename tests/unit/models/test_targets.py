import math
from dataclasses import replace
from typing import Any, get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from balltrack.models.specs import SPECS, NetworkSpec, Target
from balltrack.models.targets import DISC_RADIUS, OWN_SIGMA, TARGETS, make_target

V1, V2 = SPECS["tracknet-v1"], SPECS["tracknet-v2"]


def painted(xy: Any, height: int, width: int, spec: NetworkSpec = V2) -> torch.Tensor:
    return make_target(torch.tensor(xy), height, width, spec)


@given(x=st.floats(5, 58), y=st.floats(5, 42))
def test_the_disc_is_centred_on_the_ball(x: float, y: float) -> None:
    disc = painted([x, y], 48, 64)
    rows, columns = torch.nonzero(disc, as_tuple=True)
    assert columns.float().mean().item() == pytest.approx(x, abs=0.5)
    assert rows.float().mean().item() == pytest.approx(y, abs=0.5)
    assert disc.sum().item() == pytest.approx(math.pi * DISC_RADIUS**2, rel=0.3)


def test_nothing_is_drawn_for_an_unseen_ball_or_one_outside() -> None:
    drawn = painted([[math.nan, math.nan], [-10.0, 5.0], [8.0, 8.0]], 16, 16).sum(dim=(1, 2))
    assert drawn[0] == 0
    assert drawn[1] == 0
    assert drawn[2] == 21


def test_the_bell_is_tracknets_brought_to_the_networks_size() -> None:
    """Huang et al. 2019: variance 10 at 1280x720, so 2.5 at 640x360; levels are whole bytes."""
    bell = painted([20.0, 15.0], 32, 48, V1) * 255
    assert bell[15, 20] == 255
    for distance in (1, 2, 3, 5):
        level = int(255 * math.exp(-((2 * distance) ** 2) / (2 * 10)))
        assert bell[15, 20 + distance] == bell[15 - distance, 20] == level
    assert torch.equal(bell, bell.round())
    assert (bell > 0).sum() == 89
    assert (bell > 127).sum() == 9


@pytest.mark.parametrize("spec", [V1, replace(V2, target="gaussian")])
def test_no_bell_for_an_unseen_ball(spec: NetworkSpec) -> None:
    drawn = painted([[math.nan, math.nan], [-20.0, 5.0], [8.0, 8.0]], 16, 16, spec).sum(dim=(1, 2))
    assert drawn[:2].tolist() == pytest.approx([0, 0])
    assert drawn[2] > 8


@pytest.mark.parametrize("sigma", [1.0, 2.5, 4.0])
def test_sigma_is_the_discs_radius_and_the_bells_deviation(sigma: float) -> None:
    disc = painted([20.0, 15.0], 32, 48, replace(V2, sigma=sigma))
    assert disc[15, 20 : 20 + math.floor(sigma) + 2].tolist() == [1] * (math.floor(sigma) + 1) + [0]
    bell = painted([20.0, 15.0], 32, 48, replace(V2, target="gaussian", sigma=sigma))
    assert bell[15, 20] == 1
    assert bell[15, 22].item() == pytest.approx(math.exp(-4 / (2 * sigma**2)))
    levels = painted([20.0, 15.0], 32, 48, replace(V1, sigma=sigma))
    assert torch.equal(levels, torch.floor(255 * bell) / 255)


def test_the_target_is_the_networks_own() -> None:
    assert set(get_args(Target)) == set(TARGETS) == set(OWN_SIGMA)
    assert set(painted([8.0, 8.0], 16, 16, V2).unique().tolist()) == {0.0, 1.0}
    assert len(painted([8.0, 8.0], 16, 16, V1).unique()) > 10
