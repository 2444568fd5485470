"""Which sources are no files, but what is happening now."""

from __future__ import annotations

import stat
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

STDIN = "-"
NETWORK = ("rtsp://", "rtsps://", "rtmp://", "http://", "https://", "udp://", "tcp://", "srt://")

USUAL_RATE = Fraction(25)
"""Frames a second of what says no rate."""


def is_live(source: str) -> bool:
    """Whether a source is no file: ``-``, an address, a camera's number, a pipe or a device."""
    if source == STDIN or is_address(source) or is_camera(source):
        return True
    mode = _mode(source)
    return mode is not None and stat.S_ISFIFO(mode)


def is_camera(source: str) -> bool:
    """Whether a source is a camera of this machine: its number, where no file is called so, or its
    device."""
    mode = _mode(source)
    return source.isdecimal() and len(source) < 4 if mode is None else stat.S_ISCHR(mode)


def is_address(source: str) -> bool:
    """Whether a source lies on a network."""
    return source.lower().startswith(NETWORK)


def _mode(source: str) -> int | None:
    with suppress(OSError, ValueError):
        return Path(source).stat().st_mode
    return None
