"""``balltrack evaluate --weights`` scores what ``track`` writes with the same options."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seeing_network import FRAMES, save_seeing
from told_flight import BALL, COUNT


@pytest.fixture(scope="module")
def truth(flight: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The flight beside its labels."""
    folder = tmp_path_factory.mktemp("truth")
    (folder / "a.mp4").symlink_to(flight)
    rows = [f"{i},1,{x:.2f},{y:.2f}" for i, (x, y) in enumerate(BALL)]
    (folder / "a_ball.csv").write_text("\n".join(["Frame,Visibility,X,Y", *rows]) + "\n")
    return folder / "a_ball.csv"


LINKED = "--threshold 0.25 --max-gap 3 --locate contour --stride 1 --inpaint none --verify none"
PLAIN = "--no-link --no-rectify --ensemble nonoverlap --threshold 0.3 --verify verifier"


@pytest.mark.parametrize("options", [LINKED, PLAIN, "--also KEEN --verify none"])
def test_options_arrive(
    balltrack: Callable[..., Any], truth: Path, tmp_path: Path, options: str
) -> None:
    """Each of them changes a position or a score, and so a figure."""
    weights = save_seeing(tmp_path / "unsure.safetensors", sureness=(-1, 0, 0.5, -1))
    keen = save_seeing(tmp_path / "keen.safetensors", sureness=(4.0,) * FRAMES)
    common = ("--weights", weights, "--device", "cpu", "--runtime", "torch", "--threads", 1)
    given = (*common, *options.replace("KEEN", str(keen)).split())
    out = tmp_path / "a.jsonl"
    assert balltrack("track", truth.with_name("a.mp4"), "-o", out, "-q", *given).code == 0

    def scored(*arguments: object) -> dict[str, Any]:
        done = balltrack("evaluate", *arguments, "--truth", truth, "--json", "-q")
        assert done.code == 0, done.err
        (run,) = json.loads(done.out)["runs"]
        assert run["total"]["frames"] == COUNT
        return {**run["total"], "details": run["details"]}

    assert scored(*given) == scored(out)
