"""One clip under review: what the labels say, what a person says, and both together."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np

from balltrack.clips.rallies import check_frames
from balltrack.court.corners import corners_beside, write_corners
from balltrack.errors import OptionError, counted
from balltrack.labels.events import found_events, read_events
from balltrack.labels.files import read_sheet, write_sheet
from balltrack.labels.sheet import Setting, Sheet, sheet_of, told_status
from balltrack.options import SourceOptions
from balltrack.review.corrections import Correction, court_seen
from balltrack.review.doubt import to_begin_with
from balltrack.review.frames import frame_times, times_as_tracked
from balltrack.review.journal import Journal, is_newer, journal_of
from balltrack.review.merging import as_json, columns_of, in_words, merged, summary
from balltrack.structures import FloatArray, VideoInfo
from balltrack.tracks import join_tracks
from balltrack.video.probe import probe

_log = logging.getLogger("balltrack")


class ChangedMeanwhileError(ValueError):
    """Somebody else said something after what was to be changed was looked at."""


@dataclass(frozen=True)
class Clip:
    """What is reviewed, and where the corrected labels go.

    Attributes:
        video: the file.
        labels: of it; None to label from nothing.
        output: a .csv.
        blind: show no labels.
        events: hits and bounces that were found, where the labels do not say them; None for
            those that the labels' tracker found.
        source: which pictures of it are the video.
        frames: to be looked at first, in this order; empty for the doubtful ones.
    """

    video: Path
    labels: Path | None
    output: Path
    blind: bool = False
    events: Path | None = None
    source: SourceOptions = SourceOptions()  # noqa: RUF009  # frozen
    frames: tuple[int, ...] = ()


class Session:
    """A clip that is open. Every method may be called from any thread.

    Attributes:
        clip: what it is of.
        info: of the video.
        times_s: (N,) of every frame, seconds from the first.
    """

    def __init__(self, clip: Clip) -> None:
        """Read video and labels, and what was corrected before.

        Raises:
            LabelError: labels cannot be read or are of another video; or the journal is.
            OutputError: the journal cannot be written.
            VideoError: the video cannot be read.
        """
        self.clip = clip
        self.info: VideoInfo = probe(clip.video, clip.source)
        self.times_s: FloatArray = frame_times(self.info)
        self._labels = self._read()
        self._found: dict[int, str] = {}
        self._places: dict[int, tuple[float, float]] = {}
        if not clip.blind:
            self._find_events()
        self._base = sheet_of(join_tracks([])) if clip.blind else self._labels
        self._to_visit = self._frames_to_visit()
        self._lock = RLock()
        owner = {"video": clip.video.name, "frames": len(self.times_s)}
        self._journal = Journal(journal_of(clip.output), owner)
        if self._journal.now and clip.labels and is_newer(clip.labels, journal_of(clip.output)):
            _log.warning("%s: is newer than what was corrected, which holds", clip.labels)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.info.width, self.info.height

    def state(self) -> dict[str, Any]:
        """All that the page needs to know, with a list a column and an entry a frame."""
        with self._lock:
            columns = self._columns()
            return {
                "video": self.clip.video.name,
                "labels": self.clip.labels.name if self.clip.labels else None,
                "output": str(self.clip.output),
                "blind": self.clip.blind,
                "frames": len(self.times_s),
                "size": self.size,
                "times": [round(time_s, 6) for time_s in self._shown_times()],
                "rows": {name: as_json(column) for name, column in columns.items()},
                "corrected": list(self._journal.now),
                "to_visit": self._to_visit,
                "places": self._places,
                **self._progress(),
            }

    @contextmanager
    def as_seen(self, version: int | None) -> Iterator[None]:
        """Keep everybody else out, if nothing was said since the page had this version.

        Raises:
            ChangedMeanwhileError: something was; None is never too old.
        """
        with self._lock:
            if version not in (None, self._journal.version):
                raise ChangedMeanwhileError(
                    "this clip was changed in another window: this is how it is now"
                )
            yield

    def change(self, step: list[Correction]) -> dict[str, Any]:
        """Take over what a person says of some frames.

        Raises:
            ValueError: a frame that the video does not have, or a place outside of the picture.
            OutputError: it cannot be kept.
        """
        if not step:
            raise ValueError("a change needs at least one frame")
        for one in step:
            if one.frame >= len(self.times_s):
                raise ValueError(f"frame {one.frame}: the video ends before")
            if one.x is not None and one.y is not None:
                inside = -0.5 <= one.x <= self.size[0] - 0.5 and -0.5 <= one.y <= self.size[1] - 0.5
                if not inside:
                    raise ValueError(f"frame {one.frame}: {one.x}, {one.y} is outside the picture")
        with self._lock:
            return self._answer(self._journal.do(step))

    def see_court(self, places: Any) -> dict[str, Any]:
        """Take over where the court's corners are, [[x, y], …] as JSON has them.

        Raises:
            ValueError: they are not the corners of a court.
            OutputError: it cannot be kept.
        """
        try:
            seen = court_seen(places)
        except (OptionError, TypeError) as error:
            raise ValueError(str(error)) from error
        with self._lock:
            self._journal.see_court(seen)
            return self._answer(set())

    def undo(self) -> dict[str, Any]:
        """Take the last change back."""
        with self._lock:
            return self._answer(self._journal.undo())

    def redo(self) -> dict[str, Any]:
        """Make it again."""
        with self._lock:
            return self._answer(self._journal.redo())

    def finish(self, done: bool) -> dict[str, Any]:
        """Say that the clip is finished, and write the corrected labels."""
        with self._lock:
            self._journal.finish(done)
            self.save()
            return self._answer(set())

    def save(self) -> bool:
        """Write the corrected labels whole, where anything was corrected; whether it was. The
        court's corners too, beside them. What was all taken back is there no longer.

        Raises:
            OutputError: they cannot be written.
        """
        with self._lock:
            self._save_corners()
            if not self._journal.now:
                if self._journal.knew_rows:
                    self.clip.output.unlink(missing_ok=True)
                return self._journal.corners is not None
            write_sheet(
                merged(self._labels, self._journal.now, self.times_s),
                self.clip.output,
                "csv",
                Setting(self.info, "all"),
            )
            return True

    def _save_corners(self) -> None:
        place = corners_beside(self.clip.output)
        if self._journal.corners is not None:
            write_corners(self._journal.corners, place)
        elif self._journal.knew_court:
            place.unlink(missing_ok=True)  # they were taken back

    def close(self) -> None:
        """Let go of the journal."""
        with self._lock:
            self._journal.close()

    def summary(self) -> dict[str, int]:
        """See `merging.summary`; and whether the court is known."""
        with self._lock:
            told = summary(self._base, self._journal.now)
            return told if self._journal.corners is None else {**told, "court": 1}

    def _read(self) -> Sheet:
        clip = self.clip
        if clip.labels is None:
            return sheet_of(join_tracks([]))
        sheet = read_sheet(clip.labels, self.size)
        frames = sheet.track.frame_index
        check_frames(clip.labels, frames.tolist(), len(self.times_s))
        self.times_s = times_as_tracked(self.info, self.times_s, sheet.track)
        track = replace(sheet.track, time_s=self.times_s[frames])
        return replace(sheet, track=track, status=told_status(sheet.visibility, sheet.status))

    def _find_events(self) -> None:
        """Those of a file, with their places; or those that the labels' tracker found."""
        clip = self.clip
        if clip.events is not None:
            told = read_events(clip.events, clip.video.stem).events
            events = [event for event in told if event.frame_index < len(self.times_s)]
            _left_out(clip.events, len(told) - len(events), "event")
            self._found = {event.frame_index: event.kind for event in events}
            self._places = {
                event.frame_index: (event.x, event.y) for event in events if not math.isnan(event.x)
            }
        elif clip.labels is not None:
            self._found = found_events(clip.labels)

    def _frames_to_visit(self) -> list[int]:
        """Those that are asked for, or else the doubtful ones."""
        count, asked = len(self.times_s), list(dict.fromkeys(self.clip.frames))
        if not asked:
            return to_begin_with(self._base.track, self.size, count)
        there = [frame for frame in asked if frame < count]
        _left_out(self.clip.video, len(asked) - len(there), "frame")
        return there

    def _shown_times(self) -> list[float]:
        """Seconds, by the number of the frame where the file does not say."""
        counted = np.arange(len(self.times_s)) / float(self.info.frame_rate)
        times: FloatArray = np.where(np.isnan(self.times_s), counted, self.times_s)
        return [float(time_s) for time_s in times]

    def _columns(self) -> dict[str, Any]:
        sheet = merged(self._base, self._journal.now, self.times_s)
        return columns_of(sheet, len(self.times_s), self.size, self._found)

    def _answer(self, frames: set[int]) -> dict[str, Any]:
        """The rows that are other now than before, with those beside them: their doubt is."""
        near = {frame + step for frame in frames for step in (-1, 0, 1)}
        there = sorted(near & set(range(len(self.times_s))))
        told = {name: as_json(column[there]) for name, column in self._columns().items()}
        changed = [
            {
                "frame": frame,
                **{name: values[row] for name, values in told.items()},
                "corrected": frame in self._journal.now,
            }
            for row, frame in enumerate(there)
        ]
        return {"changed": changed, "at": sorted(frames), **self._progress()}

    def _progress(self) -> dict[str, Any]:
        undo, redo = self._journal.counts
        return {
            "undo": undo,
            "redo": redo,
            "done": self._journal.done,
            "kept": in_words(self.summary()),
            "corners": self._journal.corners,
            "version": self._journal.version,
        }


def _left_out(path: Path, number: int, noun: str) -> None:
    """Say how many lie beyond the video's end, if any do."""
    if number:
        _log.warning("%s: %s beyond the video's end: left out", path, counted(number, noun))
