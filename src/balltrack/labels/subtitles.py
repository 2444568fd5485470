"""Subtitles: SubRip and WebVTT (W3C, "WebVTT", section 4), of rallies, or a line a row of labels.

A row is ``frame 12: 640.25, 101.50, detected 0.93, hit``, or ``frame 13: none``, shown until the
next row: any player then tells what the labels say. Where a person saw no ball it is ``none 1``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np

from balltrack.errors import LabelError, OptionError
from balltrack.labels.events import BOUNCE, HIT
from balltrack.labels.rows import Place, TrackRow, open_labels, track_from_rows
from balltrack.labels.sheet import UNKNOWN_STATUS, Facet, Setting, Sheet
from balltrack.structures import Source

HOLDS = frozenset(Facet) - {
    Facet.SHOTS,
    Facet.PLAY,
    Facet.BLUR,
    Facet.HARD,
    Facet.OCCLUSION,
    Facet.BALLS,
}
STATUS = {"flying": 0, HIT: 1, BOUNCE: 2}

_TIME = re.compile(r"(?:(\d{1,6}):)?(\d{1,6}):(\d{1,6})[,.](\d{3})\s*-->")
_ROW = re.compile(
    r"frame (?P<frame>\d+): (?:none(?: (?P<no_ball>\S+))?|"
    r"(?P<x>\S+), (?P<y>\S+), (?P<source>\w+) (?P<score>\S+))"
    r"(?:, (?P<status>flying|hit|bounce))?"
)


class Cue(NamedTuple):
    """A line of text and the seconds from when to when it is shown."""

    start_s: float
    end_s: float
    text: str


def write_cues(cues: Iterable[Cue], file: TextIO, *, srt: bool) -> None:
    """Write SubRip, else WebVTT."""
    comma = "," if srt else "."
    file.write("" if srt else "WEBVTT\n\n")
    for number, cue in enumerate(cues, start=1):
        when = f"{_clock(cue.start_s, comma)} --> {_clock(cue.end_s, comma)}"
        blank = "\n" if number > 1 else ""
        file.write(f"{blank}{number}\n{when}\n{cue.text}\n")


def write_srt(sheet: Sheet, file: TextIO, setting: Setting) -> None:
    """See the module; needs times, or the video's rate."""
    write_cues(_cues(sheet, setting), file, srt=True)


def write_vtt(sheet: Sheet, file: TextIO, setting: Setting) -> None:
    """See the module; needs times, or the video's rate."""
    write_cues(_cues(sheet, setting), file, srt=False)


def read(path: Path, _: tuple[int, int] | None = None) -> Sheet:
    """Read subtitles back that tell rows.

    Raises:
        LabelError: they tell something else, or a frame is there twice.
    """
    with open_labels(path) as file:
        told = [*_rows(path, file)]
        if not told:
            file.seek(0)
            if file.read().strip() not in {"", "WEBVTT"}:  # as we write labels without a row
                expected = "expected such as 'frame 12: 640.25, 101.50, …'"
                raise LabelError(f"{path}: tells no rows, {expected}")
    track = track_from_rows((place, row) for place, row, _ in told)
    status = [number for _, _, number in sorted(told, key=lambda one: one[1].frame)]
    return Sheet(track, track.visible.astype(np.int8), np.array(status, dtype=np.int8))


def _cues(sheet: Sheet, setting: Setting) -> Iterator[Cue]:
    track = sheet.track
    known = all(math.isfinite(time_s) for time_s in track.time_s.tolist())
    if setting.video is None and not known:
        raise OptionError("subtitles need times; give --video or --fps")
    rate = float(setting.video.frame_rate) if setting.video else 25.0
    frames = track.frame_index.tolist()
    starts = track.time_s.tolist() if known else [frame / rate for frame in frames]
    names = {number: name for name, number in STATUS.items()}
    for i, (frame, start_s) in enumerate(zip(frames, starts, strict=True)):
        text = f"frame {frame}: none"
        if sheet.visibility[i]:
            x, y = track.xy[i].tolist()
            source = Source(track.source[i]).label
            text = f"frame {frame}: {x:.2f}, {y:.2f}, {source} {track.score[i]:.4f}"
        elif track.score[i]:
            text += f" {track.score[i]:.4f}"
        if sheet.status[i] != UNKNOWN_STATUS:
            text += f", {names[int(sheet.status[i])]}"
        follows = i + 1 < len(frames) and frames[i + 1] == frame + 1
        yield Cue(start_s, starts[i + 1] if follows else start_s + 1 / rate, text)


def _rows(path: Path, file: TextIO) -> Iterator[tuple[Place, TrackRow, int]]:
    time_s = math.nan
    for line, text in enumerate(file, start=1):
        if match := _TIME.match(text.strip()):
            hours, minutes, seconds, thousandths = (int(part or 0) for part in match.groups())
            time_s = hours * 3600 + minutes * 60 + seconds + thousandths / 1000
        elif match := _ROW.fullmatch(text.strip()):
            place = Place(path, line)
            seen = match["x"] is not None
            row = TrackRow(
                frame=place.integer("frame", match["frame"]),
                time_s=time_s,
                x=place.number("x", match["x"]) if seen else math.nan,
                y=place.number("y", match["y"]) if seen else math.nan,
                score=place.score(match["score"] or match["no_ball"] or 0.0),
                source=place.source(match["source"]) if seen else Source.NONE,
                shot=0,
            )
            yield place, row, STATUS.get(match["status"] or "", UNKNOWN_STATUS)


def _clock(seconds: float, comma: str) -> str:
    """``00:01:02,345``."""
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{comma}{rest % 1000:03}"
