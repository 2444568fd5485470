"""Label files: what the tracker writes, and what people wrote about a clip."""

from balltrack.labels.files import (
    ReadLabels,
    open_writer,
    read_corrections,
    read_labels,
    read_sheet,
    read_track,
    write_track,
)

__all__ = [
    "ReadLabels",
    "open_writer",
    "read_corrections",
    "read_labels",
    "read_sheet",
    "read_track",
    "write_track",
]
