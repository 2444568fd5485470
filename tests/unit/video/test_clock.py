"""Times are ever later, whatever a stream's own clock does."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balltrack.video.file_reader import Clock

BASE = Fraction(1, 100)


def times(ticks: list[int | None], rate: int = 25) -> list[float]:
    clock = Clock(Fraction(rate))
    return [clock.seconds(tick, BASE) for tick in ticks]


@pytest.mark.parametrize(
    ("ticks", "expected"),
    [
        ([700, 704, 708], [0, 0.04, 0.08]),
        ([0, 4, 300, 304], [0, 0.04, 3.0, 3.04]),  # a gap stays
        ([0, 4, 396, 400, 0, 4, 8], [0, 0.04, 3.96, 4.0, 4.04, 4.08, 4.12]),  # it begins again
        ([0, 8, 4, 12], [0, 0.08, 0.12, 0.16]),  # back a little, and on
        ([5, 5, 5], [0, 0.04, 0.08]),
        ([None, 4, None, 8], [math.nan, 0, math.nan, 0.04]),
    ],
)
def test_seconds_from_the_first_picture(ticks: list[int | None], expected: list[float]) -> None:
    np.testing.assert_allclose(times(ticks), expected, atol=1e-9)


@given(st.lists(st.integers(-(2**40), 2**40)))
def test_no_time_comes_twice_or_goes_back(ticks: list[int | None]) -> None:
    assert (np.diff(times(ticks)) > 0).all()


def test_what_is_opened_again_goes_on_by_the_clock_of_the_wall() -> None:
    clock = Clock(Fraction(25))
    clock.seconds(0, BASE)
    clock.seconds(100, BASE)
    clock.begin_again(2.5)
    assert clock.seconds(9000, BASE) == pytest.approx(3.5)
    assert clock.seconds(9004, BASE) == pytest.approx(3.54)
