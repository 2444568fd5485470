"""Which rally it is, as subtitles beside a video."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from balltrack.labels.subtitles import Cue, write_cues

SUFFIXES = (".srt", ".vtt")


def with_suffixes(stem: Path) -> list[Path]:
    """The files of both kinds under one name."""
    return [Path(f"{stem}{suffix}") for suffix in SUFFIXES]


def write_subtitles(cues: Sequence[Cue], path: Path) -> None:
    """Write SubRip where ``path`` ends in .srt, else WebVTT."""
    with path.open("w", encoding="utf-8", newline="") as file:
        write_cues(cues, file, srt=path.suffix.lower() == ".srt")
