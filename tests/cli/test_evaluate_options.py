"""``balltrack evaluate --weights`` scores what ``track`` writes with the same options."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seeing_network import FRAMES, save_seeing
from told_flight import BALL


@pytest.fixture(scope="module")
def truth(flight: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The flight beside its labels."""
    folder = tmp_path_factory.mktemp("truth")
    (folder / "a.mp4").symlink_to(flight)
    rows = [f"{i},1,{x:.2f},{y:.2f}" for i, (x, y) in enumerate(BALL)]
    (folder / "a_ball.csv").write_text("\n".join(["Frame,Visibility,X,Y", *rows]) + "\n")
    return folder / "a_ball.csv"


LINKED = "--threshold 0.25 --max-gap 3 --inpaint none --locate contour --verify none"
PLAIN = "--threshold 0.4 --no-link --no-rectify --verify none"


@pytest.mark.parametrize(
    ("sureness", "options"),
    [
        ((0, 0, 0, 0), LINKED),
        ((0, 0, 0, 0), PLAIN),
        ((-1, 0, 0.5, -1), "--ensemble weight --verify verifier --no-link"),
        ((-3, 1, -3, 1), "--stride 1 --no-link --no-rectify --verify none"),
        ((-1, 0, 0.5, -1), "--also KEEN --verify none"),
    ],
)
def test_options_arrive(
    balltrack: Callable[..., Any],
    truth: Path,
    tmp_path: Path,
    sureness: tuple[float, ...],
    options: str,
) -> None:
    """Each of them changes a position, a score or a source, and so a figure."""
    weights = save_seeing(tmp_path / "weights.safetensors", sureness=sureness)
    keen = save_seeing(tmp_path / "keen.safetensors", sureness=(4.0,) * FRAMES)
    common = ("--weights", weights, "--device", "cpu", "--runtime", "torch", "--threads", 1)
    given = (*common, *options.replace("KEEN", str(keen)).split())
    out = tmp_path / "a.jsonl"
    assert balltrack("track", truth.with_name("a.mp4"), "-o", out, "-q", *given).code == 0

    def scored(*arguments: object) -> list[str]:
        fine = ("--grid", "source", "--tolerance", 0.2, "--details", "-q")
        done = balltrack("evaluate", *arguments, "--truth", truth, *fine)
        assert done.code == 0, done.err
        title, *figures = done.out.splitlines()
        assert "0.2 px" in title
        return figures

    figures = scored(*given)
    assert any("right by source" in line for line in figures)
    assert figures == scored(out)
