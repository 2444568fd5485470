"""Where a file can be written, and that it appears whole or not at all."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from balltrack.errors import OptionError, OutputError
from balltrack.overlay.writer import VideoWriter
from written_files import RATE, SIZE, write


@pytest.mark.parametrize("name", ["a.avi", "a", "a.mkv"])
def test_other_endings_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OptionError, match=r"must end in \.mp4, \.m4v, \.mov"):
        VideoWriter(tmp_path / name, SIZE, RATE)
    assert not list(tmp_path.iterdir())


def test_places_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"there is no folder .*missing"):
        VideoWriter(tmp_path / "missing" / "a.mp4", SIZE, RATE)
    (tmp_path / "a.mp4").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        VideoWriter(tmp_path / "a.mp4", SIZE, RATE)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no folder that refuses even root")
def test_a_folder_that_takes_no_files() -> None:
    with pytest.raises(OutputError, match=r"^/proc/a\.mp4: cannot write the video: "):
        VideoWriter("/proc/a.mp4", SIZE, RATE)


def test_a_failure_in_the_block_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"
    target.write_bytes(b"before")

    def failing() -> Iterator[float]:
        yield from (number / 25 for number in range(40))
        raise RuntimeError("while drawing")

    with pytest.raises(RuntimeError, match="while drawing"):
        write(target, failing())
    assert target.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [target]
    assert "balltrack-encode" not in {thread.name for thread in threading.enumerate()}


FULL_DISK = """
import resource, sys
from fractions import Fraction
import numpy as np
from balltrack.errors import OutputError
from balltrack.overlay.writer import VideoWriter

resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
try:
    with VideoWriter(sys.argv[1], (320, 240), Fraction(25), crf=5) as writer:
        for number in range(int(sys.argv[2])):
            writer.write(np.roll(noise, 7 * number, axis=0), number / 25)
except OutputError as error:
    print(error)
"""


@pytest.mark.parametrize("frames", [2, 100], ids=["at the end", "while writing"])
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path, frames: int) -> None:
    """A limit on the size of files stands in for the disk; both fail in write(2)."""
    target = tmp_path / "a.mp4"
    outcome = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(target), str(frames)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert outcome.stdout.startswith(f"{target}: cannot write the video: ")
    assert outcome.stdout.count("\n") == 1
    assert not list(tmp_path.iterdir())
