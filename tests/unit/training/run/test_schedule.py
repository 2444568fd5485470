"""The learning rate over a run."""

from __future__ import annotations

import pytest

from balltrack.training.run.schedule import Schedule


def test_the_rate_rises_stays_and_falls() -> None:
    schedule = Schedule(steps=1000, highest=2e-3, warmup=100)
    rates = [schedule.rate(step) for step in (0, 99, 500, 800, 999)]
    assert rates[0] == pytest.approx(2e-5)
    assert rates[1] == rates[2] == 2e-3
    assert rates[3] == pytest.approx(0.505 * 2e-3)  # halfway down
    assert rates[4] == pytest.approx(0.01 * 2e-3, rel=0.01)


def test_it_may_fall_from_the_first_step() -> None:
    schedule = Schedule(steps=1000, highest=1.0, warmup=0, falling=1.0)
    assert [schedule.rate(step) for step in (0, 500, 1000)] == pytest.approx([1.0, 0.505, 0.01])
