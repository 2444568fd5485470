"""``balltrack train``: folders of clips → weights, and options that mean something."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from balltrack.cli.demo import write_clip
from balltrack.models.specs import NetworkSpec
from balltrack.synthetic import render_clip
from balltrack.weights.header import read_header


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One rendered and labelled match."""
    root = tmp_path_factory.mktemp("data")
    match = root / "badminton" / "train" / "match"
    match.mkdir(parents=True)
    clip = render_clip(size=(256, 144), frame_count=30)
    write_clip(clip, match / "a00001.mp4")
    rows = ["Frame,Visibility,X,Y"]
    truth = clip.truth
    for index, seen, xy in zip(truth.frame_index, truth.visibility, truth.xy, strict=True):
        x, y = np.rint(xy).astype(int) if seen else (0, 0)
        rows.append(f"{index},{seen},{x},{y}")
    (match / "a00001_ball.csv").write_text("\n".join(rows) + "\n")
    return root


def test_a_network_is_trained_and_goes_on_where_it_stopped(
    balltrack: Callable[..., Any], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = NetworkSpec("tiny", 3, 3, height=96, width=160, base_width=4)
    monkeypatch.setattr("balltrack.training.heatmaps.train_heatmaps.get_spec", lambda _: tiny)
    short = ("--epoch-steps", 1, "--batch-size", 2, "--crop", 64, "--no-bf16", "--seed", 1)
    done = balltrack("train", data, "-o", tmp_path, *short, "--steps", 1)
    assert done.code == 0, done.err
    assert "step 1, loss " in done.err
    answer = json.loads(done.out)
    assert answer == {
        "network": "tracknet-v3-small",
        "weights": str(tmp_path / "last.safetensors"),
    }
    assert read_header(answer["weights"]).metadata["architecture"] == "tracknet"
    done = balltrack("train", data, "-o", tmp_path, *short, "--steps", 2, "-q")
    assert (done.code, done.err) == (0, "")
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 2


def test_inpaintnet_is_trained_on_labels(
    balltrack: Callable[..., Any], data: Path, tmp_path: Path
) -> None:
    short = ("--steps", 1, "--epoch-steps", 1, "--batch-size", 2)
    done = balltrack("train", data, "-o", tmp_path, "--network", "inpaintnet", *short)
    assert done.code == 0, done.err
    weights = json.loads(done.out)["weights"]
    assert read_header(weights).metadata["architecture"] == "inpaintnet"


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["--network", "tracknet-v9"], 2, "'tracknet-v9' is not one of"),
        (["--longest", "2"], 2, "unknown option of tracknet-v3-small '--longest'; known: --"),
        (["--network", "inpaintnet", "--crop", "64"], 2, "unknown option of inpaintnet '--crop'"),
        (["--teacher-share", "0.3"], 2, "--teacher-share has no effect without --teacher"),
        (["--steps", "0"], 2, "steps must be at least 1"),
        (["--sports", "curling", "--steps", "1"], 1, ""),
        (["more", "--network", "verifier"], 2, "verifier takes one DATA folder, got 2"),
        (["--network", "linking"], 2, "'linking' is not one of"),
        (["more"], 1, "more: no such folder"),
    ],
)
def test_what_is_asked_wrongly(
    balltrack: Callable[..., Any],
    data: Path,
    tmp_path: Path,
    arguments: list[str],
    code: int,
    complaint: str,
) -> None:
    done = balltrack("train", data, "-o", tmp_path / "out", *arguments)
    assert done.code == code
    assert complaint in done.complaint
    assert not (tmp_path / "out").exists()


def test_help_shows_every_default_without_torch(balltrack: Callable[..., Any]) -> None:
    done = balltrack("train", "-h")
    text = " ".join(done.out.split())
    for shown in (
        "processes together. [default: 16; inpaintnet: 128; verifier: 64]",
        "trained. [default: auto]",
        "bfloat16. [default: yes]",
        "[default: 0.002]",
    ):
        assert shown in text
    program = "import sys; import balltrack.cli.train; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_second_process_says_nothing_of_its_own(
    balltrack: Callable[..., Any], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "balltrack.training.heatmaps.train_heatmaps.train_heatmaps",
        lambda options, _: options.output,
    )
    assert balltrack("train", data, "-o", tmp_path).out.startswith('{"network"')
    monkeypatch.setenv("RANK", "1")
    assert balltrack("train", data, "-o", tmp_path).out == ""
