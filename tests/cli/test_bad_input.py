"""Bad input: one clear line, the documented exit code, and nothing left behind."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

COMMANDS_WITH_VIDEO = ("track", "info", "bench")


def make_bad_videos(folder: Path) -> dict[str, Path]:
    """One of each kind of file that is no video."""
    text = folder / "text.mp4"
    text.write_text("Frame,Visibility,X,Y\n" * 50)
    empty = folder / "empty.mp4"
    empty.touch()
    sound = folder / "sound.wav"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(8000))
    return {
        "missing": folder / "missing.mp4",
        "folder": folder,
        "text": text,
        "empty": empty,
        "sound": sound,
    }


@pytest.mark.parametrize("command", COMMANDS_WITH_VIDEO)
@pytest.mark.parametrize("kind", ["missing", "folder", "text", "empty", "sound"])
def test_no_video(
    balltrack: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    kind: str,
) -> None:
    inputs, work = tmp_path / "in", tmp_path / "work"
    inputs.mkdir()
    work.mkdir()
    monkeypatch.chdir(work)
    path = make_bad_videos(inputs)[kind]
    done = balltrack(command, *(["--video"] if command == "bench" else []), path)
    assert done.code == 1
    assert done.complaint.startswith(f"balltrack: {path}: ")
    assert (done.out, list(work.iterdir())) == ("", [])


@pytest.fixture
def attempt(
    balltrack: Callable[..., Any], rendered: Path, tmp_path: Path
) -> Callable[..., tuple[int, str]]:
    """Track the rendered clip into an empty folder, which must stay empty."""

    def run(*arguments: object) -> tuple[int, str]:
        folder = tmp_path / "out"
        folder.mkdir()
        done = balltrack("track", rendered, "-o", folder / "out.csv", *arguments)
        assert list(folder.iterdir()) == []
        assert done.out == ""
        return done.code, done.complaint

    return run


def test_unknown_weights_list_the_known(
    attempt: Callable[..., tuple[int, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = '{"name": "mine", "file": "mine.safetensors", "sha256": "", "spec": "tracknet-v3"}'
    (tmp_path / "registry.json").write_text('{"weights": [' + row + "]}")
    monkeypatch.setenv("BALLTRACK_WEIGHTS_DIR", str(tmp_path))
    code, complaint = attempt("--weights", "tracknet-v9", "--device", "cpu")
    assert code == 2
    assert "unknown weights 'tracknet-v9'; known: " in complaint
    assert "mine" in complaint.partition("known: ")[2].split(", ")


def test_a_missing_weights_file(attempt: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    code, complaint = attempt("--weights", tmp_path / "no.safetensors", "--device", "cpu")
    assert code == 1
    assert "no.safetensors: no such weights file" in complaint


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"architecture": "tracknet", "spec": "{}"},
        {
            "architecture": "tracknet",
            "spec": '{"name": "x", "frames_in": 3, "frames_out": 3, "base_width": 4}',
        },
    ],
    ids=["nothing said", "no spec", "other tensors"],
)
def test_weights_that_do_not_fit(
    attempt: Callable[..., tuple[int, str]], tmp_path: Path, metadata: dict[str, str]
) -> None:
    file = tmp_path / "odd.safetensors"
    save_file({"a": np.zeros(3, np.float32)}, file, metadata=metadata)
    code, complaint = attempt("--weights", file, "--device", "cpu")
    assert code == 1
    assert complaint.startswith(f"balltrack: {file}: ")


def test_weights_that_are_none(attempt: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    file = tmp_path / "text.safetensors"
    file.write_text("not weights")
    code, complaint = attempt("--weights", file, "--device", "cpu")
    assert code == 1
    assert complaint.startswith(f"balltrack: {file}: ")


def test_no_gpu(
    attempt: Callable[..., tuple[int, str]], tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    code, complaint = attempt("--weights", tiny_weights, "--device", "cuda")
    assert code == 2
    assert "no device 'cuda' on this machine; there is: " in complaint


@pytest.mark.parametrize("where", ["missing/out.csv", "file/out.csv", "."])
@pytest.mark.parametrize("option", ["-o", "--overlay"])
def test_no_place_for_outputs(
    balltrack: Callable[..., Any], rendered: Path, tmp_path: Path, where: str, option: str
) -> None:
    (tmp_path / "file").touch()
    place = tmp_path / where
    if option == "--overlay" and where != ".":
        place = place.with_suffix(".mp4")
    outputs = ["-o", place] if option == "-o" else ["-o", tmp_path / "a.csv", option, place]
    done = balltrack("track", rendered, "--format", "csv", *outputs)
    assert done.code == (2 if option == "--overlay" and where == "." else 1)
    assert str(place) in done.complaint
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_bad_row_is_named_by_file_and_line(
    balltrack: Callable[..., Any], rendered: Path, tmp_path: Path
) -> None:
    labels = tmp_path / "bad.csv"
    labels.write_text("Frame,Visibility,X,Y\n0,1,5,5\n1,1,abc,5\n")
    done = balltrack("render", rendered, labels, "-o", tmp_path / "out.mp4")
    assert done.code == 1
    assert f"{labels}:3: " in done.complaint
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]


def test_a_full_disk(
    balltrack: Callable[..., Any],
    rendered: Path,
    tiny_weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    output = tmp_path / "out.csv"
    common = ("--weights", tiny_weights, "--device", "cpu", "-q")
    done = balltrack("track", rendered, *common, "-o", output)
    assert done.code == 1
    assert "No space left on device" in done.complaint
    assert str(output) in done.complaint
    assert list(tmp_path.iterdir()) == []
