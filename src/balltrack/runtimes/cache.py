"""What was worked out for weights on this machine once, kept for the next start."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from balltrack.folders import LEAST_ROOM, cache_folder, free_bytes
from balltrack.weights.handle import Weights

_log = logging.getLogger("balltrack")


def folder_for(weights: Weights, *facts: str) -> Path:
    """The folder of what depends on the content of ``weights`` and on ``facts``, not made yet."""
    key = hashlib.sha256(json.dumps([weights.sha256, *facts]).encode()).hexdigest()
    return cache_folder() / "runtimes" / f"{facts[0]}-{key[:24]}"


@contextmanager
def workspace(folder: Path) -> Iterator[Path]:
    """A folder for unfinished files, inside ``folder`` or, where nothing can be kept, elsewhere."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if free_bytes(folder) < LEAST_ROOM:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        place = tempfile.TemporaryDirectory(
            dir=folder, prefix="partial-", ignore_cleanup_errors=True
        )
    except OSError as error:
        _log.info("%s: nothing can be kept there (%s)", folder, error.strerror)
        place = tempfile.TemporaryDirectory(prefix="balltrack-", ignore_cleanup_errors=True)
    with place as name:
        yield Path(name)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ctrl-C is heard when the block is done, as KeyboardInterrupt.

    An exception that is raised inside a library's conversion of a network may be taken for one of
    the network's, or end the process.
    """
    ours = signal.getsignal(signal.SIGINT) is not None  # else what listens is not Python's
    if not ours or threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if heard:
        signal.raise_signal(signal.SIGINT)


def keep(file: Path, folder: Path) -> Path:
    """Move a finished file into ``folder``; where it lies afterwards, unmoved if it cannot be."""
    try:
        return file.replace(folder / file.name)
    except OSError:
        return file
