"""What is at work, and what is only left over."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import Thread

import pytest

from balltrack.archive.leftovers import SCRATCH, claimed, scratch_folder


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")
def test_what_another_one_has_is_waited_for(tmp_path: Path) -> None:
    told: list[str] = []

    def second() -> None:
        with claimed(tmp_path / "claim"):
            told.append("second")

    with claimed(tmp_path / "claim"):
        waiting = Thread(target=second)
        waiting.start()
        time.sleep(0.1)
        told.append("first")
    waiting.join(10)
    assert told == ["first", "second"]


def test_temporary_folders_of_the_dead_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    kept = {f"{SCRATCH}{os.getpid()}-abc", f"{SCRATCH}old", "other"}
    for name in (*kept, f"{SCRATCH}{dead.pid}-abc"):
        (tmp_path / name / "within").mkdir(parents=True)
    with scratch_folder() as mine:
        assert {path.name for path in tmp_path.iterdir()} == kept | {Path(mine).name}
