"""Clips of play → pictures of play, and close-ups cut out of them.

A close-up, the crowd or a replay from another place is what a strong zoom into a picture of play
looks like, once both are as small as the network's pictures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from balltrack.errors import DatasetError
from balltrack.geometry import PAPER_GRID
from balltrack.scene.shots import split_shots
from balltrack.structures import Frame, Image
from balltrack.synthetic import render_clip
from balltrack.video.reader import open_video

SOURCE_SIZE = (1280, 720)
PLAY_SIZE = (256, 144)
CLOSE_UP_SIZE = (160, 90)
MOST_STILLS = 10  # of a clip, a second apart
CLOSE_UPS = 14  # of a still
RENDERED = 8  # clips
MOTION_FRAMES = 4  # between two pictures that show what moves
MOTION_LEVELS = 30  # 8-bit levels from which a pixel has moved
LARGE_PLAYERS = frozenset({"volleyball", "handball"})
"""Sports shown from so near that only a stronger zoom leaves play."""


@dataclass(frozen=True)
class Still:
    """A picture of play.

    Attributes:
        venue: folder of its clip.
        near: shown from near, see `LARGE_PLAYERS`.
        play: (144, 256, 3) uint8 BGR.
        close_ups: each (90, 160, 3) uint8 BGR.
    """

    venue: str
    near: bool
    play: Image
    close_ups: list[Image]


def find_videos(root: Path, splits: Iterable[str]) -> list[Path]:
    """Every ``<sport>/<split>/<venue>/<clip>.mp4`` of the splits, in name order.

    Raises:
        DatasetError: there is none.
    """
    found = sorted(path for split in splits for path in root.glob(f"*/{split}/*/*.mp4"))
    if not found:
        raise DatasetError(f"{root}: holds no <sport>/<split>/<venue>/<clip>.mp4 of play")
    return found


def stills(video: Path, rng: np.random.Generator) -> Iterator[Still]:
    """Pictures of a clip's longest shot: the others may be no play."""
    sport, venue = video.parts[-4], video.parts[-2]
    with open_video(video, reader="auto", size=SOURCE_SIZE) as reader:
        pairs = list(_pairs(split_shots(reader.frames()), max(8, int(reader.info.frame_rate))))
    shots = [first.shot for first, _ in pairs]
    for first, later in pairs:
        if first.shot == max(shots, key=shots.count):
            yield _still(venue, sport in LARGE_PLAYERS, first.image, later.image, rng)


def rendered_stills(rng: np.random.Generator) -> Iterator[Still]:
    """Pictures of rendered play."""
    for seed in range(RENDERED):
        clip = render_clip(size=SOURCE_SIZE, frame_count=MOTION_FRAMES + 1, seed=seed)
        images = [frame.image for frame in clip.frames()]
        yield _still("rendered", False, images[0], images[-1], rng)


def _still(venue: str, near: bool, image: Image, later: Image, rng: np.random.Generator) -> Still:
    small = cv2.resize(image, PAPER_GRID, interpolation=cv2.INTER_AREA)
    play = np.asarray(cv2.resize(small, PLAY_SIZE, interpolation=cv2.INTER_AREA), np.uint8)
    moved = cv2.absdiff(image, later).max(axis=2)
    moved = np.where(moved > MOTION_LEVELS, moved, 0).astype(np.uint8)
    return Still(venue, near, play, [_close_up(image, moved, near, rng) for _ in range(CLOSE_UPS)])


def _pairs(frames: Iterable[Frame], step: int) -> Iterator[tuple[Frame, Frame]]:
    """Every so many frames one, with one a little later."""
    first: Frame | None = None
    found = 0
    for frame in frames:
        if frame.index % step == 0 and found < MOST_STILLS:
            first = frame
        elif first is not None and frame.index % step == MOTION_FRAMES:
            if frame.shot == first.shot:
                yield first, frame
                found += 1
            first = None


def _close_up(
    image: Image, moved: npt.NDArray[np.uint8], near: bool, rng: np.random.Generator
) -> Image:
    """Somebody who moves, mostly; else the crowd, which sits in the upper part, or anything."""
    height, width = image.shape[:2]
    kind = rng.choice(["player", "player", "crowd", "anything"])
    if kind == "player":
        zoom = rng.uniform(4.5, 10) if near else rng.uniform(4, 9)
        across, down = _where_it_moves(moved, rng)
        down -= rng.uniform(0, 0.08) * height
    else:
        zooms, heights = ((3.5, 8), (0, 0.22)) if kind == "crowd" else ((5, 10), (0.1, 1))
        zoom = rng.uniform(*zooms)
        across, down = rng.uniform(0, width), rng.uniform(*heights) * height
    part = (int(width / zoom), int(height / zoom))
    left = int(np.clip(across - part[0] / 2, 0, width - part[0]))
    top = int(np.clip(down - part[1] / 2, 0, height - part[1]))
    cut = image[top : top + part[1], left : left + part[0]]
    way = cv2.INTER_AREA if part[0] > CLOSE_UP_SIZE[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(cut, CLOSE_UP_SIZE, interpolation=way), np.uint8)


def _where_it_moves(moved: npt.NDArray[np.uint8], rng: np.random.Generator) -> tuple[float, float]:
    """A pixel, the likelier the more moves around it."""
    height, width = moved.shape
    around = cv2.blur(moved, (width // 12, height // 6)).astype(np.float64).ravel()
    share = np.cumsum(np.square(around) + 1e-6)
    down, across = divmod(int(np.searchsorted(share, rng.uniform(0, share[-1]))), width)
    return across, min(down, height - 1)
