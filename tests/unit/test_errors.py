"""How messages count."""

from __future__ import annotations

import pytest

from balltrack.errors import counted


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (0, "label", "0 labels"),
        (1, "label", "1 label"),
        (2, "frame", "2 frames"),
        (1, "miss", "1 miss"),
        (3, "miss", "3 misses"),
    ],
)
def test_one_is_not_many(number: int, noun: str, text: str) -> None:
    assert counted(number, noun) == text
