"""Which clips are to be reviewed: one, or all in a folder."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from balltrack.clips.rallies import check_early
from balltrack.errors import DatasetError, LabelError, OptionError
from balltrack.folders import all_below
from balltrack.labels import read_track
from balltrack.labels.formats import READ
from balltrack.labels.table import read_table
from balltrack.options import SourceOptions
from balltrack.outputs import check_place
from balltrack.review.journal import JOURNAL, Said, journal_of, read_journal
from balltrack.review.session import Clip, Session
from balltrack.structures import Source
from balltrack.video.container import is_video
from balltrack.video.pictures.names import source_name
from balltrack.video.probe import probe

_log = logging.getLogger("balltrack")

CORRECTED = "_corrected"


def output_of(video: Path, labels: Path | None) -> Path:
    """Where corrected labels go by default: beside the labels, or the video without any."""
    beside = _with_a_name(labels or video)
    stem = source_name(beside).removesuffix("_ball")
    return beside.parent / f"{stem}{CORRECTED}.csv"


def one_clip(
    video: Path,
    labels: Path | None,
    output: Path | None,
    *,
    events: Path | None = None,
    blind: bool = False,
    source: SourceOptions = SourceOptions(),  # noqa: B008  # frozen
) -> Clip:
    """A video with its labels, or with those beside it where none are given.

    It is opened once, so that what is wrong with it is said before a browser opens.

    Raises:
        BalltrackError: as `Session`.
        OptionError: the output is not a .csv.
    """
    probe(video, source)
    labels = labels or labels_of(video)
    output = output or output_of(video, labels)
    if output.suffix.lower() != ".csv":
        raise OptionError(f"{output}: corrected labels are a .csv")
    check_place(output)
    clip = Clip(video, labels, output, blind, events, source)
    Session(clip).close()
    return clip


def find_clips(folder: Path, *, blind: bool = False) -> list[Clip]:
    """The videos in and below a folder, with the labels beside each, in the order of their names.

    Labels of ``X.mp4`` are ``X.csv``, else ``X_ball.csv``, else those of another format. A link
    that leads out of the folder is left out.

    Raises:
        DatasetError: there is no video, or two would be corrected in one file.
    """
    inside = folder.resolve()
    clips: dict[Path, Clip] = {}
    for video in sorted(folder.rglob("*")):
        if not is_video(video) or not video.is_file():
            continue
        if not video.resolve().is_relative_to(inside):
            _log.warning("%s: leads out of %s and is left out", video, folder)
            continue
        labels = labels_of(video, inside)
        output = output_of(video, labels)
        if output in clips:
            raise DatasetError(
                f"{clips[output].video}, {video}: both would be corrected in {output.name}; "
                "rename one, or review each by itself with an --output of its own"
            )
        clips[output] = Clip(video, labels, output, blind)
    if not clips:
        raise DatasetError(f"{folder}: holds no video")
    return list(clips.values())


def with_frames(clips: list[Clip], table: Path) -> list[Clip]:
    """The clips that a table with columns Video and Frame names, each with its frames.

    Raises:
        LabelError: the table cannot be read, names none of the clips, or speaks of frames that one
            does not have.
        VideoError: a clip that it names cannot be read.
    """
    frames: dict[Path, list[int]] = {}
    for place, row in read_table(table, ("video", "frame"), "Video,Frame"):
        video = Path(row["video"]).resolve()
        frames.setdefault(video, []).append(place.integer("frame", row["frame"]))
    named = [clip for clip in clips if clip.video.resolve() in frames]
    if not named:
        raise LabelError(
            f"{table}: names none of the videos; its column Video has their paths, seen from where "
            "you are: go to where it was made"
        )
    asked = [replace(clip, frames=tuple(frames[clip.video.resolve()])) for clip in named]
    for clip in asked:
        check_early(table, clip.frames, probe(clip.video, clip.source), str(clip.video))
    return asked


def progress_of(clips: list[Clip]) -> list[dict[str, object]]:
    """How far each clip is, from its journal alone: steps, and whether it is done.

    A video is named by its path in the folder that holds them all.
    """
    folder = os.path.commonpath([clip.video.parent for clip in clips])
    told: list[dict[str, object]] = []
    for clip in clips:
        said = Said()
        with suppress(LabelError):  # said when it is opened
            said = read_journal(journal_of(clip.output))
        video = clip.video.relative_to(folder).as_posix()
        labels = clip.labels.name if clip.labels else None
        told.append({"video": video, "labels": labels, "steps": said.counts[0], "done": said.done})
    return told


def said_of(video: Path, labels: Path | None) -> set[int]:
    """Frames of a video that a review said something of: its journal tells, else what it wrote.

    Raises:
        LabelError: that is damaged.
    """
    output = output_of(video, labels)
    said = read_journal(journal_of(output))
    if said.owner or not output.is_file():
        return set(said.now) if said.owner.get("video") == video.name else set()
    return _said_in(output)


def unwritten(folder: Path) -> list[Path]:
    """Journals in and below a folder that say something of frames of which the corrected labels
    beside them do not: their review was killed, or is going on.

    Raises:
        LabelError: a journal or corrected labels are damaged.
    """
    found = []
    for journal in all_below(folder):
        if not journal.name.endswith(f"{CORRECTED}{JOURNAL}"):
            continue
        output = journal.with_name(f"{journal.name.removesuffix(JOURNAL)}.csv")
        now = read_journal(journal).now.values()
        written = _said_in(output) if output.is_file() else set()
        if not {one.frame for one in now if not one.filled} <= written:
            found.append(journal)
    return found


def _said_in(output: Path) -> set[int]:
    """Frames of corrected labels that a person said something of."""
    track = read_track(output)
    told = (track.source == Source.CORRECTED) | (~track.visible & (track.score == 1))
    return set(track.frame_index[told].tolist())


def labels_of(video: Path, inside: Path | None = None) -> Path | None:
    """The labels beside a video; None where there are none.

    Args:
        video: the file.
        inside: a folder that they may not lead out of; the video's own by default.
    """
    video = _with_a_name(video)
    inside = inside or video.parent.resolve()
    for ending in (".csv", *sorted(READ - {".csv"})):
        for name in (f"{video.stem}{ending}", f"{video.stem}_ball{ending}"):
            labels = video.parent / name
            if labels.is_file() and labels.resolve().is_relative_to(inside):
                return labels
    return None


def _with_a_name(path: Path) -> Path:
    """The current folder, ".", has none to call files beside it by."""
    return path if path.name else path.resolve()
