"""Label files: what the tracker writes, and what people wrote about a clip."""

from balltrack.labels.formats import read_labels, read_track, write_labels

__all__ = ["read_labels", "read_track", "write_labels"]
