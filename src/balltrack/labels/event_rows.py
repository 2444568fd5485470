"""Lists of events as rows, and rows as lists: our table, and E2E-Spot's JSON."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import numpy as np

from balltrack.labels.events import (
    BOUNCE,
    COLUMNS,
    HIT,
    EventList,
    read_events,
    write_entry,
    write_table,
)
from balltrack.labels.rows import Place
from balltrack.labels.sheet import UNKNOWN_STATUS, Facet, Row, Setting, Sheet, sheet_from_rows
from balltrack.labels.table import NOTHING, first_cells, frame_number, read_table, short_names
from balltrack.outputs import whole_text
from balltrack.structures import Event

HOLDS_OF_SPOT = frozenset({Facet.STATUS, Facet.POSITIONS, Facet.FRACTIONS})
HOLDS = HOLDS_OF_SPOT | {Facet.TIMES}
KINDS = {1: HIT, 2: BOUNCE}
NUMBERS = {kind: number for number, kind in KINDS.items()}
OURS = frozenset(name.lower() for name in COLUMNS)
"""Of another program's table ``Time`` is not ours."""

_log = logging.getLogger("balltrack")


def is_table(head: str) -> bool:
    """Whether a file that begins so is a table with a row an event."""
    names = {*short_names(first_cells(head))}
    return names >= {"frame", "event", "x", "y"} and "visibility" not in names


def is_spot(head: str) -> bool:
    """Whether a file that begins so is E2E-Spot's JSON."""
    return head.lstrip().startswith("[") and '"video"' in head and '"events"' in head


def write_events_table(sheet: Sheet, file: TextIO, setting: Setting) -> None:
    """A line an event: the rows that are a hit or a bounce."""
    listed = _listed(sheet, setting)
    times = dict(zip(sheet.track.frame_index.tolist(), sheet.track.time_s.tolist(), strict=True))
    write_table(listed, [times[event.frame_index] for event in listed.events], file)


def write_spot(sheet: Sheet, file: TextIO, setting: Setting) -> None:
    """One video's entry."""
    write_entry(_listed(sheet, setting), file)


def read(path: Path, _: tuple[int, int] | None = None) -> Sheet:
    """Read a list of hits and bounces; other kinds of events are left out.

    Raises:
        LabelError: as `read_events`, or two events on a frame.
    """
    return sheet_from_rows(
        (
            Place(path, f"frame {event.frame_index}"),
            Row(
                event.frame_index,
                event.x,
                event.y,
                event.score,
                visibility=0 if math.isnan(event.x) else 1,
                status=NUMBERS[event.kind],
            ),
        )
        for event in read_events(path).events
        if event.kind in NUMBERS
    )


def with_status(sheet: Sheet, path: Path) -> Sheet:
    """The rows of a table with the hits and bounces of its column ``Event`` or ``Mode``.

    Raises:
        LabelError: as `read_events`.
    """
    kinds = {event.frame_index: event.kind for event in read_events(path).events}
    if others := sorted({*kinds.values()} - NUMBERS.keys()):
        _log.warning("%s: %s: neither hit nor bounce; left out", path, ", ".join(others))
    frames = sheet.track.frame_index.tolist()
    status = [NUMBERS.get(kinds.get(frame, ""), UNKNOWN_STATUS) for frame in frames]
    return replace(sheet, status=np.array(status, dtype=np.int8))


def read_list(path: Path, video: str | None = None) -> tuple[EventList, list[float]]:
    """Read a list of events of any kind, and the seconds of each: NaN where the file says none.

    Raises:
        LabelError: as `read_events`, which tells what ``video`` is for.
    """
    listed = read_events(path, video)
    frames = [event.frame_index for event in listed.events]
    if path.suffix.lower() == ".json":
        return listed, [frame / (listed.fps or math.nan) for frame in frames]
    times = {
        frame_number(place, row["frame"]): place.number("time", row["time"])
        for place, row in read_table(path, needed=("frame",))
        if row.keys() >= OURS and row["time"].lower() not in NOTHING
    }
    return listed, [times.get(frame, math.nan) for frame in frames]


def write_list(listed: EventList, times_s: Sequence[float], path: Path, name: str) -> None:
    """Write a list of events in the format ``name``; the file appears whole or not at all.

    Raises:
        OutputError: it cannot be written there.
    """
    with whole_text(path) as file:
        if name == "spot":
            write_entry(listed, file)
        else:
            write_table(listed, times_s, file)


def lost_between(known: str, name: str, listed: EventList, times_s: Sequence[float]) -> list[str]:
    """What a list in the format ``known`` says and one in the format ``name`` does not."""
    told = {
        "events": {"times": any(map(math.isfinite, times_s))},
        "spot": {
            "the video's name": True,
            "its number of frames": listed.frame_count is not None,
            "its rate": listed.fps is not None,
        },
    }
    return [what for what, there in told[known].items() if there and known != name]


def _listed(sheet: Sheet, setting: Setting) -> EventList:
    track, video = sheet.track, setting.video
    rows = [i for i, status in enumerate(sheet.status.tolist()) if status in KINDS]
    events = tuple(
        Event(
            int(track.frame_index[i]),
            KINDS[int(sheet.status[i])],
            float(track.xy[i, 0]),
            float(track.xy[i, 1]),
            1.0,
        )
        for i in rows
    )
    name = Path(video.path).stem if video else "video"
    return EventList(name, events, video.frame_count if video else None, setting.fps)
