"""A court's four corners as a person clicked them, in a file beside the labels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from balltrack.court.plane import check_corners
from balltrack.errors import LabelError, OptionError
from balltrack.outputs import whole_text

Corners = tuple[tuple[float, float], ...]
"""Four places in source pixels, in the order of `plane.CORNERS`."""

MOST_BYTES = 4096


def corners_beside(labels: Path) -> Path:
    """Where the corners of a label file lie: ``match.court.json`` of ``match.csv``."""
    return labels.with_suffix(".court.json")


def write_corners(corners: Sequence[tuple[float, float]], path: Path) -> None:
    """Write them whole.

    Raises:
        OutputError: the file cannot be written.
    """
    with whole_text(path) as file:
        json.dump({"corners": [list(place) for place in corners]}, file)
        file.write("\n")


def read_corners(path: Path) -> Corners:
    """Read what `write_corners` wrote, or a person.

    Raises:
        LabelError: there is no such file, or it does not hold the corners of a court.
    """
    try:
        with path.open("rb") as file:
            said = json.loads(file.read(MOST_BYTES))["corners"]
        corners = tuple((float(x), float(y)) for x, y in said)
        check_corners(corners)
    except OSError as error:
        raise LabelError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, TypeError, LookupError, RecursionError, OptionError) as error:
        wanted = '{"corners": [[x, y], [x, y], [x, y], [x, y]]}'
        raise LabelError(f"{path}: does not hold a court as {wanted} ({error})") from error
    return corners
