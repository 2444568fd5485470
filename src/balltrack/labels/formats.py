"""The registry of label formats, and the functions everybody calls.

Another format is one file with its functions and one line in `FORMATS`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO, get_args

import numpy as np

from balltrack.declaring import check_choice
from balltrack.errors import LabelError, UnknownNameError
from balltrack.labels import annotation, jsonl, trackcsv
from balltrack.options import Columns
from balltrack.outputs import whole_text
from balltrack.structures import FloatArray, Labels, Play, Track, VideoInfo

_log = logging.getLogger("balltrack")

PathLike = str | os.PathLike[str]


class RowWriter(Protocol):
    """Takes the rows of a track as they come."""

    def append(self, rows: Track, play: Play | None = None) -> None:
        """Write the next rows, with what the ball does on them where that is known."""
        ...

    def close(self) -> None:
        """There are no more rows: write what a format has at its end; the file stays open."""
        ...


@dataclass(frozen=True)
class LabelFormat:
    """How one kind of file is written and read.

    Attributes:
        suffixes: file name endings that mean this format, lower case; the first is
            the one to write.
        writer: of rows, into an open text file; knows the video where who asks does.
        read_track: a prediction back from a file.
        read_labels: an annotation; None where nobody annotates in this format.
    """

    suffixes: tuple[str, ...]
    writer: Callable[[TextIO, Columns, VideoInfo | None], RowWriter]
    read_track: Callable[[Path], Track]
    read_labels: Callable[[Path], Labels] | None = None


FORMATS: dict[str, LabelFormat] = {
    "csv": LabelFormat((".csv",), trackcsv.Writer, trackcsv.read_track, annotation.read_labels),
    "jsonl": LabelFormat((".jsonl",), jsonl.Writer, jsonl.read_track),
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
    """Read a prediction: a file that `write_track` or an upstream tracker wrote.

    A file with TrackNet's four columns says neither how a position was found nor how
    sure the tracker was: its positions are read as DETECTED with score 1, all in shot
    0, at unknown times.

    Raises:
        LabelError: the file cannot be read or has a bad row; says ``file:line``.
        UnknownNameError: no format has this suffix.
    """
    path = _file(path)
    track = find_format(path).read_track(path)
    _warn_of_shares(path, track.xy)
    return track


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
    labels = read(path)
    _warn_of_shares(path, labels.xy)
    return labels


def write_track(
    track: Track,
    path: PathLike,
    *,
    format: str | None = None,  # noqa: A002  # the word for it
    columns: Columns = "trackcsv",
    info: VideoInfo | None = None,
    play: Play | None = None,
) -> None:
    """Write one row a frame; the file appears whole or not at all, and `read_track` reads it.

    Args:
        track: what to write.
        path, format, columns, info: see `open_writer`.
        play: what the ball does on each row.

    Raises:
        OutputError, UnknownNameError: as `open_writer`.
    """
    with open_writer(path, format=format, columns=columns, info=info) as writer:
        writer.append(track, play)


@contextmanager
def open_writer(
    path: PathLike,
    *,
    format: str | None = None,  # noqa: A002  # the word for it
    columns: Columns = "trackcsv",
    info: VideoInfo | None = None,
) -> Iterator[RowWriter]:
    """A file of labels that takes rows as they come, and appears when the block ends well.

    Args:
        path: where; an existing file is replaced.
        format: a name in `FORMATS`; None goes by the suffix of ``path``.
        columns: for csv, "trackcsv" is TrackNet's ``Frame,Visibility,X,Y`` in whole
            pixels and "all" adds ``Time,Confidence,Source,Shot`` and what a `Play` says. jsonl has
            everything.
        info: of the video, for formats that name it, its size or its rate.

    Raises:
        OutputError: the folder is missing or not writable, or the disk is full.
        UnknownNameError: no such format.
    """
    path = Path(path)
    known = find_format(path, format)
    check_choice("columns", columns, get_args(Columns))
    with whole_text(path) as file:
        writer = known.writer(file, columns, info)
        yield writer
        writer.close()


def write_rows(
    file: TextIO,
    format: str,  # noqa: A002  # the word for it
    columns: Columns,
    info: VideoInfo | None = None,
) -> RowWriter:
    """A writer into an open text file, such as stdout; arguments as `open_writer`."""
    return find_format(Path(), format).writer(file, columns, info)


def _warn_of_shares(path: Path, xy: FloatArray) -> None:
    """Positions from 0 to 1 are probably shares of the picture, not pixels."""
    seen = xy[~np.isnan(xy[:, 0])]
    if len(seen) and ((seen >= 0) & (seen <= 1)).all():
        _log.warning("%s: all positions lie between 0 and 1; balltrack takes them as pixels", path)


def _file(path: PathLike) -> Path:
    path = Path(path)
    if path.is_dir():
        raise LabelError(f"{path}: is a folder; name a label file in it")
    return path
