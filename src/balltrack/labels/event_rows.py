"""Lists of events as rows, and rows as lists: our table, and E2E-Spot's JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TextIO

from balltrack.labels.events import (
    BOUNCE,
    COLUMNS,
    HIT,
    EventList,
    as_spot,
    read_events,
    write_table,
)
from balltrack.labels.rows import Place
from balltrack.labels.sheet import Facet, Row, Setting, Sheet, sheet_from_rows
from balltrack.structures import Event

HOLDS_OF_SPOT = frozenset({Facet.STATUS, Facet.POSITIONS, Facet.FRACTIONS})
HOLDS = HOLDS_OF_SPOT | {Facet.TIMES}
KINDS = {1: HIT, 2: BOUNCE}


def is_table(head: str) -> bool:
    """Whether a file that begins so is our table of events."""
    return head.lower().startswith(",".join(COLUMNS[:3]).lower())


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
    json.dump([as_spot(_listed(sheet, setting))], file, indent=2)
    file.write("\n")


def read(path: Path, _: tuple[int, int] | None = None) -> Sheet:
    """Read a list of hits and bounces; other kinds of events are left out.

    Raises:
        LabelError: as `read_events`, or two events on a frame.
    """
    numbers = {kind: number for number, kind in KINDS.items()}
    return sheet_from_rows(
        (
            Place(path, f"frame {event.frame_index}"),
            Row(
                event.frame_index,
                event.x,
                event.y,
                event.score,
                visibility=0 if math.isnan(event.x) else 1,
                status=numbers[event.kind],
            ),
        )
        for event in read_events(path).events
        if event.kind in numbers
    )


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
    rate = float(video.frame_rate) if video else None
    return EventList(name, events, video.frame_count if video else None, rate)
