"""A clip whose frames tell their numbers, with labels."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="balltrack[review] is not installed")

from numbered_clips import write_clip

HEADER = "Frame,Visibility,X,Y,Time,Confidence,Source,Shot\n"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Forty frames of 160x96."""
    return write_clip(tmp_path / "m.mp4", 40, options={"g": "12"})


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """39 rows: 5 was filled in, 9 not found, 12 is weak, 20 jumps, a cut is at 30."""
    rows = []
    for frame in range(39):
        x, source, score = 20 + 2 * frame, "detected", 0.95
        if frame == 5:
            source, score = "inpainted", 0.0
        if frame == 12:
            source, score = "linked", 0.25
        x += 60 * (frame == 20)
        row = f"{frame},1,{x}.25,40.50,{frame / 25},{score},{source},{int(frame >= 30)}\n"
        rows.append("9,0,0,0,0.36,0,none,0\n" if frame == 9 else row)
    path = tmp_path / "m.csv"
    path.write_text(HEADER + "".join(rows))
    return path
