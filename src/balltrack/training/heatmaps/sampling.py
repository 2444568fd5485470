"""Which window, and which part of it, the network sees next.

Every sample is drawn from a generator of its own, seeded with (seed, step, place in the
batch): a resumed run continues with exactly the batches that an uninterrupted one would have
had, and processes that share a batch draw just their own part of it. Only numbers are drawn
here, on the CPU; `cutting` makes pictures of them, on the device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from balltrack.errors import DatasetError
from balltrack.training.data.clips import Clip
from balltrack.training.data.frame_store import MOTION_CELL, FrameStore
from balltrack.training.data.sports import sport_share
from balltrack.training.heatmaps.augmentation import Changes, draw_changes, draw_ratio
from balltrack.training.heatmaps.mining import HardPlaces
from balltrack.training.heatmaps.pasting import Ball, draw_ball

Point = npt.NDArray[np.float64]

STRIDES, STRIDE_SHARES = (1, 2, 3), (0.7, 0.25, 0.05)
MIXED_SCALES = (0.7, 1.4)

BACKWARDS_SHARE, SLOW = 0.3, 4.0
"""Share of the windows that run backwards in time, of those in which the ball moves by less than
so many network pixels a frame: of a longer streak people mark the leading end, and a network shown
both ends answers with the middle."""

HARD_SHARE = 0.2
"""Share of the samples taken at mined places, once there are any."""

ANYWHERE = 0.4
"""Share of the crops not put around a ball that lie anywhere; the others lie where things move."""

CLEAR_OF_CROP = 6.0
"""Pixels that a ball must be outside of the crop for it to count as empty."""


@dataclass(frozen=True)
class Sample:
    """One sample, drawn but not yet cut from the frames.

    Attributes:
        rows: (L,) int64 rows of the store's frames.
        background: row of the store's backgrounds.
        corners: (L, 2) int64 x and y of the box in every frame, network pixels.
        corner: (2,) of the box in the background.
        box: its width and height, which are resized to the crop's.
        flip: mirrored left to right.
        xy: (L, 2) float32 ball positions in pixels of the finished crop; NaN where none is.
        weight: (L,) float32, 0 for frames without a label.
        ball: to be painted into the finished crop.
        changes: see `augmentation`.
        ratio: of the sample's own part, should the batch be mixed.
    """

    rows: npt.NDArray[np.int64]
    background: int
    corners: npt.NDArray[np.int64]
    corner: npt.NDArray[np.int64]
    box: tuple[int, int]
    flip: bool
    xy: npt.NDArray[np.float32]
    weight: npt.NDArray[np.float32]
    ball: Ball | None
    changes: Changes
    ratio: float


def reach(frames_in: int) -> int:
    """How far from a labelled frame a window of so many frames may begin or end, in frames."""
    return STRIDES[-1] * (frames_in - 1)


class Sampler:
    """Draws batches: sports by share, matches evenly within a sport, clips by length.

    Args:
        store: the clips.
        frames_in: window length L.
        crop: (height, width) of the samples, at most the clips' size.
        seed: of every draw.
        paste: probability that a crop without a ball gets a drawn one (see `pasting`).
        empty: share of the crops that are not put around a ball on purpose.
    """

    def __init__(
        self,
        store: FrameStore,
        frames_in: int,
        crop: tuple[int, int],
        seed: int,
        paste: float = 0.0,
        empty: float = 0.25,
    ) -> None:
        self.store = store
        self.frames_in = frames_in
        self.crop = crop
        self.seed = seed
        self.paste = paste
        self.empty = empty
        self.clip_shares = _clip_shares(store.clips)
        self.hard_places: list[HardPlaces] = []
        self.hard_shares = self.clip_shares

    def set_hard_places(self, places: list[HardPlaces]) -> None:
        """Show places of `mining.mine`, one array a clip, more often from now on."""
        shares = np.array(
            [share * (len(one) > 0) for share, one in zip(self.clip_shares, places, strict=True)]
        )
        self.hard_places = places if shares.any() else []
        self.hard_shares = shares / (shares.sum() or 1.0)

    def windows(self, step: int, places: range, strength: float) -> list[Sample]:
        """Samples of one training step.

        Args:
            step: of the run.
            places: in the step's batch; one process of several draws a part of it.
            strength: of the augmentation, see `augmentation.draw_changes`.
        """
        return [
            self._sample(np.random.default_rng([self.seed, step, place]), strength)
            for place in places
        ]

    def _sample(self, rng: np.random.Generator, strength: float) -> Sample:
        hard = bool(self.hard_places) and rng.random() < HARD_SHARE
        clips = self.store.clips
        number = int(rng.choice(len(clips), p=self.hard_shares if hard else self.clip_shares))
        clip = clips[number]
        place = rng.choice(self.hard_places[number]) if hard else None
        index = self._window(rng, clip, None if place is None else int(place[0]))
        if rng.random() < BACKWARDS_SHARE and _fastest(clip.xy[index]) < SLOW:
            index = index[::-1].copy()
        rows = index + self.store.first_frame[number]
        centre = (
            self._centre(rng, clip.xy[index], rows) if place is None else place[1:].astype(float)
        )
        corner, box, drift = self._box(rng, centre)
        background = int(rng.choice(len(clip.backgrounds), p=(0.6, 0.2, 0.2)))

        steps = np.arange(self.frames_in)[:, None] - self.frames_in // 2
        corners = np.clip(corner + steps * drift, 0, np.array(self.store.size) - box)
        scale = np.array([self.crop[1], self.crop[0]]) / box
        xy = (clip.xy[index] - corners + 0.5) * scale - 0.5
        ball = None
        if not hard and rng.random() < self.paste and _empty(xy, clip.labelled[index], self.crop):
            repeated = np.append(False, index[1:] == index[:-1])
            ball = draw_ball((self.crop[1], self.crop[0]), repeated, rng)
            xy = ball.xy.copy()
        flip = bool(rng.random() < 0.5)
        if flip:
            xy[:, 0] = self.crop[1] - 1 - xy[:, 0]
            ball = ball and ball.flipped(self.crop[1])
        return Sample(
            rows,
            self.store.first_background[number] + background,
            corners,
            corner,
            (int(box[0]), int(box[1])),
            flip,
            xy.astype(np.float32),
            clip.labelled[index].astype(np.float32),
            ball,
            draw_changes(rng, strength),
            draw_ratio(rng),
        )

    def _window(
        self, rng: np.random.Generator, clip: Clip, around: int | None
    ) -> npt.NDArray[np.int64]:
        """(L,) frame indices: strided, at times with a repeated frame.

        The window holds the frame ``around``, or where None is asked for any labelled frame."""
        count = len(clip)
        stride = int(rng.choice(STRIDES, p=STRIDE_SHARES))
        length = self.frames_in
        latest = max(0, count - 1 - (length - 1) * stride)
        if around is None:
            around = int(rng.choice(np.flatnonzero(clip.labelled)))
        start = min(latest, max(0, around - stride * int(rng.integers(0, length))))
        index = np.minimum(start + stride * np.arange(length), count - 1)
        if rng.random() < 0.1:  # 25 → 30 frames/s conversions repeat frames
            repeat = rng.integers(1, length)
            index[repeat:] = index[repeat - 1 : -1].copy()
        window: npt.NDArray[np.int64] = index
        return window

    def _box(
        self, rng: np.random.Generator, centre: Point
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Corner and size of the box around ``centre``, and how far it moves every frame."""
        full = np.array(self.store.size)
        zoom = rng.uniform(*MIXED_SCALES) if rng.random() < 0.5 else 1.0
        box = np.minimum(full, np.round(np.array([self.crop[1], self.crop[0]]) / zoom))
        spread = box * 0.42
        corner = centre - box / 2 + rng.uniform(-spread, spread)
        corner = np.clip(corner, 0, full - box).round()
        drift = np.zeros(2, dtype=np.int64)
        if rng.random() < 0.08:  # a panning camera: the background no longer fits
            drift = np.array([rng.integers(-2, 3), rng.integers(-1, 2)])
        return corner.astype(np.int64), box.astype(np.int64), drift

    def _centre(
        self,
        rng: np.random.Generator,
        xy: npt.NDArray[np.float32],
        rows: npt.NDArray[np.int64],
    ) -> Point:
        """Where to look: at a ball, at something that moves, or anywhere."""
        choice = rng.random()
        visible = np.flatnonzero(np.isfinite(xy[:, 0]))
        if choice < 1 - self.empty and len(visible):
            ball: Point = xy[rng.choice(visible)].astype(np.float64)
            return ball
        if choice < 1 - ANYWHERE * self.empty:
            cells = self.store.motion[rows[len(rows) // 2]].astype(np.float64) ** 2 + 1e-6
            cell = int(rng.choice(cells.size, p=(cells / cells.sum()).ravel()))
            place = np.array([cell % cells.shape[1], cell // cells.shape[1]])
            return place * MOTION_CELL + MOTION_CELL / 2
        return rng.uniform(0, self.store.size)


def _fastest(xy: npt.NDArray[np.float32]) -> float:
    """The ball's longest step in pixels a frame; 0 where it is nowhere seen twice in a row."""
    steps = np.hypot(*np.diff(xy, axis=0).T)
    return float(steps[np.isfinite(steps)].max(initial=0.0))


def _empty(
    xy: npt.NDArray[np.float64], labelled: npt.NDArray[np.bool_], crop: tuple[int, int]
) -> bool:
    """Whether a crop is known to hold no ball in any frame."""
    limit = np.array([crop[1], crop[0]]) + CLEAR_OF_CROP
    inside = np.all((xy > -CLEAR_OF_CROP) & (xy < limit), axis=1)  # NaN compares false
    return bool(labelled.all() and not inside.any())


def _clip_shares(clips: Sequence[Clip]) -> npt.NDArray[np.float64]:
    """(len(clips),) probability of each clip, by its labelled frames.

    Raises:
        DatasetError: no frame has a label.
    """
    sports: dict[str, dict[str, int]] = {}
    labelled = [int(np.count_nonzero(clip.labelled)) for clip in clips]
    for clip, frames in zip(clips, labelled, strict=True):
        matches = sports.setdefault(clip.files.sport, {})
        matches[clip.files.match] = matches.get(clip.files.match, 0) + frames
    shares = np.array(
        [
            sport_share(clip.files.sport)
            # between "every match the same" and "every frame the same"
            * (match_frames := sports[clip.files.sport][clip.files.match]) ** 0.5
            / max(1.0, sum(total**0.5 for total in sports[clip.files.sport].values()))
            * frames
            / max(1, match_frames)
            for clip, frames in zip(clips, labelled, strict=True)
        ]
    )
    if not shares.any():
        raise DatasetError("no frame of the clips has a label; look at the rows of their CSV files")
    normalised: npt.NDArray[np.float64] = shares / shares.sum()
    return normalised
