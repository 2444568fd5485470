"""Crops of the frames around a miss, taken in one pass over each video."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from balltrack.evaluation.comparison import Comparison, Size
from balltrack.evaluation.page.misses import Miss
from balltrack.options import ReadOptions
from balltrack.structures import FloatArray, Frame, Image
from balltrack.video.reader import open_video

# A crop shows this share of the picture's width and height: a ball of 5-10 source pixels in
# a crop of 160 x 120 of 1280 x 720 is small enough to see its surroundings.
CROP_SHARE = (1 / 8, 1 / 6)
OVERVIEW_WIDTH = 384
JPEG_QUALITY = 92
NEIGHBOURS = (-1, 0, 1)


@dataclass(frozen=True)
class View:
    """A piece of one frame.

    Attributes:
        frame: its number.
        left, top: the piece's first column and row in the source.
        width, height: of the piece in source pixels.
        jpeg: the encoded picture, at a size of its own.
    """

    frame: int
    left: int
    top: int
    width: int
    height: int
    jpeg: bytes


@dataclass(frozen=True)
class Strip:
    """What there is to see of a miss.

    Attributes:
        overview: the whole frame; None where the video ends before it.
        crops: one row for each place, with one view for each of the frames before, of and
            after the miss that the video has.
        size: (width, height) of the source in pixels.
    """

    overview: View | None
    crops: tuple[tuple[View, ...], ...]
    size: Size


def take_pictures(
    misses: Sequence[Miss],
    clip: Comparison,
    video: str | os.PathLike[str],
    reading: ReadOptions = ReadOptions(),  # noqa: B008  # frozen
) -> list[Strip]:
    """Pictures of each miss of one clip, in one forward pass; only encoded crops are kept.

    Args:
        misses: runs of wrong frames, of this clip.
        clip: truth and prediction, source pixels.
        video: path of the pictures.
        reading: which of its streams is read, and by what.

    Raises:
        VideoError: the video cannot be read.
    """
    wanted = sorted({miss.frame + step for miss in misses for step in NEIGHBOURS})
    overviews: dict[int, View] = {}
    crops: dict[tuple[int, int, int], View] = {}
    with open_video(video, reader=reading.reader, source=reading) as source:
        size = source.size
        corners = [_corners(clip, miss, size) for miss in misses]
        for frame in _only(source.frames(), wanted):
            for which, miss in enumerate(misses):
                if abs(frame.index - miss.frame) > 1:
                    continue
                for place, corner in enumerate(corners[which]):
                    view = _crop(frame, corner, _crop_size(size))
                    crops[which, place, frame.index - miss.frame] = view
                if frame.index == miss.frame:
                    overviews[which] = _overview(frame)
    return [
        Strip(
            overviews.get(which),
            tuple(
                tuple(crops[key] for step in NEIGHBOURS if (key := (which, place, step)) in crops)
                for place in range(len(corners[which]))
            ),
            size,
        )
        for which in range(len(misses))
    ]


def _only(frames: Iterable[Frame], wanted: Sequence[int]) -> Iterable[Frame]:
    """The frames whose numbers are wanted; nothing is read after the last."""
    numbers = set(wanted)
    for frame in frames:
        if frame.index in numbers:
            yield frame
        if frame.index >= wanted[-1]:
            return


def _corners(clip: Comparison, miss: Miss, size: Size) -> list[tuple[int, int]]:
    """Where the crops begin: one around truth and prediction, or one each if they lie apart."""
    both = np.array([clip.truth_xy[miss.row], clip.xy[miss.row]])
    points = both[np.isfinite(both).all(axis=1)]
    crop = np.array(_crop_size(size))
    if len(points) > 1 and np.all(np.abs(points[0] - points[1]) < 0.75 * crop):
        points = points.mean(axis=0, keepdims=True)
    return [_corner(point, crop, size) for point in points]


def _corner(point: FloatArray, crop: npt.NDArray[np.int64], size: Size) -> tuple[int, int]:
    """The crop around a point, pushed inside the picture."""
    left, top = np.clip(np.round(point - crop / 2), 0, np.array(size) - crop).astype(int).tolist()
    return left, top


def _crop_size(size: Size) -> Size:
    width, height = (
        max(1, round(full * share)) for full, share in zip(size, CROP_SHARE, strict=True)
    )
    return width, height


def _crop(frame: Frame, corner: tuple[int, int], size: Size) -> View:
    (left, top), (width, height) = corner, size
    piece = frame.image[top : top + height, left : left + width]
    return View(frame.index, left, top, width, height, _encode(piece))


def _overview(frame: Frame) -> View:
    height, width = frame.image.shape[:2]
    small = (min(width, OVERVIEW_WIDTH), max(1, round(height * min(1, OVERVIEW_WIDTH / width))))
    image = cv2.resize(frame.image, small, interpolation=cv2.INTER_AREA)
    return View(frame.index, 0, 0, width, height, _encode(np.asarray(image, dtype=np.uint8)))


def _encode(image: Image) -> bytes:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return data.tobytes()
