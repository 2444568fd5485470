"""Bad input: one clear line, the documented exit code, and nothing left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_tensors

from balltrack.journal import journal_of
from balltrack.weights.handle import open_weights

COMMANDS_WITH_VIDEO = ("track", "info", "bench")


def make_bad_videos(folder: Path) -> dict[str, Path]:
    """One of each kind of file that is no video."""
    text = folder / "text.mp4"
    text.write_text("Frame,Visibility,X,Y\n" * 50)
    pipe = folder / "pipe.mp4"
    os.mkfifo(pipe)
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
        "pipe": pipe,
    }


@pytest.mark.parametrize("command", COMMANDS_WITH_VIDEO)
@pytest.mark.parametrize("kind", ["missing", "folder", "text", "empty", "sound", "pipe"])
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
    if command == "track" and kind in {"folder", "pipe"}:
        pytest.skip("track takes folders and pipes; see test_track_many.py, test_track_live.py")
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
    known = complaint.partition("known: ")[2].strip().split(", ")
    assert {"mine", "classical", "tracknet-v1", "tracknet-v3-small"} <= {*known}
    assert not {"events", "verifier", "inpaintnet", "play"} & {*known}


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


def test_a_tracker_fills_no_gaps(
    attempt: Callable[..., tuple[int, str]], tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said before the work, not at the first gap."""
    monkeypatch.setattr("balltrack.pipeline.rules.open_video", None)
    code, complaint = attempt(
        "--weights", tiny_weights, "--device", "cpu", "--inpaint", tiny_weights
    )
    assert code == 1
    assert f"{tiny_weights}: is a heatmap network, which finds the ball" in complaint


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
    assert done.code == 1
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
    assert list(tmp_path.iterdir()) == [journal_of(output)]  # to go on with


@pytest.mark.parametrize(
    ("arguments", "example"),
    [
        (["-o", "{}"], "clip.csv"),
        (["-o", "{}", "--format", "jsonl"], "clip.jsonl"),
        (["-o", "{}", "--format", "csv", "--format", "jsonl"], "clip.csv"),
        (["-o", "a.csv", "--overlay", "{}"], "clip_overlay.mp4"),
    ],
)
def test_a_folder_is_no_output_and_a_name_in_it_is_given(
    balltrack: Callable[..., Any],
    rendered: Path,
    tmp_path: Path,
    arguments: list[str],
    example: str,
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    done = balltrack("track", rendered, *(part.format(folder) for part in arguments))
    assert done.code == 1
    assert done.complaint == (
        f"balltrack: {folder}: is a folder; name a file in it, such as {folder / example}"
    )
    assert list(tmp_path.rglob("*")) == [folder]


def test_a_folder_is_no_label_file(
    balltrack: Callable[..., Any], rendered: Path, tmp_path: Path
) -> None:
    done = balltrack("render", rendered, tmp_path, "-o", tmp_path / "out.mp4")
    assert (done.code, list(tmp_path.iterdir())) == (1, [])
    assert f"{tmp_path}: is a folder; name a label file in it" in done.complaint


def test_a_file_that_may_not_be_read_is_an_input_that_failed(
    balltrack: Callable[..., Any], rendered: Path, tiny_weights: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("os.access", lambda *_, **__: False)
    done = balltrack("info", rendered)
    assert done.code == 1
    assert done.complaint == f"balltrack: {rendered}: may not be read; change its permissions"


def test_a_name_that_is_not_utf8(
    balltrack: Callable[..., Any], rendered: Path, tiny_weights: Path, tmp_path: Path
) -> None:
    """Read by PyAV, refused by OpenCV, which such a name would end."""
    video = tmp_path / os.fsdecode(b"caf\xe9.mp4")
    try:
        video.write_bytes(rendered.read_bytes())
    except OSError:
        pytest.skip("names are UTF-8 on this file system")
    common = ("--weights", tiny_weights, "--device", "cpu", "-q", "-y")
    for reader, code in (("auto", 0), ("pyav", 0), ("opencv", 1)):
        output = tmp_path / os.fsdecode(b"\xe9.csv")
        assert balltrack("track", video, "-o", output, "--reader", reader, *common).code == code
        assert output.is_file()


def test_labels_for_a_closed_stdout(
    balltrack: Callable[..., Any], rendered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout", None)
    done = balltrack("track", rendered, "-o", "-")
    assert (done.code, done.complaint) == (1, "balltrack: stdout is closed; give -o a file")
    done = balltrack("track", rendered, "--json")
    expected = "balltrack: stdout is closed, and --json goes there; open it"
    assert (done.code, done.complaint) == (1, expected)


def test_nothing_to_time_is_said_before_the_work(
    balltrack: Callable[..., Any], rendered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subprocess.run", None)
    done = balltrack("bench", "--video", rendered, "--start", "50", "-q")
    assert done.code == 2
    assert "before the start asked for (50 s)" in done.complaint


def test_a_file_that_was_cut_off_is_noticed(
    balltrack: Callable[..., Any], rendered: Path, tiny_weights: Path, tmp_path: Path
) -> None:
    data = rendered.read_bytes()
    cut = tmp_path / "cut.mp4"
    assert data.index(b"moov") < data.index(b"mdat"), "its index comes first"
    cut.write_bytes(data[: data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 2])
    common = ("--weights", tiny_weights, "--device", "cpu", "-y", "-o", tmp_path / "out.csv")
    done = balltrack("track", cut, *common)
    assert done.code == 0
    assert "of the 20 frames that it promises; is the file cut off?" in done.err
    assert "cut off" not in balltrack("track", rendered, *common).err
    assert "cut off" not in balltrack("track", rendered, *common, "--end", "0.2").err


@pytest.mark.parametrize("fault", [float("nan"), float("inf")])
@pytest.mark.parametrize("option", ["--weights", "--verify", "--inpaint"])
def test_weights_of_numbers_that_are_none(
    attempt: Callable[..., tuple[int, str]], tmp_path: Path, option: str, fault: float
) -> None:
    name = {"--weights": "tracknet-v3-small", "--verify": "verifier", "--inpaint": "inpaintnet"}
    weights = open_weights(name[option])
    arrays = weights.arrays()
    next(array for array in arrays.values() if array.dtype.kind == "f").flat[0] = fault
    file = tmp_path / "mine.safetensors"
    save_file(arrays, file, metadata=dict(weights.metadata))
    code, complaint = attempt(option, file, "--device", "cpu", "--no-resume")
    assert code == 1
    assert f"{file}: holds NaN or infinity" in complaint


def test_weights_of_numbers_that_numpy_does_not_have(tmp_path: Path) -> None:
    """In a process of its own: other libraries teach NumPy such numbers."""
    weights = open_weights("events")
    tensors = {key: tensor.bfloat16() for key, tensor in weights.tensors().items()}
    save_tensors(tensors, tmp_path / "mine.safetensors", metadata=dict(weights.metadata))
    (tmp_path / "l.csv").write_text("Frame,Visibility,X,Y\n0,1,5,5\n")
    command = [sys.executable, "-m", "balltrack", "events", "l.csv", "-q", "--fps", "25"]
    done = subprocess.run(
        [*command, "--weights", "./mine.safetensors"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("balltrack: mine.safetensors: cannot be read")


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["convert", "far.csv", "o.csv", "--to", "dltdv"], 2, "frame 9007199254740992 is too far"),
        (["convert", "spot.json", "o.csv", "--to", "events"], 1, "frame is too large"),
        (["convert", "long.txt", "o.csv", "--to", "csv"], 1, "is not comma-separated text"),
        (["convert", "back.csv", "o.srt"], 0, ""),
        (["events", "back.csv"], 1, "back.csv: the time of frame 1 is not after that of the frame"),
        (["track", "--batch-file", "nul.txt", "-o", "out"], 1, "nul.txt: is not a list of names"),
        (["track", "99999999999999999999999"], 1, "no such file; check the path"),
        (["track", "x.mp4", "--start", "9" * 5000 + ":00"], 2, "is not a time"),
        (["track", "x.mp4", "-o", "a\0b"], 2, "is no name of a file"),
        (["convert", "far.csv", "o.csv", "--config", "deep.toml"], 2, "not a TOML file"),
    ],
)
def test_strange_content(
    balltrack: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in STRANGE.items():
        Path(name).write_text(content)
    done = balltrack(*arguments)
    assert done.code == code, done.err
    assert complaint in (done.err.splitlines() or [""])[-1]
    if code:
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(STRANGE)


STRANGE = {
    "far.csv": "Frame,Visibility,X,Y\n0,1,5,5\n9007199254740992,1,5,5\n",
    "spot.json": '[{"video": "a", "events": [{"frame": 1e300, "label": "hit"}]}]',
    "long.txt": f"1,1,1,1,{'9' * 200_000},1,1\n",
    "back.csv": "Frame,Visibility,X,Y,Time,Confidence,Source,Shot\n"
    "0,1,5,5,1,1,detected,0\n1,1,5,5,0,1,detected,0\n",
    "nul.txt": "a\0b.mp4\n",
    "deep.toml": "[convert]\nbox = " + "[" * 100_000,
}


def test_a_closed_stdin_is_nobody_to_ask(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text(STRANGE["back.csv"])
    (tmp_path / "o.csv").write_text("mine")
    command = f'"{sys.executable}" -m balltrack convert l.csv o.csv <&-'
    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (2, "balltrack: o.csv: exists; -y replaces it\n")


def test_a_variable_of_no_option_is_refused(
    balltrack: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BALLTRACK_EVENTS_LOOKAHEAD", "3")
    (tmp_path / "l.csv").write_text("Frame,Visibility,X,Y\n0,1,5,5\n")
    done = balltrack("events", tmp_path / "l.csv", "--fps", 25)
    assert done.code == 2
    assert "BALLTRACK_EVENTS_LOOKAHEAD: events has no such option" in done.complaint
    assert balltrack("info", tmp_path / "none.mp4").code == 1
