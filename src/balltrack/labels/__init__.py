"""Label files: what the tracker writes, and what people wrote about a clip."""

from balltrack.labels.files import open_writer, read_labels, read_sheet, read_track, write_track

__all__ = ["open_writer", "read_labels", "read_sheet", "read_track", "write_track"]
