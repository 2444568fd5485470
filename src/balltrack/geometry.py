"""Source pixels ↔ network pixels, pixel-centre correct.

A resize maps pixel *areas* onto each other, so the centre of source pixel 0 lies at
``0.5 * scale - 0.5`` on the small grid, not at 0. Every conversion goes through
here; an image resized with OpenCV's INTER_AREA/INTER_LINEAR or swscale follows the
same convention.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from balltrack.errors import OptionError
from balltrack.structures import FloatArray

Fit = Literal["stretch", "letterbox"]
"""How a picture comes to a size of another shape: "stretch" fills it; "letterbox" brings the longer
side to its width and puts the picture in its middle, with black bars, or cut, above and below."""

PAPER_GRID = (512, 288)
"""(width, height) in pixels of the pictures that TrackNetV2 and V3 look at, on which both papers
count a ball as found within 4 px (Sun et al. 2020; Chen and Wang 2023; qaz812345/TrackNetV3
utils/general.py WIDTH and HEIGHT)."""


class Region(NamedTuple):
    """A rectangle of the picture as it is shown, in source pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.width, self.height


@dataclass(frozen=True)
class Scaling:
    """The way from a source of ``source`` (width, height) to ``target`` (width, height).

    Attributes:
        source, target: pixels.
        resized: size to which the source is brought before it is put in the middle of the target;
            None is the target's.
    """

    source: tuple[int, int]
    target: tuple[int, int]
    resized: tuple[int, int] | None = None

    @property
    def inner(self) -> tuple[int, int]:
        """``resized``, also where it is the target's size."""
        return self.resized or self.target

    @property
    def factors(self) -> FloatArray:
        """(2,) target pixels per source pixel, x then y."""
        return np.array(self.inner, dtype=np.float64) / np.array(self.source, dtype=np.float64)

    def to_target(self, xy: FloatArray) -> FloatArray:
        """(..., 2) source pixels → (..., 2) target pixels; NaN stays NaN."""
        place = (np.asarray(xy, dtype=np.float64) + 0.5) * self.factors - 0.5
        return np.asarray(place + _margins(self.inner, self.target))

    def to_source(self, xy: FloatArray) -> FloatArray:
        """(..., 2) target pixels → (..., 2) source pixels; NaN stays NaN."""
        place = np.asarray(xy, dtype=np.float64) - _margins(self.inner, self.target)
        return np.asarray((place + 0.5) / self.factors - 0.5)

    def framed(self, picture: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A picture of the size ``inner``, (h, w, ...), as it lies in the target: black around."""
        return _recentred(picture, self.target, _margins(self.inner, self.target))

    def unframed(self, picture: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The other way round: what a picture of the target's size, (h, w, ...), has in ``inner``,
        0 beyond the target's borders."""
        return _recentred(picture, self.inner, -_margins(self.inner, self.target))


def fitted(source: tuple[int, int], target: tuple[int, int], fit: Fit) -> Scaling:
    """How a source comes to a target's size, both (width, height)."""
    if fit == "stretch":
        return Scaling(source, target)
    factor = target[0] / max(source)
    width, height = (max(1, round(side * factor)) for side in source)
    return Scaling(source, target, None if (width, height) == target else (width, height))


def region_of(asked: str | None, size: tuple[int, int]) -> Region:
    """The part of a picture that "WIDTHxHEIGHT+LEFT+TOP" names, all of it where nothing does.

    It is widened to even rows and columns, as most videos hold one sample of colour for two of
    each.

    Args:
        asked: as `TrackOptions.region` takes it.
        size: (width, height) of the picture.

    Raises:
        OptionError: it reaches beyond the picture.
    """
    if asked is None:
        return Region(0, 0, *size)
    width, height, left, top = map(int, re.findall(r"\d+", asked))
    right, bottom = left + width, top + height
    if right > size[0] or bottom > size[1]:
        raise OptionError(
            f"region {asked} reaches beyond the picture, which is {size[0]}x{size[1]}"
        )
    left, top = left - left % 2, top - top % 2
    right, bottom = min(right + right % 2, size[0]), min(bottom + bottom % 2, size[1])
    return Region(left, top, right - left, bottom - top)


FAR_OUTSIDE = 1.25
"""Positions that reach so many times as far as the picture does are those of a larger one."""

STRAYS = 0.01
"""Share of the positions that may lie anywhere: some trackers lose themselves now and then."""


def far_outside(xy: FloatArray, size: tuple[int, int]) -> str | None:
    """What to say of positions that lie so far to the right or down that they are of a larger
    picture; None where they do not.

    Args:
        xy: (N, 2) source pixels; NaN where there is none.
        size: (width, height) of the picture.
    """
    reaches = (xy[np.isfinite(xy).all(axis=1)] / np.array(size)).max(axis=1)
    reach = np.quantile(reaches, 1 - STRAYS) if len(reaches) else 0.0
    if reach <= FAR_OUTSIDE:
        return None
    return (
        f"positions reach far outside a picture of {size[0]}x{size[1]} (x or y is {reach:.2f} "
        "times its size); is its video of another size?"
    )


def _margins(inner: tuple[int, int], outer: tuple[int, int]) -> npt.NDArray[np.int64]:
    """(2,) whole pixels to the left of and above the inner one; negative where it is cut."""
    return np.asarray((np.array(outer) - np.array(inner)) // 2)


def _recentred(
    picture: npt.NDArray[Any], size: tuple[int, int], margins: npt.NDArray[np.int64]
) -> npt.NDArray[Any]:
    """A picture of (width, height) with another one at these margins in it, and 0 around."""
    if picture.shape[1::-1] == size:
        return picture
    canvas = np.zeros((size[1], size[0], *picture.shape[2:]), picture.dtype)
    left, top = np.maximum(margins, 0).tolist()
    from_left, from_top = np.maximum(-margins, 0).tolist()
    part = picture[from_top : from_top + size[1] - top, from_left : from_left + size[0] - left]
    canvas[top : top + part.shape[0], left : left + part.shape[1]] = part
    return canvas
