"""A track → everything that a list of events says: the one call that the command line makes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from balltrack.events.finding import Finder
from balltrack.events.rallies import Rally
from balltrack.events.times import frames_per_second
from balltrack.labels.events import EventList
from balltrack.outputs import whole_text
from balltrack.structures import Track

RALLY_COLUMNS = (
    "Rally", "Start", "End", "Length", "FirstFrame", "LastFrame", "Strokes", "Bounces", "Shot",
)  # fmt: skip


def list_events(
    track: Track,
    size: tuple[int, int],
    finder: Finder,
    *,
    video: str,
    play_only: bool = False,
    fps: float | None = None,
) -> EventList:
    """The events of a track.

    Args:
        track: with times (`events.timed`), of a label file or of `track_video`.
        size: (width, height) of the picture, pixels.
        finder: such as `load_finder` gives.
        video: name to list them under.
        play_only: leave out what is in no rally.
        fps: frames a second, where the track has too few rows to say it.
    """
    events = finder.find(track, size, play_only=play_only)
    count = int(track.frame_index[-1]) + 1 if len(track) else None
    rate = frames_per_second(track) if len(track) > 1 else fps
    return EventList(video, events, count, rate and round(rate, 3))


def write_rallies(rallies: Iterable[Rally], path: Path) -> None:
    """Write one row a rally, numbered from 1; times in seconds; whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    with whole_text(path) as file:
        file.write(",".join(RALLY_COLUMNS) + "\n")
        for number, rally in enumerate(rallies, start=1):
            times = f"{rally.start_s:.3f},{rally.end_s:.3f},{rally.length_s:.3f}"
            frames = f"{rally.first_frame},{rally.last_frame}"
            file.write(f"{number},{times},{frames},{rally.strokes},{rally.bounces},{rally.shot}\n")
