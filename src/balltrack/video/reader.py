"""The door through which frames come in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Protocol, Self, get_args

from av.video.reformatter import Colorspace

from balltrack.declaring import check_choice
from balltrack.geometry import Fit, Scaling
from balltrack.options import ReaderName, SourceOptions
from balltrack.structures import Frame, VideoInfo
from balltrack.video.fallback_reader import FallbackReader
from balltrack.video.file_reader import FileReader
from balltrack.video.live import is_live, open_live
from balltrack.video.nvdec.reader import NvdecReader
from balltrack.video.opencv_reader import OpenCVReader
from balltrack.video.pictures.reader import PictureReader
from balltrack.video.probe import probe
from balltrack.video.pyav_reader import PyavReader
from balltrack.video.yuv import PicturedFrame, PlanarFrame

READERS: dict[ReaderName, tuple[type[FileReader], ...]] = {
    "auto": (PyavReader, OpenCVReader),
    "opencv": (OpenCVReader,),
    "pyav": (PyavReader,),
    "nvdec": (NvdecReader, PyavReader, OpenCVReader),
}
"""Name → libraries, each of which goes on where the one before it fails."""


def readers_of(info: VideoInfo, name: ReaderName) -> tuple[type[FileReader], ...]:
    """The libraries of that name for a video; pictures have one of their own."""
    return (PictureReader,) if info.stream is None else READERS[name]


class VideoReader(Protocol):
    """Frames of one video, in order of presentation.

    Attributes:
        info: what the container says.
        size: (width, height) of the images given, in pixels.
        scaling: from the source's pixels to those of the images.
        patient: whether the source waits for who reads it, as a file does and a camera does not.
        lost, corrupt: numbers of frames so far, as those of `FileReader`.
    """

    info: VideoInfo
    size: tuple[int, int]
    scaling: Scaling
    patient: bool
    lost: set[int]
    corrupt: set[int]

    def frames(self) -> Iterator[Frame]:
        """One pass, in order; ``index`` counts from the first frame of the file."""
        ...

    def planar_frames(self, matrix: Colorspace) -> Iterator[PlanarFrame]:
        """Instead of `frames`: whole pictures for an encoder, with their colours in ``matrix``."""
        ...

    def pictured_frames(self, picture_size: tuple[int, int]) -> Iterator[PicturedFrame]:
        """Instead of `frames`: the same, each with a larger picture of (width, height) beside."""
        ...

    def interrupt(self) -> None:
        """Wait no longer for what has not come yet."""
        ...

    def close(self) -> None:
        """Free the file; safe at any time and more than once."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def open_video(
    path: str | os.PathLike[str],
    *,
    reader: ReaderName = "auto",
    size: tuple[int, int] | None = None,
    fit: Fit = "stretch",
    start_s: float | None = None,
    end_s: float | None = None,
    quiet: bool = False,
    source: SourceOptions = SourceOptions(),  # noqa: B008  # frozen
) -> FileReader:
    """Open a video file for one pass from its first frame, or a live source, see `is_live`.

    Args:
        path: the file; or a folder of pictures or the source, and then ``reader`` changes nothing.
        reader: "pyav", "opencv"; "auto": PyAV, with OpenCV taking over where PyAV fails; or
            "nvdec": an NVIDIA GPU's decoder, with "auto" taking over where there is none or
            it fails. See below.
        size: (width, height) in pixels that images come at; the source's by default, after
            its display rotation.
        fit: how pictures of another shape come to that size, see `geometry`.
        start_s, end_s: give the frames with ``start_s <= time < end_s`` only, in seconds
            from the first frame.
        quiet: do not warn of damage and of readers that take over.
        source: which of its pictures are the video.

    What OpenCV reads correctly, PyAV reads the same: the same frames at the same times, and at
    the source's size the same pixels to the last bit, whatever the colour matrix, range, depth
    and rotation. To a smaller size PyAV takes half of OpenCV's time, and it also reads damaged
    and interlaced files, AVI with B-frames, and colour matrices that OpenCV does not know. So
    "auto" is PyAV, and OpenCV what goes on where PyAV cannot open a file, decodes nothing of
    it, or breaks off.

    Resized images differ a little: swscale averages YUV, OpenCV BGR. Networks are trained on
    PyAV's.

    Raises:
        VideoError: the file cannot be opened or holds no video.
        OptionError: an option is out of its range.
    """
    check_choice("reader", reader, get_args(ReaderName))
    if is_live(os.fspath(path)):
        number = source.video_stream
        return open_live(
            os.fspath(path), number, size=size, fit=fit, start_s=start_s, end_s=end_s, quiet=quiet
        )
    info = probe(path, source)
    return FallbackReader(
        info,
        readers_of(info, reader),
        size=size,
        fit=fit,
        start_s=start_s,
        end_s=end_s,
        quiet=quiet,
    )
