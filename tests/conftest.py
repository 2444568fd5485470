"""What every test may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of labelled clips beside the checkout; without it the test is skipped."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the labelled clips are not beside this checkout (../shared/data)")
    return SHARED
