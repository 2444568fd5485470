"""``balltrack fit-linking``: labelled clips → weights that carry their linking."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from balltrack.cli.demo import write_clip
from balltrack.detection.classical import LINKING
from balltrack.detection.fitted import fitted_parameters
from balltrack.synthetic import render_clip
from balltrack.trajectory.motion import DEFAULT, LinkingParameters


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One labelled clip, rendered."""
    match = tmp_path / "data" / "badminton" / "train" / "hall"
    match.mkdir(parents=True)
    clip = render_clip(frame_count=40, size=(640, 360))
    write_clip(clip, match / "a.mp4")
    truth = clip.truth
    rows = ["Frame,Visibility,X,Y"]
    for index, seen, xy in zip(truth.frame_index, truth.visibility, truth.xy, strict=True):
        x, y = np.rint(xy).astype(int) if seen else (0, 0)
        rows.append(f"{index},{seen},{x},{y}")
    (match / "a_ball.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "data"


@pytest.mark.slow
def test_the_shipped_network_is_fitted_to_a_rendered_clip(
    balltrack: Callable[..., Any], data: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    done = balltrack("fit-linking", data, "-o", run, "--device", "cpu")
    assert done.code == 0, done.err
    assert "candidates of clip 1 of 1" in done.err
    assert json.loads(done.out) == {"weights": str(run / "last.safetensors")}
    parameters = fitted_parameters(str(run / "last.safetensors"))
    assert parameters != DEFAULT
    assert json.loads((run / "linking.json").read_text())["miss_cost"] == parameters.miss_cost


def test_confidence_alone_leaves_linking_as_it_is(
    balltrack: Callable[..., Any], data: Path, tmp_path: Path
) -> None:
    (data / "badminton" / "train").rename(data / "badminton" / "dev")
    run = tmp_path / "run"
    done = balltrack("fit-linking", data, "-o", run, "--weights", "classical", "--confidence-only")
    assert done.code == 0, done.err
    written = LinkingParameters(**json.loads((run / "linking.json").read_text()))
    assert replace(written, sure_offset=0.0, sure_slope=1.0) == replace(
        LINKING, sure_offset=0.0, sure_slope=1.0
    )


def test_a_detector_without_weights_gets_numbers_alone(
    balltrack: Callable[..., Any], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("balltrack.training.linking.costs.search_costs", lambda _, fit, **__: fit)
    run = tmp_path / "run"
    done = balltrack("fit-linking", data, "-o", run, "--weights", "classical")
    assert done.code == 0, done.err
    assert json.loads(done.out) == {"linking": str(run / "linking.json")}
    fitted = LinkingParameters(**json.loads((run / "linking.json").read_text()))
    assert fitted.score_slope not in {DEFAULT.score_slope, LINKING.score_slope}
    assert [path.name for path in run.iterdir()] == ["linking.json"]


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        ([], 1, "no clip.mp4 with clip_ball.csv beside it under <sport>/train/<match>"),
        (["more"], 2, "unexpected extra argument (more)"),
        (["--initial", "x"], 2, "--initial"),
        (["--weights", "x"], 1, "no clip.mp4"),
    ],
)
def test_what_is_asked_wrongly(
    balltrack: Callable[..., Any],
    tmp_path: Path,
    arguments: list[str],
    code: int,
    complaint: str,
) -> None:
    done = balltrack("fit-linking", tmp_path, "-o", tmp_path / "out", *arguments)
    assert done.code == code
    assert complaint in done.complaint
    assert not (tmp_path / "out").exists()
