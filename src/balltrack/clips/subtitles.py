"""Which rally it is, as subtitles: SubRip and WebVTT."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

SUFFIXES = (".srt", ".vtt")


class Cue(NamedTuple):
    """A line of text and the seconds from when to when it is shown."""

    start_s: float
    end_s: float
    text: str


def with_suffixes(stem: Path) -> list[Path]:
    """The files of both kinds under one name."""
    return [Path(f"{stem}{suffix}") for suffix in SUFFIXES]


def write_subtitles(cues: Sequence[Cue], path: Path) -> None:
    """Write SubRip where ``path`` ends in .srt, else WebVTT (W3C, "WebVTT", section 4)."""
    srt = path.suffix.lower() == ".srt"
    comma = "," if srt else "."
    blocks = [] if srt else ["WEBVTT\n"]
    for number, cue in enumerate(cues, start=1):
        when = f"{_clock(cue.start_s, comma)} --> {_clock(cue.end_s, comma)}"
        blocks.append(f"{number}\n{when}\n{cue.text}\n")
    path.write_text("\n".join(blocks), encoding="utf-8")


def _clock(seconds: float, comma: str) -> str:
    """``00:01:02,345``."""
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{comma}{rest % 1000:03}"
