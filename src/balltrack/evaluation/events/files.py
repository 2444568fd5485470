"""Label files and the events that are true of them, paired and scored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from balltrack.errors import DatasetError
from balltrack.evaluation.events.matching import Pair
from balltrack.events import Finder, frames_per_second, timed
from balltrack.events.rallies import in_play
from balltrack.events.sizes import guess_size
from balltrack.folders import all_below
from balltrack.labels import read_track
from balltrack.labels.events import EventList, read_events

KINDS = ("hit", "bounce")

LABEL_SUFFIXES = (".csv", ".jsonl")


def label_files(paths: Sequence[Path]) -> list[Path]:
    """Files as they are, and all label files in and below folders.

    Raises:
        DatasetError: a folder holds none, or a path does not exist.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = [p for p in all_below(path) if p.suffix.lower() in LABEL_SUFFIXES]
            if not inside:
                raise DatasetError(f"{path}: no label files (*.csv, *.jsonl) in it or below")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise DatasetError(f"{path}: there is no such file or folder, expected labels")
    return found


def true_events(labels: Path, truth: Path) -> EventList:
    """The events of one label file: in ``truth``, or in the file of its name in that folder.

    Raises:
        DatasetError: the folder has none of this name.
        LabelError: the file holds no events.
    """
    name = labels.stem.removesuffix("_ball")
    if not truth.is_dir():
        return read_events(truth, name, named=True)
    if truth.resolve() in labels.resolve().parents:
        return read_events(labels)
    named = {
        path
        for path in all_below(truth)
        if path.suffix.lower() in (".csv", ".json") and path.stem.removesuffix("_ball") == name
    }
    if len(named) != 1:
        count = "no" if not named else f"{len(named)}"
        raise DatasetError(f"{labels}: {truth} has {count} files named {name}, expected one")
    return read_events(named.pop())


def score_files(
    labels: Sequence[Path],
    truth: Path,
    finder: Finder,
    *,
    fps: float | None = None,
    size: tuple[int, int] | None = None,
    play_only: bool = False,
) -> Iterator[Pair]:
    """Find the events of every label file and put them beside the true ones.

    Args:
        labels: files.
        truth: a file of events, or a folder: that of the labels where they say themselves what
            happened.
        finder: finds.
        fps: of files without times.
        size: (width, height) of the videos; None guesses.
        play_only: judge events of rallies alone.
    """
    for path in labels:
        track = read_track(path, size)
        known = [event for event in true_events(path, truth).events if event.kind in KINDS]
        if not len(track):
            yield Pair(known, [], [], fps or 30.0)
            continue
        track = timed(track, fps)
        shown = size or guess_size(track)
        chosen = list(finder.find(track, shown, play_only=play_only))
        ranked = finder.candidates(track, shown)
        if play_only:
            ranked = in_play(track, ranked)
        yield Pair(known, chosen, ranked, frames_per_second(track))
