"""Frames beside the difference from their background: TrackNetV3's modes with a subtraction.

After qaz812345/TrackNetV3, ``dataset.py``: of every pixel how far its three colours lie from the
background's, added up in a byte. What goes beyond 255 wraps around there, and networks are trained
on it, so it does here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from balltrack.models.specs import BackgroundMode
from balltrack.structures import Frame, Image


@dataclass(frozen=True, kw_only=True)
class ShownFrame(Frame):
    """A frame of which a network is shown something else than its image.

    ``shown`` is (H, W, 1) or (H, W, 4) uint8, see `show`; None is the image after all.
    """

    shown: Image | None = None


def beside_background(
    items: Iterable[tuple[Frame, Image]], mode: BackgroundMode
) -> Iterator[tuple[ShownFrame, None]]:
    """Frames with their backgrounds → the same frames, as a mode with a subtraction shows them."""
    for frame, background in items:
        shown = show(frame.image, difference(frame.image, background), mode)
        told = (frame.index, frame.time_s, frame.image, frame.shot, frame.known)
        yield ShownFrame(*told, shown=shown), None


def difference(image: Image, background: Image) -> Image:
    """(H, W) of two (H, W, 3) pictures."""
    apart: Image = np.asarray(cv2.absdiff(image, background), dtype=np.uint8)
    return np.asarray(apart[..., 0] + apart[..., 1] + apart[..., 2])


def show(image: Image, apart: Image, mode: BackgroundMode) -> Image:
    """(H, W, 1), the difference alone, or behind the image's colours, (H, W, 4)."""
    if mode == "subtract":
        return apart[..., None]
    return np.asarray(cv2.merge([image, apart]), dtype=np.uint8)
