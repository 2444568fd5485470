"""Labelled and simulated trajectories as sequences to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from balltrack.errors import DatasetError
from balltrack.evaluation.pairing import ClipFile
from balltrack.events.rows import every
from balltrack.folders import all_below
from balltrack.labels import read_track
from balltrack.labels.events import BOUNCE, HIT, read_events
from balltrack.labels.table import read_table
from balltrack.structures import FloatArray
from balltrack.training.events.simulation import simulated
from balltrack.video.probe import probe

CLASS = {HIT: 1, BOUNCE: 2}
"""Kind → number in `eventnet_arrays.CLASSES`."""

TRIANGLE = ((0, 1.0), (-1, 0.5), (1, 0.5))
"""How far from an event, and how much of one, the rows beside it are taught to be."""


@dataclass(frozen=True)
class Course:
    """A trajectory at 24 to 40 rows a second.

    Attributes:
        places: (L, 2) heights of the picture from its centre; NaN where unseen.
        classes: (L,) int8 of `CLASS`, 0 where nothing happens.
        fps: rows a second.
    """

    places: FloatArray
    classes: npt.NDArray[np.int8]
    fps: float


def read_sequences(
    folders: Sequence[Path],
    fps: float,
    size: tuple[int, int],
    held_out: Sequence[str] = (),
) -> list[Course]:
    """Every label table in and below the folders that says where events are.

    Args:
        folders: searched for ``*.csv``.
        fps, size: of tables without a video beside them; (width, height) in pixels.
        held_out: parts of a path whose tables are left out.

    Raises:
        DatasetError: a folder does not exist, or no table is left.
        LabelError: a table has a bad row.
    """
    found: list[Course] = []
    for folder in folders:
        if not folder.is_dir():
            raise DatasetError(f"{folder}: there is no such folder, expected label tables in it")
        for path in all_below(folder):
            wanted = path.suffix == ".csv" and not set(held_out) & set(path.parts)
            if wanted and _says_events(path):
                found += read_sequence(path, fps, size)
    if not found:
        raise DatasetError(
            f"{', '.join(map(str, folders))}: no label table with a column Status or Event"
        )
    return found


def read_sequence(path: Path, fps: float, size: tuple[int, int]) -> list[Course]:
    """One table: its frames as they are, or of a fast video every so manieth, as several."""
    track, listed = read_track(path), read_events(path)
    video = ClipFile(path).video
    width, height = size
    if video is not None:
        info = probe(video)
        width, height, fps = info.width, info.height, float(info.frame_rate)
    if not len(track):
        return []
    first = int(track.frame_index[0])
    count = int(track.frame_index[-1]) - first + 1
    places = np.full((count, 2), np.nan)
    places[track.frame_index - first] = (
        track.xy - np.array([(width - 1) / 2, (height - 1) / 2])
    ) / height
    step = every(fps)
    events = [(e.frame_index - first, e.kind) for e in listed.events if e.kind in CLASS]
    return [
        Course(
            places[phase::step],
            classes_of(
                [(round((row - phase) / step), kind) for row, kind in events],
                len(places[phase::step]),
            ),
            fps / step,
        )
        for phase in range(step)
    ]


def simulated_sequence(rng: np.random.Generator) -> Course:
    """A simulated rally, filmed."""
    places, events, fps = simulated(rng)
    return Course(places, classes_of(events, len(places)), fps)


def classes_of(events: Sequence[tuple[int, str]], count: int) -> npt.NDArray[np.int8]:
    """(L,) of `CLASS` from rows and kinds."""
    classes = np.zeros(count, dtype=np.int8)
    for row, kind in events:
        if 0 <= row < count:
            classes[row] = CLASS[kind]
    return classes


def targets(classes: npt.NDArray[np.int8]) -> npt.NDArray[np.float32]:
    """(L, 3) what the network should answer: an event is half on the rows beside it."""
    wanted = np.zeros((len(classes), 1 + len(CLASS)), dtype=np.float32)
    for row in np.flatnonzero(classes).tolist():
        for away, share in TRIANGLE:
            if 0 <= row + away < len(classes):
                cell = wanted[row + away]
                cell[classes[row]] = max(cell[classes[row]], share)
    wanted /= np.maximum(wanted.sum(axis=1, keepdims=True), 1.0)
    wanted[:, 0] = 1 - wanted[:, 1:].sum(axis=1)
    return wanted


def _says_events(path: Path) -> bool:
    for _, row in read_table(path, needed=("frame",)):
        return "visibility" in row and bool({"status", "event"} & set(row))
    return False
