"""Where clips were filmed, and on what: venues are folders, their surfaces stand in a table.

    venue,surface
    clay-outdoor,clay
    hard-green,hard

The table is ``venues.csv``, in the folder of a clip or in one above it: the nearest counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from balltrack.errors import DatasetError
from balltrack.evaluation.pairing import ClipFile, clip_names, find_truths
from balltrack.labels.table import read_table

TABLE = "venues.csv"
SPLITS = {"train", "dev", "val", "test"}


def venues(truths: Sequence[ClipFile]) -> dict[str, str]:
    """Name of each clip → its venue, the folder that it lies in."""
    return dict(zip(clip_names(truths), map(_venue, truths), strict=True))


def test_sets(paths: Sequence[Path]) -> dict[str, str]:
    """Name of each clip → the test set it is of: a path that was given, by its folder's name.

    ``badminton/dev`` is called ``badminton``, as are ``badminton/test`` and ``badminton/train``.
    """
    truths = find_truths(paths)
    owner = {truth.place: _set_name(path) for path in paths for truth in find_truths([path])}
    return {
        name: owner[truth.place] for name, truth in zip(clip_names(truths), truths, strict=True)
    }


def surfaces(truths: Sequence[ClipFile], table: Path | None = None) -> dict[str, str]:
    """Name of each clip → the surface of its venue.

    Args:
        truths: of the clips.
        table: for all of them; None looks for one from the folder of each upwards.

    Raises:
        DatasetError: there is no table, or it lacks a venue.
        LabelError: a table cannot be read; says ``file:line``.
    """
    tables: dict[Path, dict[str, str]] = {}
    found = {}
    for name, truth in zip(clip_names(truths), truths, strict=True):
        file, venue = table or _table_of(truth), _venue(truth)
        if file not in tables:
            tables[file] = read_surfaces(file)
        if venue.lower() not in tables[file]:
            raise DatasetError(f"{file}: no surface for the venue {venue}; add a row for it")
        found[name] = tables[file][venue.lower()]
    return found


def read_surfaces(path: Path) -> dict[str, str]:
    """Venue in lower case → surface, as a table has them.

    Raises:
        LabelError: it cannot be read, lacks a column, or names a venue twice or without a surface.
    """
    found: dict[str, str] = {}
    for place, row in read_table(path, ("venue", "surface"), form="venue,surface"):
        venue = row["venue"].lower()
        if venue in found:
            raise place.error(f"{row['venue']} is there twice; keep one row")
        if not row["surface"]:
            raise place.error(f"{row['venue']} has no surface; write one, such as clay")
        found[venue] = row["surface"]
    return found


def _set_name(path: Path) -> str:
    folder = path.resolve()
    return folder.parent.name if folder.name.lower() in SPLITS else folder.stem


def _venue(truth: ClipFile) -> str:
    folder = truth.place.parent
    # Labels of the TrackNetV2 data set lie in match1/csv, beside match1/video.
    return (folder.parent if folder.name.lower() == "csv" else folder).name


def _table_of(truth: ClipFile) -> Path:
    for folder in truth.place.parents:
        if (folder / TABLE).is_file():
            return folder / TABLE
    raise DatasetError(
        f"{truth.path}: no {TABLE} in its folder or above; write one with the columns "
        "venue,surface, or name it by --venues"
    )
