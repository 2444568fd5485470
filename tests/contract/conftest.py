"""Files for the contracts, rendered once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reader_clips import Clip


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Clip], Path]:
    folder = tmp_path_factory.mktemp("readers")

    def render(clip: Clip) -> Path:
        path = folder / clip.name
        return path if path.exists() else clip.render(path)

    return render
