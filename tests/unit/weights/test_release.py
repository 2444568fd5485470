"""From a training run to a name that every command takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError

from balltrack.errors import OptionError, OutputError, WeightsError
from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.models.trajectory.inpaintnet import InpaintNet
from balltrack.weights.checkpoints import load_inpaintnet, load_network, save_checkpoint
from balltrack.weights.registry import FOLDER_VARIABLE, find_entry
from balltrack.weights.release import release

SPEC = NetworkSpec("tiny", 3, 3, 32, 32, base_width=8)
CARD = {"licence": "MIT", "provenance": "a test"}


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    path = tmp_path / "run" / "last.safetensors"
    path.parent.mkdir()
    save_checkpoint(path, TrackNet(SPEC), {"step": "7"})
    return path


def test_the_name_loads_the_network(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "club"
    release(str(trained), folder, "club-net", CARD | {"sports": ["padel"]})
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    loaded, metadata = load_network("club-net")
    assert loaded.spec == SPEC
    assert metadata["step"] == "7"
    source, _ = load_network(str(trained))
    assert torch.allclose(loaded.predictor.weight, source.predictor.weight, atol=1e-3)
    entry = find_entry("club-net")
    assert (entry.spec, entry.sports, entry.default) == ("tiny", ("padel",), True)


def test_releasing_again_replaces_the_row_in_its_place(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "club"
    inpainter = tmp_path / "inpainter.safetensors"
    save_checkpoint(inpainter, InpaintNet(), {})
    for name in ("one", "two", "one"):
        release(str(trained), folder, name, CARD)
    release(str(inpainter), folder, "filler", CARD)
    rows = {
        row["name"]: row for row in json.loads((folder / "registry.json").read_text())["weights"]
    }
    assert list(rows) == ["one", "two", "filler"]
    assert [rows[name]["default"] for name in ("one", "two", "filler")].count(True) == 2
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    assert load_inpaintnet("filler").training is False


def test_a_place_that_cannot_be_written(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot make the folder"):
        release(str(trained), tmp_path / "file" / "weights", "x", CARD)


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "-x"])
def test_a_name_that_leaves_the_folder_is_refused(trained: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(OptionError, match="cannot name weights"):
        release(str(trained), tmp_path / "club", name, CARD)
    assert not (tmp_path / "club").exists()


@pytest.mark.parametrize("text", ["[", "{}", '{"weights": ["a"]}', '{"weights": [{"name": "a"}]}'])
def test_a_damaged_registry_is_named_and_left_alone(
    trained: Path, tmp_path: Path, text: str
) -> None:
    registry = tmp_path / "registry.json"
    registry.write_text(text)
    with pytest.raises(WeightsError, match=r"registry\.json: not a weights registry"):
        release(str(trained), tmp_path, "x", CARD)
    assert registry.read_text() == text
    assert not (tmp_path / "x.safetensors").exists()


def test_a_registry_written_by_hand_may_leave_the_default_out(
    trained: Path, tmp_path: Path
) -> None:
    row = {"name": "a", "file": "a.safetensors", "sha256": "0", "spec": "tiny"}
    (tmp_path / "registry.json").write_text(json.dumps({"weights": [row]}))
    release(str(trained), tmp_path, "x", CARD)
    rows = json.loads((tmp_path / "registry.json").read_text())["weights"]
    assert [(row["name"], row.get("default")) for row in rows] == [("a", None), ("x", True)]


def test_a_full_disk_is_named_as_the_reason(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise SafetensorError("I/O error: No space left on device")

    monkeypatch.setattr("balltrack.weights.checkpoints.save_file", full)
    with pytest.raises(OutputError, match=r"x\.safetensors: .*No space left on device"):
        release(str(trained), tmp_path / "club", "x", CARD)
    assert list((tmp_path / "club").iterdir()) == []
