"""Pictures as they would have been in steady light, of one moment each."""

from __future__ import annotations

from typing import Any

from balltrack.video.file_reader import FileReader
from balltrack.video.filters.flicker import SteadyReader
from balltrack.video.filters.interlacing import DeinterlacingReader


def repaired(reader: FileReader, *, at_once: bool = False, **part: Any) -> FileReader:
    """The same video, its woven pictures and its flickering light repaired.

    Args:
        reader: just opened; closed with the one that is given back.
        at_once: no frame waits for the next one, unless the container says that the video is
            interlaced.
        part: of the video, see `FileReader`.
    """
    if not at_once or reader.info.interlaced:
        reader = DeinterlacingReader(reader, **part)
    return SteadyReader(reader, **part)
