"""Pictures as H.264 takes them: a plane of luma and two of chroma, at half its size.

From the decoder to the encoder they are ``av.VideoFrame``, so that what nobody draws on goes
from one to the other as it is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from balltrack.errors import VideoError
from balltrack.geometry import PAPER_GRID
from balltrack.structures import Frame, Image
from balltrack.video.container import open_container, video_stream
from balltrack.video.tone import PLAIN, Tone

# What a stream's tag says (ISO/IEC 23091-2, MatrixCoefficients), as swscale calls it.
MATRICES = {1: Colorspace.ITU709, 5: Colorspace.ITU601, 6: Colorspace.ITU601, 9: Colorspace.BT2020}
_READABLE = MATRICES | {4: Colorspace.FCC, 7: Colorspace.SMPTE240M}  # and never written
Level = TypeVar("Level", np.uint8, np.uint16)
_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


@dataclass(frozen=True, kw_only=True)
class PlanarFrame(Frame):
    """A frame on its way into another video.

    ``picture`` is what `PlaneConverter` makes of the decoded one. ``image`` is a small copy of
    it, of at most `PAPER_GRID` as in tracking, whose pixels are every n-th: enough to find
    cuts by.
    """

    picture: VideoFrame


@dataclass(frozen=True)
class PlanarPicture:
    """A picture that is kept for a while: 8-bit 4:2:0, half the bytes of BGR.

    Attributes:
        planes: from a `PlaneConverter`; another's to read, not to change.
        size: (width, height) in pixels; a plane may have a row or column more.
        matrix: of its colours.
        tone: of what is cut out of it.
    """

    planes: VideoFrame
    size: tuple[int, int]
    matrix: Colorspace
    tone: Tone = PLAIN

    @cached_property
    def arrays(self) -> list[Image]:
        """See `planes_of`."""
        return planes_of(self.planes)

    def toned(self, tone: Tone) -> PlanarPicture:
        """The same picture, to be cut in this tone."""
        return replace(self, tone=tone)


@dataclass(frozen=True, kw_only=True)
class PicturedFrame(Frame):
    """A frame with a larger picture of itself, for whoever looks closer."""

    picture: PlanarPicture


class PlaneConverter:
    """Brings pictures into one form: 8-bit yuv420p, limited range, upright, an even size.

    A picture that has it already is given back itself. It is the decoder's own, which others
    may be decoded from: ``make_writable`` it before changing it.
    """

    def __init__(self, size: tuple[int, int], matrix: Colorspace) -> None:
        """Prepare to convert.

        Args:
            size: upright width and height in pixels; where one is odd, the last column or row
                is repeated.
            matrix: of the result.
        """
        self._size = size
        self._matrix = matrix
        self._to_planes, self._to_small = VideoReformatter(), VideoReformatter()

    def planes(self, frame: VideoFrame, rotation: int = 0, *, mirrored: bool = False) -> VideoFrame:
        """Convert a picture of any format, and put it upright as `orientation` says.

        Raises:
            FFmpegError: swscale does not know the format.
        """
        width, height = self._size[::-1] if rotation in (90, 270) else self._size
        frame = self._convert(frame, width, height)
        if rotation or mirrored or width % 2 or height % 2:
            return self._turned(frame, rotation, mirrored=mirrored)
        return frame

    def from_bgr(self, image: Image) -> VideoFrame:
        """Convert an (H, W, 3) uint8 image of the converter's size."""
        height, width = image.shape[:2]
        if width % 2 or height % 2:  # first, or swscale would squeeze the chroma into its planes
            image = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
            height, width = image.shape[:2]
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
        return self._convert(frame, width, height)

    def _convert(self, frame: VideoFrame, width: int, height: int) -> VideoFrame:
        same = (width, height) == (frame.width, frame.height)
        full = frame.color_range == ColorRange.JPEG
        # Untagged and unknown matrices are BT.601, as they are where tracking reads them.
        return self._to_planes.reformat(
            frame,
            width,
            height,
            "yuv420p",
            src_colorspace=_READABLE.get(frame.colorspace, Colorspace.ITU601),
            dst_colorspace=self._matrix,
            interpolation=Interpolation.BILINEAR if same else Interpolation.AREA,
            dst_color_range=ColorRange.MPEG if full else None,
            threads=1,
        )

    def _turned(self, frame: VideoFrame, rotation: int, *, mirrored: bool) -> VideoFrame:
        """A copy that is upright and has an even size."""
        width, height = (side + side % 2 for side in self._size)
        turned = VideoFrame(width, height, "yuv420p")
        for target, plane in zip(planes_of(turned), planes_of(frame), strict=True):
            flipped = plane[::-1] if mirrored else plane
            upright = cv2.rotate(flipped, _TURNS[rotation]) if rotation else flipped
            below, beside = np.subtract(target.shape, upright.shape).tolist()
            cv2.copyMakeBorder(upright, 0, below, 0, beside, cv2.BORDER_REPLICATE, target)
        return turned

    def small(self, picture: VideoFrame) -> Image:
        """`PlanarFrame.image` of a converted picture."""
        # Before its colours are put together: swscale would read all of the large picture.
        width, height = (min(pair) for pair in zip(self._size, PAPER_GRID, strict=True))
        small = VideoFrame(width, height, "yuv420p")
        for target, plane in zip(planes_of(small), planes_of(picture), strict=True):
            cv2.resize(plane, target.shape[::-1], target, interpolation=cv2.INTER_NEAREST)
        image = self._to_small.reformat(
            small,
            format="bgr24",
            src_colorspace=self._matrix,
            dst_colorspace=self._matrix,
            threads=1,
        ).to_ndarray()
        return np.asarray(image, dtype=np.uint8)


def planes_of(picture: VideoFrame) -> list[Image]:
    """Views of a yuv420p picture's planes: (H, W) luma, and (H/2, W/2) blue and red chroma."""
    return [plane_of(picture, number, np.uint8) for number in range(len(picture.planes))]


def plane_of(picture: VideoFrame, number: int, kind: type[Level]) -> npt.NDArray[Level]:
    """(H, W) view of one plane of a planar picture, whose values are of ``kind``."""
    plane = picture.planes[number]
    values = np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1)
    return values[:, : plane.width]


def copy_of(picture: VideoFrame) -> VideoFrame:
    """The same yuv420p picture in a frame of its own, for an encoder sets its frames' times."""
    copy = VideoFrame(picture.width, picture.height, "yuv420p")
    for target, plane in zip(planes_of(copy), planes_of(picture), strict=True):
        target[:] = plane
    return copy


def orientation(frame: VideoFrame) -> tuple[int, bool]:
    """How a decoded picture becomes upright.

    Returns:
        Degrees counterclockwise, 0, 90, 180 or 270; and whether it is turned upside down before.
        A display matrix that says anything else is nonsense, and the picture stays as it is.
    """
    rotation = frame.rotation % 360
    if rotation % 90:
        return 0, False
    try:
        matrix: Any = frame.side_data.get("DISPLAYMATRIX")
    except ValueError:  # PyAV does not know all that may lie beside it
        matrix = None
    if matrix is None:
        return rotation, False
    a, b, _, c, d = np.frombuffer(matrix, np.int32)[:5].tolist()
    return rotation, a * d - b * c < 0


def matrix_of_frame(frame: VideoFrame) -> Colorspace:
    """The matrix in which a decoded picture is kept in planes."""
    return MATRICES.get(frame.colorspace, Colorspace.ITU601)


def matrix_of(stream: VideoStream) -> Colorspace:
    """The matrix in which a stream's pictures can be written again."""
    return MATRICES.get(stream.codec_context.colorspace, Colorspace.ITU601)


def matrix_of_file(path: str | os.PathLike[str], number: int | None = None) -> Colorspace:
    """`matrix_of` a file's video, see `video_stream`; BT.601 where FFmpeg cannot open it."""
    try:
        with open_container(os.fspath(path)) as container:
            return matrix_of(video_stream(container, container.name, number))
    except VideoError:
        return Colorspace.ITU601
