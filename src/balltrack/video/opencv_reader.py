"""Reading with OpenCV."""

from __future__ import annotations

import math
import os
from collections.abc import Generator
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from balltrack.errors import VideoError
from balltrack.structures import Image
from balltrack.video.container import open_container
from balltrack.video.file_reader import FileReader, Picture


class OpenCVReader(FileReader):
    """Reads forward with ``cv2.VideoCapture``; resizes with INTER_AREA.

    OpenCV applies the display rotation by itself, ends without a word at the first damaged
    packet, and opens files that it cannot decode (opencv/opencv#29722). Interlaced frames it
    hands out black or with an earlier frame's pixels (vllm-project/vllm#47853; 4.14 and 5.0
    too), so they are refused; the same happens, and nothing tells, with colour matrices that
    swscale does not know, such as YCgCo (5.0). A time of 0 or an earlier one again is how it
    says that it does not know a picture's time, which is NaN then.
    """

    name = "OpenCV"

    def pictures(self) -> Generator[Picture]:
        """Every picture that OpenCV gives.

        Raises:
            VideoError: OpenCV cannot open the file, or would give wrong pixels.
        """
        if self.info.interlaced:
            raise VideoError(f"{self.info.path}: OpenCV cannot read interlaced video; use pyav")
        if self.info.mirrored:
            raise VideoError(f"{self.info.path}: OpenCV does not mirror pictures; use pyav")
        with open_container(self.info.path) as container:
            if container.streams.video[0].index != self.info.stream:
                raise VideoError(f"{self.info.path}: OpenCV reads the first video only; use pyav")
        path = Path(self.info.path).absolute()
        if not _is_utf8(str(path)):  # it would end the process
            raise VideoError(f"{self.info.path!a}: OpenCV opens UTF-8 names only; use pyav")
        # FFmpeg inside OpenCV writes a line to stderr for each damaged block and for every AV1
        # file; what matters is told by errors and warnings. Read with the first video.
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        first_s = last_s = math.nan
        try:
            if not capture.isOpened():
                raise VideoError(f"{self.info.path}: OpenCV cannot open it; use pyav")
            while capture.grab():
                # Not CAP_PROP_PTS: that is in units of 1/rate, and rounded.
                position_s = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                known = not position_s <= last_s
                if known:
                    last_s = position_s
                    first_s = last_s if math.isnan(first_s) else first_s
                time_s = position_s - first_s if known else math.nan
                yield Picture(time_s, partial(self._image, capture))
        finally:
            capture.release()

    def _image(self, capture: cv2.VideoCapture, size: tuple[int, int]) -> Image:
        """The grabbed picture at ``size``; a stream may change its own midway."""
        read, image = capture.retrieve()
        if not read:
            raise VideoError(f"{self.info.path}: OpenCV cannot convert a frame; use pyav")
        return resized(np.asarray(image, np.uint8), size)


def resized(image: Image, size: tuple[int, int]) -> Image:
    """A (H, W, 3) picture at ``size``, (width, height).

    Where one side grows, INTER_AREA interpolates both and drops rows or columns of the side that
    shrinks, and a small ball with them: the shrinking goes first.
    """
    height, width = image.shape[:2]
    shrunk = (min(width, size[0]), min(height, size[1]))
    if (width, height) != shrunk:
        image = np.asarray(cv2.resize(image, shrunk, interpolation=cv2.INTER_AREA), np.uint8)
    if shrunk != size:
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    return image


def _is_utf8(text: str) -> bool:
    """Whether a path has no bytes that Python carries along as lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
