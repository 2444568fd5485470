import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from balltrack.training.heatmaps.targets import DISC_RADIUS, disc_heatmaps


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
