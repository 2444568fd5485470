"""What is happening now: a stream, a pipe, a camera."""

from __future__ import annotations

from typing import Any

from balltrack.errors import OptionError
from balltrack.video.file_reader import FileReader
from balltrack.video.live.camera import CameraReader
from balltrack.video.live.sources import is_camera, is_live
from balltrack.video.live.stream import StreamReader

__all__ = ["is_live", "open_live"]


def open_live(source: str, number: int | None = None, **part: Any) -> FileReader:
    """A reader of a source that `is_live`; ``part`` as for `FileReader`.

    ``number`` is that of a stream, as `video_stream` takes it.

    Raises:
        VideoError: it cannot be opened, or shows nothing.
        OptionError: a stream of a camera.
    """
    if is_camera(source):
        if number is not None:
            raise OptionError(f"{source}: a camera has no streams; leave --video-stream out")
        return CameraReader(source, **part)
    return StreamReader(source, number, **part)
