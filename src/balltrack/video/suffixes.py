"""Names of files that hold videos."""

from __future__ import annotations

from pathlib import Path

VIDEO_SUFFIXES = (
    *(".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v"),
    *(".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".wmv", ".flv"),
)
"""Endings that a folder is searched for, and that a label file's video may have, any case. A file
that is named may have any ending."""


def is_video(path: Path) -> bool:
    """Whether the name says so."""
    return path.suffix.lower() in VIDEO_SUFFIXES
