"""What all readers of files share: numbering, the asked-for part of the video, closing.

A reader of one library only has to say how pictures come out of a file, in
`FileReader.pictures`; everything that must be the same whichever library decodes
is here.
"""

from __future__ import annotations

import logging
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from fractions import Fraction
from functools import partial
from typing import ClassVar, NamedTuple, Protocol, Self

from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace

from balltrack.declaring import check_range
from balltrack.errors import OptionError, VideoError, counted
from balltrack.geometry import Fit, fitted
from balltrack.structures import AnyFrame, Frame, Image, VideoInfo
from balltrack.video.container import not_converted
from balltrack.video.yuv import (
    PicturedFrame,
    PlanarFrame,
    PlanarPicture,
    PlaneConverter,
    matrix_of_frame,
)

_log = logging.getLogger("balltrack")

_SAME_TIME_S = 1e-6  # libraries differ in the last digits of a time, not in which frame it is

_BEGUN_AGAIN_S = 1.0  # a clock that goes back by more


class Elsewhere(Protocol):
    """A decoded picture that is not in main memory."""

    def picture(self, size: tuple[int, int]) -> PlanarPicture:
        """Upright, at a (width, height), in memory of its own."""
        ...


class Picture(NamedTuple):
    """A decoded picture that nobody has paid the conversion of yet.

    ``time_s`` counts from the first picture of the file, NaN where the container has
    no time. ``convert`` gives the (H, W, 3) uint8 BGR image at a (width, height) and
    may be called until the next picture is asked for. ``decoded`` is what FFmpeg decoded, not
    yet upright, where that is in main memory, ``elsewhere`` where it is in another. What is
    ``lost`` shows another picture, what is ``corrupt`` a broken one.
    """

    time_s: float
    convert: Callable[[tuple[int, int]], Image]
    decoded: VideoFrame | None = None
    lost: bool = False
    corrupt: bool = False
    elsewhere: Elsewhere | None = None


class Clock:
    """Seconds from the first picture, ever later ones.

    Where a stream's own clock goes back, time goes on by the frame rate: for a picture where it
    goes back a little, and from there on where it begins again, as in recordings that were joined.

    Args:
        rate: frames a second.
    """

    def __init__(self, rate: Fraction) -> None:
        self._step_s = float(1 / rate)
        self._origin: int | None = None
        self._offset_s = 0.0
        self.last_s = 0.0

    def seconds(self, time: int | None, base: Fraction | None) -> float:
        """When the next picture is shown.

        Args:
            time: in units of ``base``; None where it is not known.
            base: in seconds.

        Returns:
            NaN where the time is not known.
        """
        if time is None or base is None:
            return math.nan
        if self._origin is None:
            self._origin, now = time, self._offset_s
        else:
            now = self._offset_s + float((time - self._origin) * base)
            if now < self.last_s - _BEGUN_AGAIN_S:
                self.begin_again(self._step_s)
                self._origin = time
            if now <= self.last_s:
                now = self.last_s + self._step_s
        self.last_s = now
        return now

    def begin_again(self, after_s: float) -> None:
        """The next picture is shown so long after the last one, whatever its own time."""
        self._origin = None
        self._offset_s = self.last_s + after_s


class FileReader(ABC):
    """Reads a video file forward, from its first frame.

    Attributes:
        name: of the library, in messages.
        info: what `probe` found.
        size: (width, height) of the images given, in pixels; the source's by default.
        scaling: from the source's pixels to those of the images, by the ``fit`` that was asked for.
        quiet: whether to keep warnings to itself.
        patient: whether the source waits for who reads it, as a file does and a camera does not.
        lost: numbers of the frames so far whose pictures are not there; others stand in for them.
        corrupt: numbers of those that the decoder calls corrupt, or that are encrypted.

    Raises:
        OptionError: a size below 1 pixel, a negative start, an end before the start; a part of
            what has no times.
    """

    name: ClassVar[str] = ""
    patient: bool = True

    def __init__(
        self,
        info: VideoInfo,
        *,
        size: tuple[int, int] | None = None,
        fit: Fit = "stretch",
        start_s: float | None = None,
        end_s: float | None = None,
        quiet: bool = False,
    ) -> None:
        self.info = info
        self.quiet = quiet
        self.lost: set[int] = set()
        self.corrupt: set[int] = set()
        self.size = size or (info.width, info.height)
        check_range("width", self.size[0], 1)
        check_range("height", self.size[1], 1)
        self.scaling = fitted((info.width, info.height), self.size, fit)
        if start_s is not None:
            check_range("start", start_s, 0)
        if end_s is not None and end_s <= (start_s or 0):
            raise OptionError(f"end must lie after start, got {end_s:g} s")
        timeless = info.stream is None and info.duration_s is None
        if timeless and (start_s, end_s) != (None, None):
            raise OptionError(f"{info.path}: pictures have no times; give --fps too")
        # Without a start, times below zero pass too: damage brings them about.
        self._start_s = -math.inf if start_s is None else start_s
        self._end_s = math.inf if end_s is None else end_s
        self._pass: Generator[Picture] | None = None
        self._closed = False

    @abstractmethod
    def pictures(self) -> Generator[Picture]:
        """Every picture of the file in order of presentation; frees its handles when closed."""

    def frames(self) -> Iterator[Frame]:
        """The frames with ``start_s <= time < end_s``, in order, numbered in the file.

        What lies before the start is decoded to be counted, but not converted: seeking
        by frame number is unreliable in every library. A frame without a time is placed
        by its number and the average frame rate.

        Raises:
            VideoError: the file cannot be read (on), or the reader is closed.
        """
        return self._each(lambda index, shown: Frame(index, shown.time_s, self._framed(shown)))

    def planar_frames(self, matrix: Colorspace) -> Iterator[PlanarFrame]:
        """The frames of `frames`, as an encoder takes them, with this matrix."""
        return self._each(partial(self._planar_frame, PlaneConverter(self.size, matrix)))

    def pictured_frames(self, picture_size: tuple[int, int]) -> Iterator[PicturedFrame]:
        """The frames of `frames`, each with its picture at ``picture_size``, (width, height)."""
        converters: dict[Colorspace, PlaneConverter] = {}

        def make(index: int, shown: Picture) -> PicturedFrame:
            image = self._framed(shown)
            if shown.elsewhere is not None:
                picture = shown.elsewhere.picture(picture_size)
                return PicturedFrame(index, shown.time_s, image, picture=picture)
            matrix = Colorspace.ITU601 if shown.decoded is None else matrix_of_frame(shown.decoded)
            to = converters.setdefault(matrix, PlaneConverter(picture_size, matrix))
            planes = _planes(to, shown, picture_size, self.info)
            picture = PlanarPicture(planes, picture_size, matrix)
            return PicturedFrame(index, shown.time_s, image, picture=picture)

        return self._each(make)

    def _framed(self, shown: Picture) -> Image:
        return self.scaling.framed(shown.convert(self.scaling.inner))

    def _planar_frame(self, to: PlaneConverter, index: int, shown: Picture) -> PlanarFrame:
        picture = _planes(to, shown, self.size, self.info)
        return PlanarFrame(index, shown.time_s, to.small(picture), picture=picture)

    def _each(self, make: Callable[[int, Picture], AnyFrame]) -> Iterator[AnyFrame]:
        self._check_open()
        self._pass = self.pictures()
        try:
            for index, picture in self._asked_for(self._pass):
                self._note(index, picture)
                yield make(index, picture)
                self._check_open()
        finally:
            self._pass.close()
            self._tell_corrupt()

    def _asked_for(self, pictures: Iterator[Picture]) -> Iterator[tuple[int, Picture]]:
        """Those of the part that is asked for, numbered in the file."""
        for index, picture in enumerate(pictures):
            position_s = picture.time_s
            if math.isnan(position_s):
                position_s = float(index / self.info.frame_rate)
            if position_s >= self._end_s - _SAME_TIME_S:
                return
            if position_s >= self._start_s - _SAME_TIME_S:
                yield index, picture

    def _note(self, index: int, picture: Picture) -> None:
        if picture.lost:
            self.lost.add(index)
        if picture.corrupt:
            self.corrupt.add(index)

    def _tell_corrupt(self) -> None:
        """How many pictures were corrupt, once a pass."""
        if self.corrupt and not self.quiet:
            _log.warning(
                "%s: %s %s, the first frame %d; --skip-corrupt finds no ball there",
                self.info.path,
                counted(len(self.corrupt), "picture"),
                "encrypted" if self.info.encrypted else "called corrupt",
                min(self.corrupt),
            )

    def interrupt(self) -> None:  # noqa: B027  # nothing to do for a file
        """Wait no longer for what has not come yet; a file has come."""

    def close(self) -> None:
        """Free the file. Safe at any time and more than once; a pass under way ends."""
        self._closed = True
        if self._pass is not None:
            # Another thread inside the pass: it meets the flag at its next frame.
            with suppress(ValueError):
                self._pass.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise VideoError(f"{self.info.path}: the reader is closed; open the video again")


def _planes(
    to: PlaneConverter, shown: Picture, size: tuple[int, int], info: VideoInfo
) -> VideoFrame:
    """A picture as ``to`` brings it into planes of ``size``."""
    try:
        if shown.elsewhere is not None:
            return shown.elsewhere.picture(size).planes
        if shown.decoded is None:
            return to.from_bgr(shown.convert(size))
        return to.planes(shown.decoded, info.rotation, mirrored=info.mirrored)
    except FFmpegError as error:
        raise not_converted(info.path, error) from error
