"""A part of the picture, given as though it were all of it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from typing import Any

from av.filter import Graph
from av.video.frame import VideoFrame

from balltrack.geometry import Region
from balltrack.structures import Image
from balltrack.video.file_reader import FileReader, Picture
from balltrack.video.filters.filtered import FilteredReader, filter_graph
from balltrack.video.opencv_reader import resized

Convert = Callable[[tuple[int, int]], Image]


class RegionReader(FilteredReader):
    """Reads a region of another reader's pictures.

    What FFmpeg decoded is cut by its own filter, which copies nothing. Pictures that are turned,
    that have changed their size, or that lie where FFmpeg does not reach, are cut when they are
    upright and of the video's size; that is slower.

    Args:
        whole, part: see `FilteredReader`.
        region: within the picture.
    """

    def __init__(self, whole: FileReader, region: Region, **part: Any) -> None:
        super().__init__(whole, region.size, **part)
        self._region = region
        self._format = ""
        self._graph: Graph | None = None

    def pictures(self) -> Generator[Picture]:
        """The region of every picture; errors as those of the other reader."""
        with closing(self.whole.pictures()) as pictures:
            for picture in pictures:
                yield self._cut(picture)

    def _cut(self, shown: Picture) -> Picture:
        decoded = shown.decoded
        if decoded is None or not self._is_as_shown(decoded):
            part = partial(self._part_of_whole, shown.convert)
            return shown._replace(convert=part, decoded=None, elsewhere=None)
        with self.converting():
            return self.with_frame(shown, self._cropped(decoded))

    def _is_as_shown(self, decoded: VideoFrame) -> bool:
        info = self.info
        upright = not info.rotation and not info.mirrored
        return upright and (decoded.width, decoded.height) == (info.width, info.height)

    def _cropped(self, decoded: VideoFrame) -> VideoFrame:
        if self._graph is None or decoded.format.name != self._format:
            self._format = decoded.format.name
            left, top, width, height = self._region
            crop = ("crop", f"{width}:{height}:{left}:{top}:exact=1")
            self._graph = filter_graph(decoded, crop)
        self._graph.push(decoded)
        part = self._graph.pull()
        assert isinstance(part, VideoFrame)  # of a graph of pictures
        return part

    def _part_of_whole(self, convert: Convert, size: tuple[int, int]) -> Image:
        left, top, width, height = self._region
        whole = convert((self.info.width, self.info.height))
        part = whole[top : top + height, left : left + width]
        return resized(part, size)
