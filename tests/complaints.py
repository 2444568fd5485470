"""What is said of a file that cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from balltrack.errors import BalltrackError


def complaint(read: Callable[[Path], object], path: Path) -> str | None:
    """The one line of an expected error; None where there was none. Others are not expected."""
    try:
        read(path)
    except BalltrackError as error:
        return str(error)
    return None
