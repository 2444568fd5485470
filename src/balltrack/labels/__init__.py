"""Label files: what the tracker writes, and what people wrote about a clip."""

from balltrack.labels.files import (
    ReadLabels,
    only_frames,
    open_writer,
    read_corrections,
    read_labels,
    read_sheet,
    read_told,
    read_track,
    write_track,
)

__all__ = [
    "ReadLabels",
    "only_frames",
    "open_writer",
    "read_corrections",
    "read_labels",
    "read_sheet",
    "read_told",
    "read_track",
    "write_track",
]
