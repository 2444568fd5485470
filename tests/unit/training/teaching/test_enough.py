"""No longer and no more than held-back clips gain by."""

from __future__ import annotations

from pathlib import Path

import pytest

from balltrack.training.run.folder import WEIGHTS
from balltrack.training.teaching.enough import Rounds, Tried, gains_no_more, least_share


@pytest.mark.parametrize(
    ("rights", "enough"),
    [
        ([40], False),
        ([40, 60, 80], False),
        ([40, 80, 60], False),
        ([40, 80, 60, 80], True),
        ([80, 60, 60], True),
        ([80, 60, 81], False),
    ],
)
def test_it_is_enough_where_two_rounds_gained_nothing(rights: list[int], enough: bool) -> None:
    assert gains_no_more(rights) == enough


def test_rounds_are_remembered_and_the_best_is_kept(tmp_path: Path) -> None:
    def after(step: int, right: int) -> bool:
        (tmp_path / WEIGHTS).write_text(f"weights after {step}")
        return Rounds(tmp_path, lambda _: Tried(right, 100)).enough(step)

    ends = [after(step, right) for step, right in ((1, 40), (2, 60), (3, 60), (4, 50), (5, 59))]
    assert ends == [False, False, False, True, True]
    again = Rounds(tmp_path, lambda _: pytest.fail("asked anew"))
    assert [again.enough(step) for step in (1, 2, 3, 4)] == [False, False, False, True]
    assert again.best.read_text() == "weights after 3"


def test_the_least_share_that_does_what_more_does() -> None:
    tried = {0.3: 80, 0.5: 98, 0.7: 99, 1.0: 95}
    assert least_share({share: Tried(n, 100) for share, n in tried.items()}) == 0.5
    assert least_share({share: Tried(n, 99) for share, n in tried.items()}) == 0.5
    assert least_share({0.3: Tried(49, 60), 1.0: Tried(50, 60)}) == 0.3
    assert least_share({0.3: Tried(48, 60), 1.0: Tried(50, 60)}) == 1.0
