"""What readers that change another reader's pictures share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from av.error import FFmpegError
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from balltrack.structures import Image
from balltrack.video.container import not_converted
from balltrack.video.file_reader import FileReader, Picture
from balltrack.video.pyav_reader import to_bgr


class FilteredReader(FileReader):
    """Reads the pictures of another reader, changed.

    Args:
        whole: of the same video, just opened; closed and interrupted with this one.
        seen: (width, height) of what is left of its pictures, all of them by default.
        part: see `FileReader`.

    Attributes:
        info: of the video; its size is that of whole pictures.
        scaling: from the pixels of what is left of them.
    """

    def __init__(self, whole: FileReader, seen: tuple[int, int] | None = None, **part: Any) -> None:
        width, height = seen or (whole.info.width, whole.info.height)
        super().__init__(replace(whole.info, width=width, height=height), **part)
        self.info = whole.info
        self.patient = whole.patient
        self.whole = whole
        self._reformatter = VideoReformatter()

    def interrupt(self) -> None:
        """See `FileReader`."""
        self.whole.interrupt()

    def close(self) -> None:
        """See `FileReader`."""
        super().close()
        self.whole.close()

    def with_frame(self, shown: Picture, frame: VideoFrame) -> Picture:
        """The same picture, of another decoded frame."""
        return shown._replace(convert=partial(self._image, frame), decoded=frame)

    def _image(self, frame: VideoFrame, size: tuple[int, int]) -> Image:
        with self.converting():
            return to_bgr(self._reformatter, size, self.info, frame)

    @contextmanager
    def converting(self) -> Iterator[None]:
        """Errors of FFmpeg become `VideoError`."""
        try:
            yield
        except FFmpegError as error:
            raise not_converted(self.info.path, error) from error


def filter_graph(like: VideoFrame, *filters: tuple[str, str]) -> Graph:
    """FFmpeg's filters one after the other, for pictures of the same size and format.

    Args:
        like: one of the pictures.
        filters: their names and arguments as FFmpeg's command line has them.

    Raises:
        FFmpegError: there is no such filter, or it does not take them.
    """
    graph = Graph()
    last = graph.add_buffer(
        width=like.width, height=like.height, format=like.format, time_base=like.time_base
    )
    for name, arguments in (*filters, ("buffersink", "")):
        following = graph.add(name, arguments or None)
        last.link_to(following)
        last = following
    graph.configure()
    return graph
