"""Light that flickers → pictures as light as those around them.

Lamps go out a hundred times a second. A camera with a short exposure takes one picture lighter than
the next, and one that reads its rows one after the other has bands of light and dark, which move:
for whoever looks for what differs from the background, all of the picture does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from contextlib import closing

import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange

from balltrack.structures import FloatArray
from balltrack.video.file_reader import Picture
from balltrack.video.filters.filtered import FilteredReader
from balltrack.video.yuv import plane_of

Plane = npt.NDArray[np.uint8 | np.uint16]

ROWS, COLUMNS = 36, 48
"""Samples of a picture. There are up to four bands in one."""

SMOOTH = 1.0
"""Deviation of the bell over which the light of neighbouring rows is taken together, samples."""

MEMORY, FEWEST = 32, 8
"""Pictures by which it is said whether light flickers, and how many have to have come."""

FLICKERS = 0.015
"""Median of how much more or less the light changes from a picture to the next than it did before,
as a logarithm, from which on it flickers. Of 121 broadcast clips, some of them panning, the most is
0.007; three hundredths more and less light have 0.04 to 0.07, a tenth has 0.19."""

OFTEN = 12
"""Pictures from one look at three of them to the next, where light has not flickered so far."""

SLOW = 0.05
"""Share of a new picture in what is known of the light; the first ones count more."""

MOST = 0.3
"""Greatest change of light, as a logarithm, that is put right."""

OTHER = 0.05
"""Median difference between samples once the light is the same, from which on it is another
picture: after a cut, or where the camera turns."""

DIM = 4
"""Added to luma before its logarithm is taken, for what is nearly black not to count most."""


class Light:
    """How light each picture of a video is, against those before it."""

    def __init__(self) -> None:
        self._known: FloatArray | None = None
        self._count = 0
        self._levels: deque[FloatArray] = deque(maxlen=3)
        self._restless: deque[float] = deque(maxlen=MEMORY)
        self._given = 0

    def gains(self, luma: Plane, black: int) -> FloatArray | None:
        """What to multiply the rows of a picture with for its light to be as before.

        Args:
            luma: (H, W) of the next picture.
            black: value of what has no light.

        Returns:
            (H,) about 1; None where the light does not flicker, or the picture is another one.
        """
        self._given += 1
        if self._given > MEMORY and not self._flickers and self._given % OFTEN >= 3:
            self._levels.clear()
            return None
        seen = np.log(np.maximum(_samples(luma) - black, 0) + DIM)
        level = None if self._known is None else _level(seen - self._known)
        if self._known is None or level is None:
            self._known, self._count = seen, 1
            self._levels.clear()
            return None
        self._count += 1
        self._known += max(1 / self._count, SLOW) * (seen - self._known)
        self._levels.append(level)
        if len(self._levels) == 3:
            first, second, third = self._levels
            self._restless.append(float(np.median(np.abs(third - 2 * second + first))))
        if not self._flickers:
            return None
        rows = np.exp(-level).astype(np.float32)[:, np.newaxis]
        height = luma.shape[0]
        every = cv2.resize(rows, (1, height), interpolation=cv2.INTER_LINEAR)
        return every[:, 0].astype(np.float64)

    @property
    def _flickers(self) -> bool:
        return len(self._restless) >= FEWEST and bool(np.median(self._restless) >= FLICKERS)


class SteadyReader(FilteredReader):
    """Reads another reader's pictures, in flickering light each as light as those around it.

    What comes first, until it is known that light flickers, passes as it is, and so does what is
    not kept as planes of luma and chroma.
    """

    def pictures(self) -> Generator[Picture]:
        """One for every picture; errors as those of the other reader."""
        light = Light()
        with closing(self.whole.pictures()) as pictures:
            for shown in pictures:
                decoded = shown.decoded
                if decoded is None or not decoded.format.name.startswith(("yuv4", "yuvj4")):
                    yield shown
                    continue
                gains = light.gains(_plane(decoded, 0), _black(decoded))
                yield shown if gains is None else self.with_frame(shown, _lit(decoded, gains))


def _level(change: FloatArray) -> FloatArray | None:
    """(ROWS,) logarithms of how much lighter the rows are than is known; None if no light does it.

    Args:
        change: of the samples, logarithms too.
    """
    rows = np.median(change, axis=1)[:, np.newaxis]
    level = cv2.GaussianBlur(rows, (1, 0), 0, sigmaY=SMOOTH)
    if np.median(np.abs(change - level)) > OTHER or np.abs(level).max() > MOST:
        return None
    return np.asarray(level[:, 0], np.float64)


def _samples(luma: Plane) -> FloatArray:
    """(ROWS, COLUMNS) means of some of the pixels around each place."""
    step = max(1, luma.shape[0] // (5 * ROWS))
    some = np.ascontiguousarray(luma[::step, ::step])
    return cv2.resize(some, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA).astype(np.float64)


def _bits(frame: VideoFrame) -> int:
    return frame.format.components[0].bits


def _black(frame: VideoFrame) -> int:
    """Luma of black."""
    full = frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj")
    return 0 if full else 16 << (_bits(frame) - 8)


def _plane(frame: VideoFrame, number: int) -> Plane:
    if _bits(frame) == 8:
        return plane_of(frame, number, np.uint8)
    return plane_of(frame, number, np.uint16)


def _lit(frame: VideoFrame, gains: FloatArray) -> VideoFrame:
    """The same frame, in memory of its own, its rows lighter or darker."""
    frame.make_writable()
    bits = _bits(frame)
    for number, zero in enumerate((_black(frame), 1 << (bits - 1), 1 << (bits - 1))):
        plane = _plane(frame, number)
        share = cv2.resize(gains[:, np.newaxis], (1, plane.shape[0]), interpolation=cv2.INTER_AREA)
        lit = (plane.astype(np.float32) - zero) * share.astype(np.float32) + (zero + 0.5)
        plane[:] = np.clip(lit, 0, (1 << bits) - 1)
    return frame
