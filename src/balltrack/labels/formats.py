"""The registry of label formats: another one is a file of functions and a row in `FORMATS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO

from balltrack.errors import LabelError, UnknownNameError
from balltrack.labels import event_rows, jsonl, subtitles, trackcsv
from balltrack.labels.sheet import Facet, Setting, Sheet, facets
from balltrack.labels.tools import (
    coco,
    cvat,
    deeplabcut,
    dltdv,
    kinovea,
    label_studio,
    mot,
    racketvision,
    sleap,
    tracknet_v1,
    yolo,
)
from balltrack.options import Columns
from balltrack.structures import Play, Track, VideoInfo

Size = tuple[int, int]

HEAD = 4096
"""Bytes of a file by which it is recognised."""


class RowWriter(Protocol):
    """Takes the rows of a track as they come."""

    def append(self, rows: Track, play: Play | None = None) -> None:
        """Write the next rows, with what the ball does on them where that is known.

        Raises:
            OptionError: they hold what could not be read again.
        """
        ...

    def close(self) -> None:
        """There are no more rows: write what a format has at its end; the file stays open."""
        ...


@dataclass(frozen=True)
class LabelFormat:
    """How one kind of file is written and read.

    Attributes:
        suffixes: file name endings of such files, lower case; the first is the one to write.
            Empty for folders.
        read: a file's rows; the size (width, height) of the video is for formats with shares of
            the picture.
        write: rows into an open text file.
        holds: what is kept of them.
        recognises: whether a file that begins so is of this format.
        rows: writes row by row; formats without are written at the end.
        write_folder: instead of ``write``, rows into an empty folder.
        is_own_folder: whether such labels are all that is in a folder, which may be replaced.
        annotates: whether people annotate in this format.
        events: whether it lists events, not positions frame by frame.
    """

    suffixes: tuple[str, ...]
    read: Callable[[Path, Size | None], Sheet]
    write: Callable[[Sheet, TextIO, Setting], None] | None
    holds: frozenset[Facet]
    recognises: Callable[[str], bool]
    rows: Callable[[TextIO, Columns, VideoInfo | None], RowWriter] | None = None
    write_folder: Callable[[Sheet, Path, Setting], None] | None = None
    is_own_folder: Callable[[Path], bool] | None = None
    annotates: bool = True
    events: bool = False


def _tool(module: object, read: Callable[[Path, Size | None], Sheet] | None = None) -> LabelFormat:
    """The format that a module of `tools` is, read by ``read`` where it has no own way."""
    return LabelFormat(
        module.SUFFIXES,  # type: ignore[attr-defined]
        read or module.read,  # type: ignore[attr-defined]
        module.write,  # type: ignore[attr-defined]
        module.HOLDS,  # type: ignore[attr-defined]
        module.recognises,  # type: ignore[attr-defined]
    )


FORMATS: dict[str, LabelFormat] = {
    "csv": LabelFormat(
        trackcsv.SUFFIXES,
        trackcsv.read,
        trackcsv.write,
        trackcsv.HOLDS,
        trackcsv.recognises,
        rows=trackcsv.Writer,
    ),
    "jsonl": LabelFormat(
        (".jsonl",),
        jsonl.read,
        jsonl.write,
        jsonl.HOLDS,
        lambda _: True,
        rows=jsonl.Writer,
        annotates=False,
    ),
    "tracknet-v1": _tool(tracknet_v1, trackcsv.read),
    "racketvision": _tool(racketvision, trackcsv.read),
    "cvat": _tool(cvat),
    "coco": _tool(coco),
    "label-studio": _tool(label_studio),
    "mot": _tool(mot),
    "yolo": LabelFormat(
        (),
        yolo.read,
        None,
        yolo.HOLDS,
        lambda _: False,
        write_folder=yolo.write,
        is_own_folder=yolo.is_own_folder,
    ),
    "deeplabcut": _tool(deeplabcut),
    "sleap": _tool(sleap),
    "dltdv": _tool(dltdv),
    "kinovea": _tool(kinovea),
    "srt": LabelFormat(
        (".srt",), subtitles.read, subtitles.write_srt, subtitles.HOLDS, lambda _: True
    ),
    "vtt": LabelFormat(
        (".vtt",), subtitles.read, subtitles.write_vtt, subtitles.HOLDS, lambda _: True
    ),
    "events": LabelFormat(
        (".csv",),
        event_rows.read,
        event_rows.write_events_table,
        event_rows.HOLDS,
        event_rows.is_table,
        events=True,
    ),
    "spot": LabelFormat(
        (".json",),
        event_rows.read,
        event_rows.write_spot,
        event_rows.HOLDS_OF_SPOT,
        event_rows.is_spot,
        events=True,
    ),
}

MEANT = {".csv": "csv", ".jsonl": "jsonl", ".srt": "srt", ".vtt": "vtt", ".xml": "cvat"}
MEANT |= {".kva": "kinovea"}
"""What the suffix of a file that is to be written means by itself."""

BOXED = frozenset({"coco", "label-studio", "mot", "yolo"})
"""Formats that write a box around the ball."""

READ = frozenset(
    suffix for known in FORMATS.values() if not known.events for suffix in known.suffixes
)
"""Suffixes of the files that labels are read from."""

TRACKED = [name for name, known in FORMATS.items() if known.write and not known.events]
"""Formats that a tracker's rows can be written in, as one file."""


def find_format(path: Path, name: str | None = None) -> LabelFormat:
    """The format called ``name``, or the one that the suffix of a new file means.

    Raises:
        UnknownNameError: it is not in `FORMATS`, or `MEANT` does not have the suffix.
    """
    if name is not None:
        if name not in FORMATS:
            raise UnknownNameError("label format", name, FORMATS)
        return FORMATS[name]
    if path.suffix.lower() not in MEANT:
        raise UnknownNameError("suffix of label file", path.name, MEANT, "; or name the format")
    return FORMATS[MEANT[path.suffix.lower()]]


def left_out(sheet: Sheet, name: str, columns: Columns) -> list[str]:
    """What is in a sheet and not in the file of a format, in words."""
    four = name == "csv" and columns == "trackcsv"
    holds = trackcsv.HOLDS_OF_FOUR if four else FORMATS[name].holds
    return [facet.value for facet in Facet if facet in facets(sheet) - holds]


def is_yolo(folder: Path) -> bool:
    """Whether a folder holds texts with a frame's number in their names."""
    return next(folder.glob("*[0-9].txt"), None) is not None


def are_labels(source: Path) -> bool:
    """Whether a source is labels by its name, or a folder of YOLO's texts; else it is a video."""
    return is_yolo(source) if source.is_dir() else source.suffix.lower() in READ


def recognise(path: Path) -> str:
    """The name of the format that a file, or a folder of YOLO's texts, is in.

    Raises:
        LabelError: there is no such file, or it begins like none of those with its suffix.
        UnknownNameError: no format has this suffix.
    """
    if path.is_dir():
        if not is_yolo(path):
            raise LabelError(f"{path}: is a folder; name a label file in it")
        return "yolo"
    suffix = path.suffix.lower()
    alike = [name for name, known in FORMATS.items() if suffix in known.suffixes]
    if not alike:
        raise UnknownNameError("suffix of label file", path.name, READ)
    head = _head(path)
    if len(alike) == 1:
        return alike[0]
    for name in reversed(alike):  # a table that is none of the others is ours
        if FORMATS[name].recognises(head):
            return name
    raise LabelError(f"{path}: begins like none of {', '.join(alike)}; see docs/formats.md")


def _head(path: Path) -> str:
    """How a file begins; nothing where it cannot be read, which its reader will say."""
    try:
        with path.open("rb") as file:
            return file.read(HEAD).decode("utf-8-sig", errors="replace")
    except FileNotFoundError:
        raise LabelError(f"{path}: there is no such file, expected a label file") from None
    except OSError:
        return ""
