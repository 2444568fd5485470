"""Upright pictures that follow the ball: where to cut them out of the wide ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d, median_filter

from balltrack.clips.plan import Clip
from balltrack.errors import OptionError
from balltrack.structures import FloatArray, Image, Track

UPRIGHT = 9 / 16
"""Width to height."""

CALM_S = 0.5
"""Standard deviation of the smoothing in time: a camera on a tripod does not turn faster."""

INSIDE = 0.8
"""Share of half the crop's width within which the ball is kept, whatever the smoothing."""

ROUNDS = 12
"""Of smoothing and pushing back inside; after that a path hardly changes."""

OUTLIER_FRAMES = 5
"""A position is followed when it is the median of so many: a single wrong one is not."""


@dataclass(frozen=True)
class Crop:
    """Part of the pictures of one clip.

    Attributes:
        size: (width, height) in pixels, both even.
        first_frame: of the clip.
        left: (N,) first column of each of its frames.
    """

    size: tuple[int, int]
    first_frame: int
    left: npt.NDArray[np.int64]

    def of(self, image: Image, frame_index: int) -> Image:
        """The part of a frame's (H, W, 3) image."""
        left = int(self.left[frame_index - self.first_frame])
        return np.ascontiguousarray(image[: self.size[1], left : left + self.size[0]])


def follow(track: Track, clip: Clip, size: tuple[int, int], frame_rate: float) -> Crop:
    """A crop of the picture's whole height that keeps the ball inside and moves calmly.

    The ball's column is interpolated where it was not seen, held at the clip's ends, smoothed
    with a Gaussian, and pushed back to where the ball is inside; smoothing and pushing take
    turns. Each shot is followed by itself: at a cut the crop jumps.

    Args:
        track: of the video.
        clip: to follow.
        size: (width, height) of the video's pictures.
        frame_rate: frames a second.

    Raises:
        OptionError: the video is not wider than 9:16.
    """
    width, height = size[1] * UPRIGHT, size[1]
    width, height = round(width / 2) * 2, height - height % 2
    if width >= size[0]:
        raise OptionError(f"the video is upright already ({size[0]}x{size[1]}); leave out vertical")
    frames = np.arange(clip.first_frame, clip.last_frame + 1)
    centre = np.full(len(frames), (size[0] - 1) / 2)
    here = np.isin(track.frame_index, frames)
    shot = np.interp(frames, track.frame_index, track.shot) if len(track) else np.zeros(len(frames))
    for number in np.unique(track.shot[here]):
        rows = here & track.visible & (track.shot == number)
        within = np.floor(shot) == number
        if rows.any():
            column = np.interp(frames[within], track.frame_index[rows], track.xy[rows, 0])
            centre[within] = _calm(column, width / 2 * INSIDE, CALM_S * frame_rate)
    left = np.rint(centre - (width - 1) / 2).astype(np.int64)
    return Crop((width, height), clip.first_frame, left.clip(0, size[0] - width))


def _calm(column: FloatArray, reach: float, sigma: float) -> FloatArray:
    """(N,) a smooth path that stays within ``reach`` of ``column`` (N,)."""
    target = median_filter(column, OUTLIER_FRAMES, mode="nearest")
    path: FloatArray = target
    for _ in range(ROUNDS):
        smooth = gaussian_filter1d(path, sigma, mode="nearest")
        path = np.clip(smooth, target - reach, target + reach)
    return path
