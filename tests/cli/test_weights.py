"""``balltrack weights list`` and ``info``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from balltrack import TrackOptions
from balltrack.cli.events import events
from balltrack.cli.rallies import rallies
from balltrack.detection.network import NetworkDetector


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "a.safetensors"
    save_file({"w": np.ones(5, np.float16)}, file, metadata={"trained": "on rendered clips"})
    row = {
        "name": "net-a",
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "spec": "tracknet-v3",
        "sports": ["badminton", "tennis"],
        "licence": "MIT",
        "provenance": "rendered clips",
        "scores": {"dev": {"f1": 0.9}, "tennis dev": {"strict_f1": 0.876}},
        "default": True,
    }
    (tmp_path / "registry.json").write_text(json.dumps({"weights": [row]}))
    monkeypatch.setenv("BALLTRACK_WEIGHTS_DIR", str(tmp_path))
    return tmp_path


def test_the_list_shows_names_networks_sports_and_licences(
    balltrack: Callable[..., Any], folder: Path
) -> None:
    line = balltrack("weights", "list").out.splitlines()[0]
    assert line.split() == ["net-a", "tracknet-v3", "MIT", "tennis", "0.88"]
    rows = json.loads(balltrack("weights", "list", "--json").out)
    assert rows[0]["name"] == "net-a"
    assert rows[0]["sports"] == ["badminton", "tennis"]
    assert rows[0]["strict_f1"] == {"tennis": 0.876}


def test_the_list_says_what_is_taken_by_default(balltrack: Callable[..., Any]) -> None:
    lines = balltrack("weights", "list").out.splitlines()
    said = {line.split()[0]: line.rpartition("; ")[2] for line in lines}
    assert said[TrackOptions().weights] == "default of --weights and --detector"
    assert said[NetworkDetector.verifier].endswith("default of --verify")
    assert said["inpaintnet"].endswith("default of --inpaint")
    assert said["events"].endswith("default of --weights in events and rallies")
    assert said["events-live"].endswith("used with --lag and --look-ahead")
    assert said["play"].endswith("used by track and shots")
    assert "default" not in said["tracknet-v3"] + said["tracknet-v2"] + said["tracknet-v1"]
    rows = json.loads(balltrack("weights", "list", "--json").out)
    taken = {row["name"] for row in rows if row["default"]}
    assert taken == {name for name, text in said.items() if "default" in text or "used" in text}
    for command in (events, rallies):
        assert next(each.default for each in command.params if each.name == "weights") == "events"


def test_info_shows_the_registry_and_the_file(balltrack: Callable[..., Any], folder: Path) -> None:
    facts = json.loads(balltrack("weights", "info", "net-a", "--json").out)
    assert (facts["parameters"], facts["dtypes"]) == (5, ["F16"])
    assert facts["header"] == {"trained": "on rendered clips"}
    assert facts["scores"]["dev"] == {"f1": 0.9}
    said = balltrack("weights", "info", "net-a").out
    assert "trained:" in said
    assert "on rendered clips" in said


def test_info_of_a_file_outside_the_registry(balltrack: Callable[..., Any], folder: Path) -> None:
    outcome = balltrack("weights", "info", folder / "a.safetensors", "--json")
    assert json.loads(outcome.out)["sha256"] is None


def test_unknown_missing_and_damaged_weights_are_one_line(
    balltrack: Callable[..., Any], folder: Path
) -> None:
    outcome = balltrack("weights", "info", "net-b")
    assert outcome.code == 2
    assert "unknown weights 'net-b'; known: " in outcome.complaint
    assert "net-a" in outcome.complaint
    assert balltrack("weights", "info", "x/y.safetensors").code == 1
    (folder / "a.safetensors").write_bytes(b"rubbish")
    outcome = balltrack("weights", "info", "net-a")
    assert outcome.code == 1
    assert "sha256" in outcome.complaint


def test_a_checkpoint_of_tracknetv3_is_described_imported_and_exported(
    balltrack: Callable[..., Any], folder: Path
) -> None:
    import torch  # noqa: PLC0415

    from balltrack.models.trajectory.inpaintnet import InpaintNet  # noqa: PLC0415

    path = folder / "InpaintNet_best.pt"
    torch.save({"model": InpaintNet().state_dict(), "param_dict": {"seq_len": 16}}, path)
    facts = json.loads(balltrack("weights", "info", path, "--json").out)
    assert facts["header"] == {"architecture": "inpaintnet", "coordinates": "image"}
    card = ("--licence", "MIT", "--provenance", "theirs")
    before = path.read_bytes()
    assert balltrack("weights", "import", path, "--name", "v3", "--folder", folder, *card).code == 0
    assert path.read_bytes() == before
    facts = json.loads(balltrack("weights", "info", "v3", "--json").out)
    assert (facts["spec"], facts["provenance"]) == ("inpaintnet", "theirs")
    assert (facts["header"]["licence"], facts["header"]["provenance"]) == ("MIT", "theirs")
    digest = hashlib.sha256(before).hexdigest()
    assert facts["header"]["source"] == f"InpaintNet_best.pt, sha256 {digest}"

    place = folder / "back.pt"
    assert balltrack("weights", "export", "v3", "-o", place, "--format", "tracknetv3").code == 0
    model = torch.load(place, weights_only=True)["model"]
    theirs = torch.load(path, weights_only=True)["model"]
    torch.testing.assert_close(dict(model), dict(theirs), atol=1e-3, rtol=1e-3)  # half precision
    outcome = balltrack("weights", "export", "v3", "-o", place, "--format", "tracknetv3")
    assert (outcome.code, "exists; -y replaces it" in outcome.complaint) == (2, True)


def test_scores_are_of_the_weights_that_they_stand_beside(
    balltrack: Callable[..., Any], folder: Path
) -> None:
    import torch  # noqa: PLC0415

    from balltrack.models.trajectory.inpaintnet import InpaintNet  # noqa: PLC0415

    path, report = folder / "InpaintNet_best.pt", folder / "dev.json"
    torch.save({"model": InpaintNet().state_dict(), "param_dict": {"seq_len": 16}}, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    asked = ("weights", "import", path, "--name", "v3", "--folder", folder)
    asked += ("--licence", "MIT", "--provenance", "theirs", "--scores", "dev", report)
    for used, code in (
        ({"sha256 of other": "abc"}, 2),
        ({"sha256 of mine": digest, "sha256 of verifier": "abc"}, 0),
        (None, 0),  # of labels in files
    ):
        report.write_text(json.dumps({"runs": [{"total": {"f1": 0.5}, "used": used}]}))
        done = balltrack(*asked)
        assert done.code == code, done.err
        assert (code == 0) or "dev.json: is of other weights than" in done.complaint
    facts = json.loads(balltrack("weights", "info", "v3", "--json").out)
    assert facts["scores"] == {"dev": {"f1": 0.5}}


def test_a_folder_is_no_weights(
    balltrack: Callable[..., Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    outcome = balltrack("weights", "info", folder.name)
    assert outcome.code == 1
    assert f"{folder.name}: is a folder, not a weights file" in outcome.complaint
