"""Text files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from balltrack.errors import OutputError


@contextmanager
def written_whole(path: Path) -> Iterator[TextIO]:
    """Open a text file to write; it gets its name when the block ends well.

    Raises:
        OutputError: the folder is missing or not writable, or the disk is full.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _check_place(path)
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
        part.replace(path)
    except OutputError:
        raise
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{path}: cannot be written ({reason}); nothing was kept") from None
    finally:
        with suppress(OSError):
            part.unlink()


def _check_place(path: Path) -> None:
    if not path.parent.is_dir():
        raise OutputError(f"{path}: there is no folder {path.parent}; create it first")
    if path.exists() and not path.is_file():  # replacing a device or a pipe would destroy it
        raise OutputError(f"{path}: is not a regular file; give a file name")
