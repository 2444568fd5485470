"""Runs that are killed at random moments: nothing is lost, nothing doubled, every byte is equal."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import killed_runs
from seeing_network import save_seeing
from shot_match import NETWORK, write_match

if sys.platform == "win32":
    pytest.skip("Windows has neither fork nor SIGKILL", allow_module_level=True)

SEEING = ("--weights", "{seeing}", *NETWORK)


@pytest.fixture(scope="session")
def match(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_match(tmp_path_factory.mktemp("match") / "match.mp4")


@pytest.fixture(scope="session")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_seeing(tmp_path_factory.mktemp("weights") / "seeing.safetensors", size=(128, 72))


def kill(kills: int, folder: Path, *arguments: object) -> int:
    """See `killed_runs`; how many runs ended."""
    command = [sys.executable, killed_runs.__file__, kills, 1, folder, "track", *arguments]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    killed, ended = map(int, done.stdout.split())
    assert killed >= kills
    return ended


def test_killed_at_any_moment(match: Path, seeing: Path, tmp_path: Path) -> None:
    place = ("-o", tmp_path / "out.csv", "--columns", "all")
    assert kill(3, tmp_path, match, "--weights", seeing, *NETWORK, *place) > 0


def test_many_killed_at_any_moment(seeing: Path, tmp_path: Path) -> None:
    """Videos that are done are not done again, also under -y; nothing has to be asked for."""
    (tmp_path / "videos").mkdir()
    for name, shots in (("a", (12, 20)), ("b", (5,)), ("c", (25, 8))):
        write_match(tmp_path / "videos" / f"{name}.mp4", shots)
    place = ("-o", tmp_path / "out", "--columns", "all")
    assert kill(2, tmp_path / "out", tmp_path / "videos", "--weights", seeing, *NETWORK, *place) > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kills", "more"),
    [
        (40, (*SEEING, "--format", "csv", "--format", "jsonl", "--verify", "verifier")),
        (30, ("--weights", "classical", "--device", "cpu", "-q")),
        (30, (*SEEING, "--overlay", "{folder}/overlay.mp4", "--ensemble", "nonoverlap")),
    ],
)
def test_killed_at_a_hundred_moments(
    match: Path, seeing: Path, tmp_path: Path, kills: int, more: Sequence[object]
) -> None:
    words = [str(word).format(folder=tmp_path, seeing=seeing) for word in more]
    place = ("-o", tmp_path / "out.csv", "--columns", "all")
    assert kill(kills, tmp_path, match, *place, *words) > 0
