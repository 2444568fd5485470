"""A video whose frames say which one they are, and ways to look at what was cut from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from numbered_clips import write_clip

COUNT, RATE, KEY_EVERY = 100, 25, 30


@pytest.fixture(scope="session")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100 frames at 25 a second with sound, key frames at 0, 30, 60, 90 and B-frames between."""
    return write_clip(
        tmp_path_factory.mktemp("numbered") / "match.mp4",
        COUNT,
        rate=RATE,
        sound=True,
        options={"g": str(KEY_EVERY), "keyint_min": str(KEY_EVERY), "bf": "2", "sc_threshold": "0"},
    )
