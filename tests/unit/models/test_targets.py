import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from balltrack.models.specs import SPECS
from balltrack.models.targets import DISC_RADIUS, TARGETS, disc_heatmaps, grey_levels, make_target


@given(x=st.floats(5, 58), y=st.floats(5, 42))
def test_the_disc_is_centred_on_the_ball(x: float, y: float) -> None:
    disc = disc_heatmaps(torch.tensor([x, y]), 48, 64)
    rows, columns = torch.nonzero(disc, as_tuple=True)
    assert columns.float().mean().item() == pytest.approx(x, abs=0.5)
    assert rows.float().mean().item() == pytest.approx(y, abs=0.5)
    assert disc.sum().item() == pytest.approx(math.pi * DISC_RADIUS**2, rel=0.3)


def test_nothing_is_drawn_for_an_unseen_ball_or_one_outside() -> None:
    xy = torch.tensor([[math.nan, math.nan], [-10.0, 5.0], [8.0, 8.0]])
    drawn = disc_heatmaps(xy, 16, 16).sum(dim=(1, 2))
    assert drawn[0] == 0
    assert drawn[1] == 0
    assert drawn[2] == 21


def test_the_bell_is_tracknets_brought_to_the_networks_size() -> None:
    """Huang et al. 2019: variance 10 at 1280x720, so 2.5 at 640x360; levels are whole bytes."""
    bell = grey_levels(torch.tensor([20.0, 15.0]), 32, 48) * 255
    assert bell[15, 20] == 255
    for distance in (1, 2, 3, 5):
        level = int(255 * math.exp(-((2 * distance) ** 2) / (2 * 10)))
        assert bell[15, 20 + distance] == bell[15 - distance, 20] == level
    assert torch.equal(bell, bell.round())
    assert (bell > 0).sum() == 89
    assert (bell > 127).sum() == 9


def test_no_bell_for_an_unseen_ball() -> None:
    xy = torch.tensor([[math.nan, math.nan], [-10.0, 5.0], [8.0, 8.0]])
    drawn = grey_levels(xy, 16, 16).sum(dim=(1, 2))
    assert drawn[:2].tolist() == [0, 0]
    assert drawn[2] > 10


def test_the_target_is_the_networks_own() -> None:
    assert {spec.target for spec in SPECS.values()} == set(TARGETS)
    ball = torch.tensor([[8.0, 8.0]])
    disc = make_target(ball, 16, 16, SPECS["tracknet-v2"])
    assert set(disc.unique().tolist()) == {0.0, 1.0}
    levels = make_target(ball, 16, 16, SPECS["tracknet-v1"])
    assert torch.equal(levels, grey_levels(ball, 16, 16, 360))
    assert len(levels.unique()) > 10
