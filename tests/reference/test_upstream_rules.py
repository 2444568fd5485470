"""``--rules tracknetv3`` against a script that follows the published rules in the plainest way.

The script is `upstream_rules.py` beside this file. The tables in ``golden/`` are its answers on
the clip rendered here, stored without loss:

    python tests/reference/upstream_rules.py rally.mp4 NETWORK golden/NETWORK.csv --eval-mode weight
"""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from balltrack.cli.main import run
from balltrack.models.specs import SPECS, BackgroundMode
from balltrack.models.tracknet import TrackNet
from balltrack.models.trajectory.inpaintnet import InpaintNet
from balltrack.synthetic import render_clip
from balltrack.weights.checkpoints import save_checkpoint
from balltrack.weights.export import export
from balltrack.weights.handle import open_weights
from reference import upstream_rules
from told_clips import write_pictures

GOLDEN = Path(__file__).parent / "golden"
HEADER = ["Frame", "Visibility", "X", "Y"]

Rows = list[upstream_rules.Row]


@pytest.fixture(scope="module")
def rally(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 frames with a cut and a hidden ball, larger than what the networks see."""
    clip = render_clip(size=(640, 360), frame_count=40, seed=7, cut_at=30)
    path = tmp_path_factory.mktemp("clip") / "rally.mp4"
    return write_pictures(path, [f.image for f in clip.frames()], 30, {"crf": "0"})


@pytest.fixture(scope="module")
def inpaintnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One as upstream saves it. Untrained: what is compared is what is done with its answers."""
    torch.manual_seed(5)
    folder = tmp_path_factory.mktemp("weights")
    save_checkpoint(folder / "ours.safetensors", InpaintNet("image"), {})
    theirs = folder / "InpaintNet_best.pt"
    export(open_weights(folder / "ours.safetensors"), theirs, "tracknetv3")
    return theirs


def tracked(video: Path, weights: object, folder: Path, *options: object) -> Rows:
    """What ``balltrack track --rules tracknetv3`` writes."""
    out = folder / "out.csv"
    given = [
        "--rules",
        "tracknetv3",
        "--weights",
        weights,
        "--device",
        "cpu",
        "-q",
        "-y",
        "-o",
        out,
    ]
    assert run(["track", *map(str, [video, *given, *options])]) == 0
    return read(out)


def read(path: Path) -> Rows:
    """The rows of a table, which has one for every frame."""
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == HEADER
    assert [int(row[0]) for row in rows] == list(range(len(rows)))
    return [(int(v), int(x), int(y)) for _, v, x, y in rows]


def same(first: Rows, second: Rows) -> int:
    return sum(one == other for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize(
    "network", ["tracknet-v3-small", pytest.param("tracknet-v3", marks=pytest.mark.slow)]
)
def test_every_row_is_the_scripts(rally: Path, tmp_path: Path, network: str) -> None:
    golden = read(GOLDEN / f"{network}.csv")
    assert 0 < sum(visible for visible, _, _ in golden) < len(golden) == 40
    assert tracked(rally, network, tmp_path, "--ensemble", "weight") == golden


@pytest.mark.slow
def test_the_tables_are_the_scripts_answers(rally: Path) -> None:
    network = "tracknet-v3-small"
    assert upstream_rules.follow(str(rally), network, "weight") == read(GOLDEN / f"{network}.csv")


@pytest.mark.parametrize(
    "mode",
    ["nonoverlap", *(pytest.param(m, marks=pytest.mark.slow) for m in ("average", "weight"))],
)
def test_every_mode_and_inpaintnet(
    rally: Path, inpaintnet: Path, tmp_path: Path, mode: str
) -> None:
    """20 frames: two whole windows and a padded one, for the InpaintNet one and a padded one."""
    network = "tracknet-v3-small"
    options = ("--ensemble", mode, "--end", 19.5 / 30)
    found = tracked(rally, network, tmp_path, *options, "--inpaint", inpaintnet)
    assert found == upstream_rules.follow(str(rally), network, mode, str(inpaintnet), 20)
    assert found != tracked(rally, network, tmp_path, *options)


def test_a_file_for_upstreams_script_gives_the_same_rows(rally: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "TrackNet_best.pt"
    export(open_weights("tracknet-v3"), theirs, "tracknetv3")
    options = ("--ensemble", "nonoverlap", "--end", 7.5 / 30)
    found = tracked(rally, "tracknet-v3", tmp_path, *options)
    assert sum(visible for visible, _, _ in found) > 5
    assert found == tracked(rally, theirs, tmp_path, *options)
    assert found == upstream_rules.follow(str(rally), str(theirs), "nonoverlap", count=8)


@pytest.mark.parametrize(
    ("background", "bg_mode"),
    [
        pytest.param("none", "", marks=pytest.mark.slow),
        pytest.param("subtract", "subtract", marks=pytest.mark.slow),
        ("subtract_concat", "subtract_concat"),
    ],
)
def test_a_network_with_another_background_and_of_another_length(
    rally: Path, tmp_path: Path, background: BackgroundMode, bg_mode: str
) -> None:
    """Three frames, for which "concat" and "subtract_concat" have as many channels. Untrained, the
    network answers here and there."""
    torch.manual_seed(2)
    spec = replace(SPECS["tracknet-v3"], frames_in=3, frames_out=3, background=background)
    network = TrackNet(spec).eval()
    frames = upstream_rules.read_frames(str(rally), 3)
    median = np.median(np.array(frames), axis=0)
    shown = [
        np.concatenate([upstream_rules.small(f), upstream_rules.apart(f, median)]) for f in frames
    ]
    seen = {"none": np.s_[:3], "subtract": np.s_[3:], "subtract_concat": np.s_[:]}[background]
    x = np.concatenate([image[seen] for image in shown]) / 255.0
    with torch.no_grad():
        logits = network(torch.from_numpy(x)[None].float())[0]
        network.predictor.bias -= logits.flatten(1).quantile(0.9995, dim=1)
    ours, theirs = tmp_path / "ours.safetensors", tmp_path / "TrackNet_best.pt"
    save_checkpoint(ours, network, {})
    export(open_weights(ours), theirs, "tracknetv3")
    parameters = torch.load(theirs, weights_only=True)["param_dict"]
    assert (parameters["seq_len"], parameters["bg_mode"]) == (3, bg_mode)
    found = tracked(rally, theirs, tmp_path, "--ensemble", "weight", "--end", 3.5 / 30)
    assert len(found) == 4
    assert len(set(found)) > 1
    assert found == upstream_rules.follow(str(rally), str(theirs), "weight", count=4)


@pytest.mark.shared
@pytest.mark.slow
def test_a_broadcast(shared: Path, tmp_path: Path) -> None:
    video = shared / "bench" / "match13s.mp4"
    end: Any = ("--end", 59.5 / 30)
    found = tracked(video, "tracknet-v3", tmp_path, "--ensemble", "weight", *end)
    expected = upstream_rules.follow(str(video), "tracknet-v3", "weight", count=60)
    assert sum(visible for visible, _, _ in expected) > 40
    assert same(found, expected) >= 59
