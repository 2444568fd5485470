"""Lists of events: hits and bounces in files.

Three kinds are read, told apart by suffix and header:

* ``.csv`` with ``Frame,Time,Event,X,Y,Confidence``, one row an event, as `write_events` has it;
* ``.csv`` of labels, one row a frame, with a column ``Event`` (names), ``Status`` (TrackNet's
  tennis set: 1 hit, 2 bounce) or ``Mode`` (what `balltrack track --columns all` found);
* ``.json`` of E2E-Spot (Hong et al., "Spotting temporally precise, fine-grained events in
  video", 2022; jhong93/spot ``data/tennis/*.json``): a list of ``{"video", "num_frames", "fps",
  "num_events", "events": [{"frame", "label"}, …]}``, predictions with a ``"score"`` each.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from balltrack.errors import LabelError, OptionError
from balltrack.labels.rows import Place, in_order, open_labels
from balltrack.labels.table import NOTHING, ball_number, columns_of, frame_number, read_table
from balltrack.outputs import whole_text
from balltrack.structures import Event

HIT, BOUNCE = "hit", "bounce"
STATUS = {"1": HIT, "2": BOUNCE}
COLUMNS = ("Frame", "Time", "Event", "X", "Y", "Confidence")
SUFFIXES = (".csv", ".json")

_HITS = ("hit", "paddle hit", "serve", "stroke", "shot")
"""How names of hits begin in the tables that people made."""


@dataclass(frozen=True)
class EventList:
    """The events of one video.

    Attributes:
        video: its name, without folder and suffix.
        events: in the order of their frames.
        frame_count: of the video; None where nobody knows.
        fps: frames a second; None where nobody knows.
    """

    video: str
    events: tuple[Event, ...]
    frame_count: int | None = None
    fps: float | None = None

    def of_kind(self, kind: str) -> list[Event]:
        """The hits, the bounces …"""
        return [event for event in self.events if event.kind == kind]


def kind_of(name: str) -> str:
    """ "hit" or "bounce" for the many names of these, else the name in lower case."""
    name = name.strip().lower()
    return HIT if name.startswith(_HITS) else BOUNCE if name == BOUNCE else name


def read_events(path: Path, video: str | None = None, *, named: bool = False) -> EventList:
    """Read one video's events from a file of any of the kinds above.

    Rows one after another that bear the same kind are one event, at the first of them. Frames
    are read as `read_labels` reads them, and of several balls the one in play. Events of labels
    have score 1: ``Confidence`` is there that of the position.

    Args:
        path: the file.
        video: whose events, in a JSON file of several videos; None where it holds one.
        named: a JSON file of one video must have this name too, else that one is meant.

    Raises:
        LabelError: not readable, no events can be in it, a bad row, or no such video in it.
    """
    if path.is_dir():
        raise LabelError(f"{path}: is a folder; name a file of events in it")
    if path.suffix.lower() == ".json":
        return _from_json(path, video, named=named)
    table = read_table(path, needed=("frame", "x", "y"), form="Frame,Event,X,Y")
    in_play = [(place, row) for place, row in table if ball_number(place, row) == 1]
    placed = [(place, frame_number(place, row["frame"]), row) for place, row in in_play]
    by_frame = bool(placed) and "visibility" in placed[0][2]
    if by_frame:
        in_order(placed)  # a frame has one row
    placed.sort(key=lambda each: each[1])
    found = [
        _event(place, row, kind, frame)
        for place, frame, row in placed
        if (kind := _kind(place, row))
    ]
    merged = [
        event
        for before, event in zip([None, *found], found, strict=False)
        if before is None
        or (event.frame_index - before.frame_index, event.kind) != (1, before.kind)
    ]
    return EventList(path.stem, tuple(merged), placed[-1][1] + 1 if by_frame else None)


def found_events(labels: Path) -> dict[int, str]:
    """Frame → kind of what a tracker found and wrote into the column ``Mode`` of its labels.

    Raises:
        LabelError: as `read_events`.
    """
    if labels.suffix.lower() != ".csv":
        return {}
    columns = columns_of(labels)
    if columns & {"event", "status"} or "mode" not in columns:
        return {}
    return {event.frame_index: event.kind for event in read_events(labels).events}


def write_events(listed: EventList, times_s: Sequence[float], path: Path) -> None:
    """Write events as our table or as E2E-Spot's JSON, by the suffix of ``path``.

    Args:
        listed: what to write.
        times_s: of each event, seconds; NaN where unknown.
        path: ends in .csv or .json; an existing file is replaced.

    Raises:
        OptionError: another suffix.
        OutputError: it cannot be written.
    """
    check_suffix(path)
    with whole_text(path) as file:
        if path.suffix.lower() == ".json":
            write_entry(listed, file)
        else:
            write_table(listed, times_s, file)


def write_table(listed: EventList, times_s: Sequence[float], file: TextIO) -> None:
    """Write events as our table; ``times_s`` as in `write_events`."""
    table = csv.writer(file, lineterminator="\n")
    table.writerow(COLUMNS)
    for event, time_s in zip(listed.events, times_s, strict=True):
        x, y = ("" if math.isnan(value) else f"{value:.2f}" for value in (event.x, event.y))
        time = "" if math.isnan(time_s) else f"{time_s:.6f}"
        table.writerow((event.frame_index, time, event.kind, x, y, f"{event.score:.4f}"))


def write_entry(listed: EventList, file: TextIO) -> None:
    """Write E2E-Spot's JSON of one video."""
    json.dump([as_spot(listed)], file, indent=2)
    file.write("\n")


def check_suffix(path: Path) -> None:
    """Raise `OptionError` unless events can be written into a file of this name."""
    if path.suffix.lower() not in SUFFIXES:
        raise OptionError(f"{path}: a file of events ends in {' or '.join(SUFFIXES)}")


def as_spot(listed: EventList) -> dict[str, Any]:
    """One video's entry in E2E-Spot's JSON."""
    entry: dict[str, Any] = {"video": listed.video}
    if listed.frame_count is not None:
        entry["num_frames"] = listed.frame_count
    if listed.fps is not None:
        entry["fps"] = listed.fps
    entry["num_events"] = len(listed.events)
    entry["events"] = [
        {"frame": event.frame_index, "label": event.kind, "score": round(event.score, 4)}
        | ({} if math.isnan(event.x) else {"x": round(event.x, 2), "y": round(event.y, 2)})
        for event in listed.events
    ]
    return entry


def _kind(place: Place, row: dict[str, str]) -> str:
    if row.get("event"):
        return kind_of(row["event"])
    if not row.keys() & {"event", "status", "mode"}:
        raise place.error(
            "no column Event, Status or Mode says what happened; `balltrack events` finds out"
        )
    if text := row.get("status"):
        return STATUS.get(str(place.integer("status", text, high=2)), "")
    return row.get("mode", "") if row.get("mode") in (HIT, BOUNCE) else ""


def _event(place: Place, row: dict[str, str], kind: str, frame: int) -> Event:
    seen = row["x"].lower() not in NOTHING and row.get("visibility", "1") != "0"
    x, y = (place.number(axis, row[axis]) if seen else math.nan for axis in "xy")
    stated = row.keys() >= {"time", "confidence"} and "visibility" not in row
    return Event(frame, kind, x, y, place.score(row["confidence"]) if stated else 1.0)


def _from_json(path: Path, video: str | None, *, named: bool) -> EventList:
    with open_labels(path) as file:
        text = file.read()
    try:
        entries = {str(entry["video"]): entry for entry in json.loads(text)}
        if len(entries) == 1 and not named:
            video = next(iter(entries))
        if video not in entries:
            raise LabelError(
                f"{path}: holds {', '.join(sorted(entries)[:5])}, not {video!r}; "
                "the videos in it and the labels must have the same names"
            )
        entry, place = entries[video], Place(path, str(video))
        events = [
            Event(
                place.integer("frame", event["frame"]),
                kind_of(event["label"]),
                place.number("x", event["x"]) if "x" in event else math.nan,
                place.number("y", event["y"]) if "y" in event else math.nan,
                place.score(event.get("score", 1.0)),
            )
            for event in entry["events"]
        ]
        count, fps = entry.get("num_frames"), entry.get("fps")
        fps = None if fps is None else place.number("fps", fps)
    except LabelError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        detail = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise LabelError(
            f"{path}: is not E2E-Spot's JSON ({detail}), expected a list of "
            '{"video", "num_frames", "fps", "events": [{"frame", "label"}]}'
        ) from None
    events.sort(key=lambda event: event.frame_index)
    return EventList(video, tuple(events), count, fps)
