"""Label files read and written, whatever their format: the functions everybody calls."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import TextIO, get_args

import numpy as np
import numpy.typing as npt

from balltrack.declaring import check_choice
from balltrack.errors import LabelError, UnknownNameError
from balltrack.geometry import far_outside
from balltrack.labels import annotation
from balltrack.labels.events import STATUS
from balltrack.labels.formats import (
    FORMATS,
    MEANT,
    TRACKED,
    RowWriter,
    Size,
    find_format,
    left_out,
    recognise,
)
from balltrack.labels.rows import check_rows
from balltrack.labels.sheet import Facet, Setting, Sheet, sheet_of, told_status
from balltrack.labels.table import columns_of
from balltrack.options import Columns
from balltrack.outputs import whole_folder, whole_text
from balltrack.structures import FloatArray, Labels, Play, Source, Track, VideoInfo
from balltrack.tracks import join_tracks

_log = logging.getLogger("balltrack")

PathLike = str | os.PathLike[str]
ReadLabels = Callable[[Path, Size], Labels]
"""A label file and the size of its video → what a person said of it."""

DEFAULT = Setting()


def read_sheet(path: PathLike, size: Size | None = None, *, balls: bool = False) -> Sheet:
    """Read a label file in any format, with all that it says.

    A file without a row is told of: it is seldom what was meant.

    Args:
        path: the file, or a folder of YOLO's texts.
        size: (width, height) of the video in pixels, where it is known: formats with shares of the
            picture need it, and labels of a larger picture are refused.
        balls: take all balls of a file that has several; else the one in play alone, and say so.

    Raises:
        LabelError: the file cannot be read or has a bad row (says ``file:line``), lists events, or
            is of a larger picture.
        UnknownNameError: no format has this suffix.
    """
    path = Path(path)
    known = FORMATS[recognise(path)]
    if known.events:
        raise LabelError(
            f"{path}: lists events, expected a row a frame; commands take them by --events"
        )
    sheet = known.read(path, size)
    _refuse_far(path, sheet.track.xy, size)
    if not len(sheet):
        _log.warning("%s: holds no rows; is it the right file?", path)
    if not sheet.track.others or balls:
        return sheet
    several = len(sheet.track.others) + 1
    _log.warning("%s: holds %d balls a frame; Ball 1, the one in play, is taken", path, several)
    return replace(sheet, track=replace(sheet.track, others=()))


def read_track(path: PathLike, size: Size | None = None, *, balls: bool = False) -> Track:
    """Read a prediction in any format: a file that `write_track` or another program wrote.

    Most formats, such as TrackNet's four columns, say neither how a position was found nor how
    sure the tracker was: its positions are read as DETECTED with score 1, all in shot
    0, at unknown times. Of several balls the one in play is read, with ``balls`` all of them.

    Raises:
        LabelError, UnknownNameError: as `read_sheet`.
    """
    track = read_sheet(path, size, balls=balls).track
    _warn_of_shares(Path(path), track.xy)
    return track


def read_labels(path: PathLike, size: Size | None = None) -> Labels:
    """Read an annotation in any format, such as TrackNetV2/V3's ``*_ball.csv``.

    Raises:
        LabelError, UnknownNameError: as `read_sheet`, or a format of predictions.
    """
    path = Path(path)
    name = recognise(path)
    if not FORMATS[name].annotates:
        raise LabelError(f"{path}: holds predictions, expected an annotation (.csv)")
    if name == "csv":
        labels = annotation.read_labels(path)
        _refuse_far(path, labels.xy, size)
    else:
        labels = read_sheet(path, size).labels
    _warn_of_shares(path, labels.xy)
    return labels


def read_corrections(path: PathLike, size: Size | None = None) -> Labels:
    """What a person said of a clip: of a file with corrected rows, or rows that surely show no ball
    (no source, confidence 1), these alone.

    The other rows of such a file are a tracker's, which nobody need have looked at. A file with
    neither is read as `read_labels` does, with the same errors.
    """
    labels = read_labels(path, size)
    track = read_sheet(path, size).track
    no_ball = (track.source == Source.NONE) & (track.score == 1)
    said = no_ball | (track.source == Source.CORRECTED)
    return only_frames(labels, track.frame_index[said]) if said.any() else labels


def read_told(path: PathLike) -> dict[int, str]:
    """What people said of hits and bounces in a column ``Status``: frame → "hit", "bounce", or ""
    for neither.

    Of rows one after another that say the same the first is meant. A column that is 0 throughout
    says nothing, see `told_status`.

    Raises:
        LabelError, UnknownNameError: as `read_labels`.
    """
    path = Path(path)
    if Facet.STATUS not in FORMATS[recognise(path)].holds or path.suffix.lower() != ".csv":
        return {}
    if "status" not in columns_of(path):
        return {}
    labels = annotation.read_labels(path)
    frames, status = labels.frame_index, told_status(labels.visibility, labels.status)
    again = np.r_[False, (np.diff(frames) == 1) & (np.diff(status) == 0)]
    kinds = [STATUS.get(str(one), "") for one in np.where(again, 0, status)]
    told = zip(frames.tolist(), kinds, status.tolist(), strict=True)
    return {frame: kind for frame, kind, said in told if said >= 0}


def only_frames(labels: Labels, frames: npt.NDArray[np.int64]) -> Labels:
    """The labels of these frames, where there are any."""
    rows = np.isin(labels.frame_index, frames)
    return Labels(**{each.name: getattr(labels, each.name)[rows] for each in fields(labels)})


def write_sheet(sheet: Sheet, path: PathLike, name: str, setting: Setting = DEFAULT) -> None:
    """Write a sheet in a format of `FORMATS`; the file or folder appears whole or not at all.

    Raises:
        OptionError: the format needs to know more of the video, or as `write_track`.
        OutputError: it cannot be written there.
        UnknownNameError: no such format.
    """
    path = Path(path)
    known = find_format(path, name)
    check_rows(sheet.track)
    _warn_of_loss(sheet, name, setting.columns)
    if known.write_folder is not None and known.is_own_folder is not None:
        with whole_folder(path, known.is_own_folder) as folder:
            known.write_folder(sheet, folder, setting)
    elif known.write is not None:
        with whole_text(path) as file:
            known.write(sheet, file, setting)


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
        OptionError: it holds what `read_track` would refuse, such as a score of 1.5.
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
        format: a name in `TRACKED`; None goes by the suffix of ``path``.
        columns: for csv, "trackcsv" is TrackNet's ``Frame,Visibility,X,Y`` in whole
            pixels and "all" adds ``Time,Confidence,Source,Shot`` and what a `Play` says. jsonl has
            everything.
        info: of the video, for formats that name it, its size or its rate.

    Raises:
        OutputError: the folder is missing or not writable, or the disk is full.
        UnknownNameError: no such format.
    """
    path = Path(path)
    find_format(path, format)
    check_choice("columns", columns, get_args(Columns))
    with whole_text(path) as file:
        writer = write_rows(file, format or MEANT[path.suffix.lower()], columns, info)
        yield writer
        writer.close()


def write_rows(
    file: TextIO,
    format: str,  # noqa: A002  # the word for it
    columns: Columns,
    info: VideoInfo | None = None,
) -> RowWriter:
    """A writer into an open text file, such as stdout; arguments as `open_writer`."""
    known = find_format(Path(), format)
    if format not in TRACKED:
        raise UnknownNameError("format of rows in a file", format, TRACKED)
    if known.rows is not None:
        return known.rows(file, columns, info)
    return _Gathered(format, file, Setting(info, columns))


class _Gathered:
    """Rows for a format that is written when all are there."""

    def __init__(self, name: str, file: TextIO, setting: Setting) -> None:
        self._name, self._file, self._setting = name, file, setting
        self._pieces: list[Track] = []

    def append(self, rows: Track, _: Play | None = None) -> None:
        """See `RowWriter`."""
        check_rows(rows)
        self._pieces.append(rows)

    def close(self) -> None:
        """See `RowWriter`."""
        sheet, write = sheet_of(join_tracks(self._pieces)), FORMATS[self._name].write
        if write is not None:
            _warn_of_loss(sheet, self._name, self._setting.columns)
            write(sheet, self._file, self._setting)


def _warn_of_loss(sheet: Sheet, name: str, columns: Columns) -> None:
    lost = left_out(sheet, name, columns)
    if lost and (name, columns) == ("csv", "trackcsv"):
        _log.warning("four columns do not hold %s; --columns all does", ", ".join(lost))
    elif lost:
        _log.warning("%s does not hold %s; left out", name, ", ".join(lost))


def _refuse_far(path: Path, xy: FloatArray, size: Size | None) -> None:
    """Raise `LabelError` for labels of a larger picture, where the size is known."""
    if size is not None and (far := far_outside(xy, size)):
        raise LabelError(f"{path}: {far}")


def _warn_of_shares(path: Path, xy: FloatArray) -> None:
    """Positions from 0 to 1 are probably shares of the picture, not pixels."""
    seen = xy[~np.isnan(xy[:, 0])]
    if len(seen) and ((seen >= 0) & (seen <= 1)).all():
        _log.warning("%s: all positions lie between 0 and 1; balltrack takes them as pixels", path)
