"""What lies in a folder and below it, wherever symbolic links lead."""

from __future__ import annotations

import os
from pathlib import Path


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
