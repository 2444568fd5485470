"""What lies in a folder and below it, wherever symbolic links lead; and the user's cache."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import platformdirs

LEAST_ROOM = 256 << 20
"""Bytes that have to be free for something to be kept: a network takes 50 MB, and twice while it is
made."""


def cache_folder() -> Path:
    """The user's folder for things that can be made again, as the system has it; not made yet.

    Where nobody says where a user is at home, a place in which nothing can be made.
    """
    try:
        return platformdirs.user_cache_path("balltrack", appauthor=False)
    except RuntimeError:
        return Path(os.devnull) / "balltrack"


def free_bytes(folder: Path) -> int:
    """Room on the disk of a folder that is there; none where that cannot be told."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def all_below(folder: Path) -> list[Path]:
    """All files and folders in and below ``folder``, sorted.

    Every folder is entered once, by its own way where it has one and else by the first link that
    leads to it: so there is an end where links go round in circles, and nothing comes twice.
    """
    found: list[Path] = []
    ways, entered = [folder], set[str]()
    while ways:
        for place, folders, files in os.walk(ways.pop(0)):  # which follows no links by itself
            own = os.path.realpath(place)
            if own in entered:
                folders.clear()
                continue
            entered.add(own)
            inside = [Path(place, name) for name in sorted(folders) + sorted(files)]
            found += inside
            ways += [path for path in inside if path.is_symlink() and path.is_dir()]
    return sorted(found)
