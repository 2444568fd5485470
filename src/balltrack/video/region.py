"""A part of the picture, given as though it were all of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import cv2
import numpy as np
from av.error import FFmpegError
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from balltrack.errors import VideoError
from balltrack.geometry import Region
from balltrack.structures import Image
from balltrack.video.file_reader import FileReader, Picture
from balltrack.video.pyav_reader import to_bgr

Convert = Callable[[tuple[int, int]], Image]


class RegionReader(FileReader):
    """Reads a region of another reader's pictures.

    What FFmpeg decoded is cut by its own filter, which copies nothing. Pictures that are turned,
    that have changed their size, or that lie where FFmpeg does not reach, are cut when they are
    upright and of the video's size; that is slower.

    Args:
        whole: of the same video, just opened; closed and interrupted with this one.
        region: within the picture.
        part: see `FileReader`.

    Attributes:
        info: of the video; its size is that of the whole picture.
        scaling: from the region's pixels.
    """

    def __init__(self, whole: FileReader, region: Region, **part: Any) -> None:
        super().__init__(replace(whole.info, width=region.width, height=region.height), **part)
        self.info = whole.info
        self.patient = whole.patient
        self._whole = whole
        self._region = region
        self._reformatter = VideoReformatter()
        self._format = ""
        self._graph: Graph | None = None

    def pictures(self) -> Generator[Picture]:
        """The region of every picture; errors as those of the other reader."""
        with closing(self._whole.pictures()) as pictures:
            for picture in pictures:
                yield self._cut(picture)

    def interrupt(self) -> None:
        """See `FileReader`."""
        self._whole.interrupt()

    def close(self) -> None:
        """See `FileReader`."""
        super().close()
        self._whole.close()

    def _cut(self, shown: Picture) -> Picture:
        decoded = shown.decoded
        if decoded is None or not self._is_as_shown(decoded):
            part = partial(self._part_of_whole, shown.convert)
            return shown._replace(convert=part, decoded=None, elsewhere=None)
        with self._converting():
            decoded = self._filtered(decoded)
        return shown._replace(convert=partial(self._image, decoded), decoded=decoded)

    def _is_as_shown(self, decoded: VideoFrame) -> bool:
        info = self.info
        upright = not info.rotation and not info.mirrored
        return upright and (decoded.width, decoded.height) == (info.width, info.height)

    def _filtered(self, decoded: VideoFrame) -> VideoFrame:
        if self._graph is None or decoded.format.name != self._format:
            self._format = decoded.format.name
            self._graph = _crop(self._region, decoded)
        self._graph.push(decoded)
        part = self._graph.pull()
        assert isinstance(part, VideoFrame)  # of a graph of pictures
        return part

    def _image(self, part: VideoFrame, size: tuple[int, int]) -> Image:
        with self._converting():
            return to_bgr(self._reformatter, size, self.info, part)

    def _part_of_whole(self, convert: Convert, size: tuple[int, int]) -> Image:
        left, top, width, height = self._region
        whole = convert((self.info.width, self.info.height))
        part = whole[top : top + height, left : left + width]
        return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)

    @contextmanager
    def _converting(self) -> Iterator[None]:
        try:
            yield
        except FFmpegError as error:
            raise VideoError(
                f"{self.info.path}: cannot convert a frame ({error.strerror}); "
                "convert the file to H.264"
            ) from error


def _crop(region: Region, like: VideoFrame) -> Graph:
    """FFmpeg's filter ``crop`` for pictures of the same size and format."""
    graph = Graph()
    source = graph.add_buffer(
        width=like.width, height=like.height, format=like.format, time_base=like.time_base
    )
    size, place = f"{region.width}:{region.height}", f"{region.left}:{region.top}"
    crop = graph.add("crop", f"{size}:{place}:exact=1")
    sink = graph.add("buffersink")
    source.link_to(crop)
    crop.link_to(sink)
    graph.configure()
    return graph
