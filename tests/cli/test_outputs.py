"""Where results may go is settled before the work."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from balltrack.cli.outputs import claim_outputs
from balltrack.errors import OptionError, OutputError
from numbered_clips import write_clip


def test_a_free_place_is_claimed_without_a_trace(tmp_path: Path) -> None:
    claim_outputs([tmp_path / "a.csv", tmp_path / "b.mp4"], overwrite=False)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_output_is_kept_unless_asked(tmp_path: Path) -> None:
    old = tmp_path / "a.csv"
    old.write_text("old")
    with pytest.raises(OptionError, match=r"a.csv: exists; -y replaces it"):
        claim_outputs([old], overwrite=False)
    claim_outputs([old], overwrite=True)
    assert old.read_text() == "old"


def test_on_a_terminal_the_user_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "a.csv"
    old.touch()
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(click, "confirm", lambda *_, **__: True)
    claim_outputs([old], overwrite=False)
    monkeypatch.setattr(click, "confirm", lambda *_, **__: False)
    with pytest.raises(OptionError, match="kept"):
        claim_outputs([old], overwrite=False)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("no/a.csv", "there is no folder"),
        (".", "is a folder"),
        ("file/a.csv", "there is no folder"),
    ],
)
def test_an_impossible_place_is_refused(tmp_path: Path, name: str, complaint: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=complaint):
        claim_outputs([tmp_path / name], overwrite=True)


def test_a_folder_that_cannot_be_written_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(OutputError, match=r"cannot write to .*: Permission denied"):
        claim_outputs([tmp_path / "a.csv"], overwrite=True)


def test_nothing_is_written_twice_or_over_its_input(tmp_path: Path) -> None:
    video = tmp_path / "a.mp4"
    video.touch()
    with pytest.raises(OptionError, match="is the input"):
        claim_outputs([tmp_path / "." / "a.mp4"], overwrite=True, inputs=[video])
    with pytest.raises(OptionError, match="asked for twice"):
        claim_outputs([tmp_path / "b.csv", tmp_path / "b.csv"], overwrite=True)


@pytest.mark.parametrize("there", [True, False], ids=["to a file", "to nothing"])
def test_a_link_is_kept_unless_asked(
    balltrack: Callable[..., Any], tmp_path: Path, there: bool
) -> None:
    """A link is somebody's, too, and what it points to even more so."""
    clip = write_clip(tmp_path / "clip.mp4", 3)
    (tmp_path / "labels.csv").write_text("Frame,Visibility,X,Y\n0,1,40,70\n")
    kept = tmp_path / "kept.mp4"
    if there:
        kept.write_text("kept")
    link = tmp_path / "link.mp4"
    link.symlink_to(kept)
    done = balltrack("render", clip, tmp_path / "labels.csv", "-o", link)
    assert (done.code, "link.mp4: exists; -y replaces it" in done.err) == (2, True)
    assert link.readlink() == kept
    assert kept.exists() == there
    assert not there or kept.read_text() == "kept"


def test_a_link_to_the_input_is_the_input(balltrack: Callable[..., Any], tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 3)
    before = clip.read_bytes()
    (tmp_path / "labels.csv").write_text("Frame,Visibility,X,Y\n0,1,40,70\n")
    (tmp_path / "link.mp4").symlink_to(clip)
    done = balltrack("render", clip, tmp_path / "labels.csv", "-o", tmp_path / "link.mp4", "-y")
    assert (done.code, "is the input" in done.err) == (2, True)
    assert clip.read_bytes() == before


@pytest.mark.parametrize("command", ["rallies {labels} --fps 25", "report {video} {labels}"])
def test_what_does_not_go_to_stdout_makes_no_file_called_so(
    balltrack: Callable[..., Any],
    rendered: Path,
    tmp_path: Path,
    command: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    labels = tmp_path / "clip.csv"
    labels.write_text("Frame,Visibility,X,Y\n" + "".join(f"{n},1,{n},9\n" for n in range(20)))
    done = balltrack(*command.format(labels=labels, video=rendered).split(), "-o", "-")
    assert (done.code, "-: stdout is not for this output; name a file" in done.err) == (2, True)
    assert not (tmp_path / "-").exists()


def test_a_full_stdout_is_said_to_be_it(rendered: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    with full.open("w") as out:
        done = subprocess.run(
            [sys.executable, "-m", "balltrack", "info", str(rendered)],
            env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    wanted = "balltrack: stdout: No space left on device; free some space and run again\n"
    assert (done.returncode, done.stderr) == (1, wanted)
