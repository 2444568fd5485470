"""What was worked out for weights on this machine once, kept for the next start."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_log = logging.getLogger("balltrack")


def cache_folder() -> Path:
    """The user's folder for things that can be made again, as the system has it.

    ``$XDG_CACHE_HOME/balltrack`` wherever that is set; else ``~/.cache`` (Linux),
    ``~/Library/Caches`` (macOS) or ``%LOCALAPPDATA%`` (Windows). It may not exist yet.
    """
    if named := os.environ.get("XDG_CACHE_HOME"):
        return Path(named) / "balltrack"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "balltrack"
    if local := os.environ.get("LOCALAPPDATA"):
        return Path(local) / "balltrack" / "cache"
    return Path.home() / ".cache" / "balltrack"


def folder_for(weights: Path, *facts: str) -> Path:
    """The folder of what depends on the content of ``weights`` and on ``facts``, not made yet."""
    with weights.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    key = hashlib.sha256(json.dumps([content, *facts]).encode()).hexdigest()
    return cache_folder() / "runtimes" / f"{facts[0]}-{key[:24]}"


@contextmanager
def workspace(folder: Path) -> Iterator[Path]:
    """A folder for unfinished files, inside ``folder`` or, where nothing can be kept, elsewhere."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        place = tempfile.TemporaryDirectory(
            dir=folder, prefix="partial-", ignore_cleanup_errors=True
        )
    except OSError as error:
        _log.info("%s: nothing can be kept there (%s)", folder, error.strerror)
        place = tempfile.TemporaryDirectory(prefix="balltrack-", ignore_cleanup_errors=True)
    with place as name:
        yield Path(name)


def keep(file: Path, folder: Path) -> Path:
    """Move a finished file into ``folder``; where it lies afterwards, unmoved if it cannot be."""
    try:
        return file.replace(folder / file.name)
    except OSError:
        return file
