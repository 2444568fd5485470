"""Fades and wipes are found; pans, flashes and play are not taken for one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from balltrack.scene import transitions
from balltrack.scene.reduced import THRESHOLD, difference, reduced_from
from balltrack.scene.shots import split_shots
from balltrack.scene.transitions import LONGEST, STEP
from balltrack.structures import Frame, Image
from balltrack.synthetic import render_clip
from balltrack.video.reader import open_video

SIZE = (256, 144)

Mixed = Callable[[Image, Image, float], Image]
"""Two pictures and how far the second has come, in (0, 1)."""


def dissolve(before: Image, after: Image, share: float) -> Image:
    return np.asarray(cv2.addWeighted(before, 1 - share, after, share, 0), dtype=np.uint8)


def wipe(before: Image, after: Image, share: float) -> Image:
    edge = round(share * before.shape[1])
    return np.hstack([after[:, :edge], before[:, edge:]])


def through_black(before: Image, after: Image, share: float) -> Image:
    shown = before if share < 0.5 else after
    return np.asarray(shown * abs(2 * share - 1), dtype=np.uint8)


def texture(seed: int, size: tuple[int, int] = SIZE) -> Image:
    """A view with corners all over it, as a court with its hall has."""
    rng = np.random.default_rng(seed)
    width, height = size
    picture = np.full((height, width, 3), (70, 140, 60), dtype=np.uint8)
    for x, y in rng.integers(0, size, (width * height // 400, 2)).tolist():
        colour = rng.integers(30, 226, 3).tolist()
        cv2.rectangle(picture, (x, y), (x + 17, y + 13), colour, cv2.FILLED)
    return np.asarray(cv2.GaussianBlur(picture, (5, 5), 0), dtype=np.uint8)


def begins(images: list[Image]) -> list[int]:
    """First frames of all shots but the first."""
    frames = (Frame(index, index / 25, image) for index, image in enumerate(images))
    shots = [frame.shot for frame in split_shots(frames)]
    return [i for i, (before, now) in enumerate(pairwise(shots), start=1) if now != before]


def joined(before: list[Image], after: list[Image], how: Mixed, length: int) -> list[Image]:
    mixed = [how(before[-1], after[0], (step + 1) / (length + 1)) for step in range(length)]
    return [*before, *mixed, *after]


@pytest.mark.parametrize("how", [dissolve, wipe])
@pytest.mark.parametrize("length", [6, 12, 25, LONGEST - 2 * STEP])
def test_a_new_shot_begins_when_its_picture_stands(how: Mixed, length: int) -> None:
    [first] = begins(joined([texture(1)] * 40, [texture(2)] * 40, how, length))
    assert 40 + length * 3 // 4 <= first <= 40 + length + STEP


@pytest.mark.parametrize("phase", range(STEP))
def test_wherever_the_looks_fall(phase: int) -> None:
    """The last two frames of a fade are all but what comes."""
    images = joined([texture(1)] * (30 + phase), [texture(2)] * 20, dissolve, 13)
    [first] = begins(images)
    assert 41 + phase <= first <= 43 + phase


def test_a_fade_into_a_camera_that_pans_begins_a_shot() -> None:
    hall = texture(3, (1200, 144))
    moving = [np.ascontiguousarray(hall[:, x : x + SIZE[0]]) for x in range(0, 240, 4)]
    [first] = begins(joined([texture(1)] * 40, moving, dissolve, 12))
    assert 46 <= first <= 52 + STEP


def test_a_camera_that_creeps_stays_in_its_shot(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of a pixel a frame: too slow for a pan, and known by its corners, which are looked
    for once as long as what was seen since is much the same."""
    sought = []
    moved = transitions.moved
    monkeypatch.setattr(transitions, "moved", lambda *two: [sought.append(two), moved(*two)][1])
    hall = texture(3, (1200, 144))
    images = [np.ascontiguousarray(hall[:, i // 4 : i // 4 + SIZE[0]]) for i in range(120)]
    before, after = reduced_from(images[0]), reduced_from(images[LONGEST - STEP])
    assert difference(before, after) > THRESHOLD, "the camera shows nothing new"
    assert begins(images) == []
    assert 1 <= len(sought) <= 4


def test_a_fade_through_black_begins_a_shot() -> None:
    """The last of them when all of its light is there."""
    images = joined([texture(1)] * 30, [texture(2)] * 30, through_black, 15)
    assert 43 <= begins(images)[-1] <= 45 + STEP


def test_a_fade_back_to_the_same_view_and_on_is_found_each_time() -> None:
    there = joined([texture(1)] * 30, [texture(2)] * 30, dissolve, 10)
    back = joined(there, [texture(1)] * 30, wipe, 10)
    assert len(begins(back)) == 2


@pytest.mark.parametrize("speed", [2, 4])
def test_a_camera_that_pans_stays_in_its_shot(speed: int) -> None:
    hall = texture(3, (1200, 144))
    images = [np.ascontiguousarray(hall[:, x : x + SIZE[0]]) for x in range(0, 900, speed)]
    before, after = reduced_from(images[0]), reduced_from(images[LONGEST - STEP])
    assert difference(before, after) > THRESHOLD, "the pan shows nothing new"
    assert begins(images) == []


def test_a_pan_that_comes_to_rest_stays_in_its_shot() -> None:
    hall = texture(3, (1200, 144))
    places = [0] * 20 + list(range(0, 300, 5)) + [300] * 40
    images = [np.ascontiguousarray(hall[:, x : x + SIZE[0]]) for x in places]
    assert begins(images) == []


def test_a_flash_is_not_remembered() -> None:
    court = texture(4) // 2
    flash = np.asarray(cv2.add(court, np.full_like(court, 200)), dtype=np.uint8)
    assert begins([court] * 12 + [flash] * 2 + [court] * 60) == []


def test_a_rendered_rally_is_one_shot() -> None:
    clip = render_clip(size=(512, 288), frame_count=150)
    assert begins([frame.image for frame in clip.frames()]) == []


def pictures(path: Path, count: int) -> list[Image]:
    with open_video(path) as reader:
        small = (
            np.asarray(cv2.resize(frame.image, (512, 288), interpolation=cv2.INTER_AREA), np.uint8)
            for frame, _ in zip(reader.frames(), range(count), strict=False)
        )
        return list(small)


def close_up(image: Image) -> Image:
    height, width = image.shape[:2]
    part = image[height * 3 // 8 : height * 6 // 8, width // 4 : width * 5 // 8]
    return np.asarray(cv2.resize(part, (width, height)), dtype=np.uint8)


@pytest.mark.shared
@pytest.mark.parametrize("how", [dissolve, wipe])
@pytest.mark.parametrize("sport", ["badminton", "padel", "tennis"])
def test_from_a_close_up_into_play(shared: Path, sport: str, how: Mixed) -> None:
    clip = max(shared.glob(f"data/{sport}/dev/*/*.mp4"), key=lambda path: path.stat().st_size)
    play = pictures(clip, 50)
    images = joined([close_up(image) for image in play[:20]], play[20:], how, 12)
    [first] = begins(images)
    assert 26 <= first <= 32 + STEP


@pytest.mark.shared
@pytest.mark.parametrize(
    "match", ["volleyball/unlabelled/reel-g", "table-tennis/unlabelled/tt3d-01"]
)
def test_a_camera_that_follows_play_stays_in_its_shot(shared: Path, match: str) -> None:
    """A phone in the hand and a broadcast, whose corners are not found again after a second."""
    [clip] = shared.glob(f"data/{match}/*.mp4")
    assert begins(pictures(clip, 300)) == []
