"""Which window, and which part of it, the network sees next.

Everything is drawn from one generator per step, seeded with (seed, step): a resumed run
continues with exactly the batches that an uninterrupted one would have had.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from balltrack.training.clips import Clip
from balltrack.training.mining import HardPlaces

SPORT_SHARES = {"badminton": 0.5, "tennis": 0.25, "padel": 0.2, "volleyball": 0.05}
"""Share of the samples a sport gets; sports not named share like volleyball."""

STRIDES, STRIDE_SHARES = (1, 2, 3), (0.7, 0.25, 0.05)
MIXED_SCALES = (0.7, 1.4)

HARD_SHARE = 0.2
"""Share of the samples taken at mined places, once there are any."""


@dataclass(frozen=True)
class Batch:
    """Windows ready for `network_input`.

    Attributes:
        frames: (B, L, 3, h, w) uint8 RGB.
        background: (B, 3, h, w) uint8 RGB.
        xy: (B, L, 2) float32 ball positions in pixels of the crop; NaN where there is none.
        frame_weight: (B, L) float32, 0 for frames without a label.
    """

    frames: torch.Tensor
    background: torch.Tensor
    xy: torch.Tensor
    frame_weight: torch.Tensor


@dataclass(frozen=True)
class _Box:
    """A square cut from a frame, in network pixels; ``drift`` moves it every frame."""

    x: int
    y: int
    width: int
    height: int
    drift: tuple[int, int] = (0, 0)


class Sampler:
    """Draws batches: sports by share, matches evenly within a sport, clips by length.

    Args:
        clips: all of one size.
        frames_in: window length L.
        crop: (height, width) of the samples, at most the clips' size.
        seed: of every draw.
    """

    def __init__(
        self, clips: Sequence[Clip], frames_in: int, crop: tuple[int, int], seed: int
    ) -> None:
        self.clips = clips
        self.frames_in = frames_in
        self.crop = crop
        self.seed = seed
        self.clip_shares = _clip_shares(clips)
        self.hard_places: list[HardPlaces] = []
        self.hard_shares = self.clip_shares

    def set_hard_places(self, places: list[HardPlaces]) -> None:
        """Show places of `mining.mine`, one array a clip, more often from now on."""
        shares = np.array(
            [share * (len(one) > 0) for share, one in zip(self.clip_shares, places, strict=True)]
        )
        self.hard_places = places if shares.any() else []
        self.hard_shares = shares / (shares.sum() or 1.0)

    def batch(self, step: int, size: int) -> Batch:
        """The batch of one training step."""
        rng = np.random.default_rng([self.seed, step])
        samples = [self._sample(rng) for _ in range(size)]
        return Batch(*(torch.stack(part) for part in zip(*samples, strict=True)))

    def _sample(
        self, rng: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        hard = bool(self.hard_places) and rng.random() < HARD_SHARE
        number = rng.choice(len(self.clips), p=self.hard_shares if hard else self.clip_shares)
        clip = self.clips[number]
        place = rng.choice(self.hard_places[number]) if hard else None
        index = self._window(rng, len(clip), None if place is None else int(place[0]))
        centre = self._centre(rng, clip, index) if place is None else place[1:].astype(np.float64)
        box = self._box(rng, clip, centre)
        background = clip.backgrounds[rng.choice(len(clip.backgrounds), p=(0.6, 0.2, 0.2))]

        scale = np.array([self.crop[1] / box.width, self.crop[0] / box.height])
        steps = np.arange(self.frames_in)[:, None] - self.frames_in // 2
        corners = np.array([box.x, box.y]) + steps * np.array(box.drift)
        limit = np.array([clip.frames.shape[3] - box.width, clip.frames.shape[2] - box.height])
        corners = np.clip(corners, 0, limit)
        frames = torch.stack(
            [_cut(clip.frames[i], corner, box) for i, corner in zip(index, corners, strict=True)]
        )
        cut_background = _cut(background, np.array([box.x, box.y]), box)
        xy = (clip.xy[index] - corners + 0.5) * scale - 0.5

        both = torch.cat([frames, cut_background[None]])
        if both.shape[-2:] != self.crop:
            resized = functional.interpolate(
                both.float(), self.crop, mode="bilinear", align_corners=False, antialias=True
            )
            both = resized.round_().clamp_(0, 255).to(torch.uint8)
        if rng.random() < 0.5:
            both = both.flip(-1)
            xy[:, 0] = self.crop[1] - 1 - xy[:, 0]
        weight = clip.labelled[index].astype(np.float32)
        return (
            both[:-1],
            both[-1],
            torch.from_numpy(xy.astype(np.float32)),
            torch.from_numpy(weight),
        )

    def _window(
        self, rng: np.random.Generator, count: int, around: int | None
    ) -> npt.NDArray[np.int64]:
        """(L,) frame indices: strided, at times reversed, at times with a repeated frame.

        With ``around`` the window begins at most a window's length before that frame.
        """
        stride = int(rng.choice(STRIDES, p=STRIDE_SHARES))
        length = self.frames_in
        latest = max(0, count - 1 - (length - 1) * stride)
        start = int(rng.integers(0, latest + 1))
        if around is not None:
            start = min(latest, max(0, around - stride * int(rng.integers(0, length))))
        index = np.minimum(start + stride * np.arange(length), count - 1)
        if rng.random() < 0.3:
            index = index[::-1].copy()
        if rng.random() < 0.1:  # 25 → 30 frames/s conversions repeat frames
            repeat = rng.integers(1, length)
            index[repeat:] = index[repeat - 1 : -1].copy()
        window: npt.NDArray[np.int64] = index
        return window

    def _box(self, rng: np.random.Generator, clip: Clip, centre: npt.NDArray[np.float64]) -> _Box:
        full_height, full_width = clip.frames.shape[2:]
        zoom = rng.uniform(*MIXED_SCALES) if rng.random() < 0.5 else 1.0
        height = min(full_height, round(self.crop[0] / zoom))
        width = min(full_width, round(self.crop[1] / zoom))
        spread = np.array([width, height]) * 0.42
        corner = centre - np.array([width, height]) / 2 + rng.uniform(-spread, spread)
        corner = np.clip(corner, 0, [full_width - width, full_height - height]).round()
        drift = (0, 0)
        if rng.random() < 0.08:  # a panning camera: the background no longer fits
            drift = (int(rng.integers(-2, 3)), int(rng.integers(-1, 2)))
        return _Box(int(corner[0]), int(corner[1]), width, height, drift)

    def _centre(
        self,
        rng: np.random.Generator,
        clip: Clip,
        index: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.float64]:
        """Where to look: at a ball, at something that moves, or anywhere."""
        choice = rng.random()
        visible = index[np.isfinite(clip.xy[index, 0])]
        if choice < 0.75 and len(visible):
            ball: npt.NDArray[np.float64] = clip.xy[rng.choice(visible)].astype(np.float64)
            return ball
        if choice < 0.9:
            frame = clip.frames[index[len(index) // 2]].to(torch.int16)
            motion = (frame - clip.backgrounds[0]).abs().sum(dim=0, dtype=torch.float32)
            cells = functional.avg_pool2d(motion[None], 16)[0].numpy().astype(np.float64)
            cells = cells**2 + 1e-6
            cell = rng.choice(cells.size, p=(cells / cells.sum()).ravel())
            return np.array([cell % cells.shape[1], cell // cells.shape[1]]) * 16 + 8.0
        height, width = clip.frames.shape[2:]
        return rng.uniform(0, [width, height])


def _cut(image: torch.Tensor, corner: npt.NDArray[np.int64], box: _Box) -> torch.Tensor:
    x, y = int(corner[0]), int(corner[1])
    return image[:, y : y + box.height, x : x + box.width]


def _clip_shares(clips: Sequence[Clip]) -> npt.NDArray[np.float64]:
    """(len(clips),) probability of each clip."""
    sports: dict[str, dict[str, float]] = {}
    for clip in clips:
        matches = sports.setdefault(clip.files.sport, {})
        matches[clip.files.match] = matches.get(clip.files.match, 0.0) + len(clip)
    shares = np.array(
        [
            SPORT_SHARES.get(clip.files.sport, SPORT_SHARES["volleyball"])
            # between "every match the same" and "every frame the same"
            * (match_frames := sports[clip.files.sport][clip.files.match]) ** 0.5
            / sum(frames**0.5 for frames in sports[clip.files.sport].values())
            * len(clip)
            / match_frames
            for clip in clips
        ]
    )
    normalised: npt.NDArray[np.float64] = shares / shares.sum()
    return normalised
