"""A run that was killed goes on where it was, and its files are those of a run in one go."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

import killed_runs
from balltrack.overlay.writer import VideoWriter
from balltrack.synthetic import render_clip

if sys.platform == "win32":
    pytest.skip("Windows has neither fork nor SIGKILL", allow_module_level=True)

SIZE = (160, 96)
SHOTS = (30, 130, 1, 45, 70)
"""Frames of each shot: short ones, a long one, one of a single frame."""


@pytest.fixture(scope="session")
def match(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("match") / "match.mp4"
    with VideoWriter(path, SIZE, Fraction(30)) as writer:
        for number, count in enumerate(SHOTS):
            for frame in render_clip(size=SIZE, frame_count=count, seed=number).frames():
                image = frame.image if number % 2 else 255 - frame.image
                writer.write(image, sum(SHOTS[:number]) / 30 + frame.time_s)
    return path


def kill(kills: int, seed: int, folder: Path, *arguments: object) -> tuple[int, int]:
    """See `killed_runs`; how many runs were killed, and how many ended."""
    words = [kills, seed, folder, "track", *arguments, "-q", "--device", "cpu"]
    done = subprocess.run(
        [sys.executable, killed_runs.__file__, *map(str, words)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    killed, ended = done.stdout.split()
    return int(killed), int(ended)


NETWORK = ("--verify", "none", "--runtime", "torch", "--batch-size", 3, "--threshold", 0.3)


def test_killed_at_any_moment(match: Path, seeing: Path, tmp_path: Path) -> None:
    place = ("-o", tmp_path / "out.csv", "--columns", "all")
    assert kill(7, 1, tmp_path, match, "--weights", seeing, *NETWORK, *place)[0] == 7
