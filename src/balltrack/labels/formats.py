"""The registry of label formats, and the three functions everybody calls.

Another format is one file with its functions and one line in `FORMATS`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, get_args

from balltrack.errors import LabelError, UnknownNameError
from balltrack.labels import annotation, jsonl, trackcsv
from balltrack.labels.whole import written_whole
from balltrack.options import Columns, check_choice
from balltrack.structures import Labels, Track

PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class LabelFormat:
    """How one kind of file is written and read.

    Attributes:
        suffixes: file name endings that mean this format, lower case; the first is
            the one to write.
        write: puts a track into an open text file.
        read_track: a prediction back from a file.
        read_labels: an annotation; None where nobody annotates in this format.
    """

    suffixes: tuple[str, ...]
    write: Callable[[Track, TextIO, Columns], None]
    read_track: Callable[[Path], Track]
    read_labels: Callable[[Path], Labels] | None = None


FORMATS: dict[str, LabelFormat] = {
    "csv": LabelFormat((".csv",), trackcsv.write, trackcsv.read_track, annotation.read_labels),
    "jsonl": LabelFormat((".jsonl",), jsonl.write, jsonl.read_track),
}


def find_format(path: Path, name: str | None = None) -> LabelFormat:
    """The format called ``name``, or the one that the suffix of ``path`` means.

    Raises:
        UnknownNameError: neither is in `FORMATS`.
    """
    if name is not None:
        if name not in FORMATS:
            raise UnknownNameError("label format", name, FORMATS)
        return FORMATS[name]
    for known in FORMATS.values():
        if path.suffix.lower() in known.suffixes:
            return known
    suffixes = [suffix for known in FORMATS.values() for suffix in known.suffixes]
    raise UnknownNameError("suffix of label file", path.name, suffixes)


def read_track(path: PathLike) -> Track:
    """Read a prediction: a file that `write_labels` or an upstream tracker wrote.

    A file with TrackNet's four columns says neither how a position was found nor how
    sure the tracker was: its positions are read as DETECTED with score 1, all in shot
    0, at unknown times.

    Raises:
        LabelError: the file cannot be read or has a bad row; says ``file:line``.
        UnknownNameError: no format has this suffix.
    """
    path = _file(path)
    return find_format(path).read_track(path)


def read_labels(path: PathLike) -> Labels:
    """Read an annotation: TrackNetV2/V3's ``*_ball.csv`` or TrackNet's ``Label.csv``.

    Raises:
        LabelError: the file cannot be read or has a bad row; says ``file:line``.
        UnknownNameError: no format has this suffix.
    """
    path = _file(path)
    read = find_format(path).read_labels
    if read is None:
        raise LabelError(f"{path}: holds predictions, expected an annotation (.csv)")
    return read(path)


def write_labels(
    track: Track,
    path: PathLike,
    *,
    format: str | None = None,  # noqa: A002  # the word of the command line's --format
    columns: Columns = "trackcsv",
) -> None:
    """Write one row a frame; the file appears whole or not at all.

    Args:
        track: what to write.
        path: where; an existing file is replaced.
        format: a name in `FORMATS`; None goes by the suffix of ``path``.
        columns: for csv, "trackcsv" is TrackNet's ``Frame,Visibility,X,Y`` in whole
            pixels and "all" adds ``Time,Confidence,Source,Shot``. jsonl has everything.

    Raises:
        OutputError: the folder is missing or not writable, or the disk is full.
        UnknownNameError: no such format.
    """
    path = Path(path)
    write = find_format(path, format).write
    check_choice("columns", columns, get_args(Columns))
    with written_whole(path) as file:
        write(track, file, columns)


def _file(path: PathLike) -> Path:
    path = Path(path)
    if path.is_dir():
        raise LabelError(f"{path}: is a folder; name a label file in it")
    return path
