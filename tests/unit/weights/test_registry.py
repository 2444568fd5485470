"""Weights by name or path, from folders that each hold a registry."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from balltrack.errors import UnknownNameError, WeightsError
from balltrack.weights import registry
from balltrack.weights.handle import open_weights
from balltrack.weights.header import read_header
from balltrack.weights.registry import find_entry, list_weights


def make_folder(folder: Path, name: str = "net-a", **changes: Any) -> Path:
    """A weights folder with one file in it; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.safetensors"
    save_file({"a.weight": np.zeros((2, 3), np.float32)}, file, metadata={"spec": "{}"})
    row = {
        "name": name,
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "spec": "tracknet-v3",
        "sports": ["badminton"],
        "licence": "MIT",
        "provenance": "rendered",
        "scores": {"dev": {"f1": 0.5}},
        "default": True,
    } | changes
    (folder / "registry.json").write_text(json.dumps({"weights": [row]}))
    return file


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package's own folder, with one file ``net-a``."""
    folder = tmp_path / "own"
    file = make_folder(folder)
    monkeypatch.setattr(registry, "PACKAGED", folder)
    monkeypatch.delenv(registry.FOLDER_VARIABLE, raising=False)
    return file


def test_a_name_gives_its_file_and_everything_the_registry_says(own: Path) -> None:
    entry = find_entry("net-a")
    assert open_weights("net-a").path == entry.path == own
    assert (entry.spec, entry.sports, entry.licence) == ("tracknet-v3", ("badminton",), "MIT")
    assert entry.default is True
    assert entry.scores["dev"]["f1"] == 0.5


def test_a_registry_with_a_threshold_is_read_as_one_without(own: Path) -> None:
    """As `weights add` used to write it."""
    before = list_weights()
    make_folder(own.parent, threshold=0.4)
    assert list_weights() == before
    assert "threshold" in (own.parent / "registry.json").read_text()


def test_without_packaged_files_the_checkout_is_read(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "PACKAGED", tmp_path / "nothing")
    monkeypatch.setattr(registry, "CHECKOUT", own.parent)
    assert open_weights("net-a").path == own


def test_the_checkout_is_the_folder_beside_src() -> None:
    assert (registry.CHECKOUT.parent / "pyproject.toml").is_file()


def test_an_unknown_name_lists_the_known(own: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown weights 'nett'; known: net-a"):
        open_weights("nett")


def test_a_path_needs_no_registry_entry(own: Path, tmp_path: Path) -> None:
    file = make_folder(tmp_path / "mine", "other")
    assert open_weights(file).path == file
    assert find_entry(str(file)).sha256 is None


@pytest.mark.parametrize("asked", ["no/such/file", "missing.safetensors"])
def test_a_missing_path_says_so(own: Path, asked: str) -> None:
    with pytest.raises(WeightsError, match="no such weights file"):
        open_weights(asked)


def test_a_folder_is_not_a_weights_file(own: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="is a folder"):
        open_weights(tmp_path)


def test_a_replaced_file_is_refused(own: Path) -> None:
    own.write_bytes(own.read_bytes() + b"x")
    with pytest.raises(WeightsError, match="sha256"):
        open_weights("net-a")


def test_a_lost_file_is_missed(own: Path) -> None:
    own.unlink()
    with pytest.raises(WeightsError, match="missing"):
        open_weights("net-a")


def test_the_environment_adds_a_folder_that_wins(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_folder(tmp_path / "extra", "net-b")
    monkeypatch.setenv(registry.FOLDER_VARIABLE, str(tmp_path / "extra"))
    assert [entry.name for entry in list_weights()] == ["net-b", "net-a"]
    mine = make_folder(tmp_path / "extra", "net-a")
    assert open_weights("net-a").path == mine


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "not a weights registry"),
        ("[]", "not a weights registry"),
        ('{"weights": [{"name": "a"}]}', "'file' is missing"),
        ('{"weights": [{"name": "a", "file": "a", "spec": "s"}]}', "'sha256' is missing"),
        ('{"weights": [{"name": "a", "file": "a", "spec": "s", "sha256": "", "x": 1}]}', "'x'"),
    ],
)
def test_a_bad_registry_is_one_clear_line(own: Path, text: str, complaint: str) -> None:
    (own.parent / "registry.json").write_text(text)
    with pytest.raises(WeightsError, match=complaint) as caught:
        list_weights()
    assert "registry.json" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_registry_is_an_error(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(registry.FOLDER_VARIABLE, str(tmp_path / "typo"))
    with pytest.raises(WeightsError, match="cannot read the weights registry"):
        list_weights()


def test_the_header_is_read_without_the_tensors(own: Path) -> None:
    header = read_header(own)
    assert header.metadata == {"spec": "{}"}
    assert (header.tensors, header.parameters, header.dtypes) == (1, 6, ("F32",))


def test_a_file_that_is_no_safetensors_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a.safetensors"
    file.write_bytes(b"not one")
    with pytest.raises(WeightsError, match="not a safetensors file"):
        read_header(file)
    with pytest.raises(WeightsError, match="cannot be read"):
        read_header(tmp_path / "b.safetensors")


def test_every_shipped_file_is_the_registered_one() -> None:
    for entry in list_weights():
        assert entry.checked_sha256() == entry.sha256
        assert entry.licence != "unknown"
        assert entry.provenance != "unknown"
