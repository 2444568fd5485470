"""What is left by processes that were killed, kept apart from what others are at work on."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

try:
    import fcntl
except ImportError:  # Windows: nothing keeps two processes apart there
    fcntl = None  # type: ignore[assignment]

_log = logging.getLogger("balltrack")

SCRATCH = "balltrack-archive-"
"""Begins the name of a temporary folder; the id of its process follows."""


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Have what a file stands for to oneself; waits until no other process has it.

    Whoever dies has it no longer. Where a file system has no locks, everybody has it.

    Args:
        path: of the file; made where there is none, and may be removed within the block.
    """
    with path.open("ab") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _log.info("%s: another run is at work on it; waits", path.parent)
                fcntl.flock(file, fcntl.LOCK_EX)
            except OSError:
                _log.debug("%s: cannot be locked", path)
        yield


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """A new temporary folder; those of processes that were killed go."""
    for folder in Path(tempfile.gettempdir()).glob(f"{SCRATCH}*-*"):
        process = folder.name.removeprefix(SCRATCH).partition("-")[0]
        if process.isdecimal() and not psutil.pid_exists(int(process)):
            shutil.rmtree(folder, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix=f"{SCRATCH}{os.getpid()}-")
