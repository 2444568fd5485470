"""Shots of a video, and parts of shots, with what was thought of each."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from balltrack.pipeline import shots
from balltrack.scene.play import SPACING
from balltrack.scene.tones import LEAST_MEAN
from balltrack.structures import Image
from told_clips import write_pictures

BRIGHT, DARK = 200, 40
SHOWN = [BRIGHT] * 90 + list(range(BRIGHT, DARK, -1)) + [DARK] * 75
"""How bright each picture is: a fade too slow to count as a cut."""


def dark(image: Image) -> float:
    return 2.0 if image.mean() < 120 else -3.0


def test_a_shot_that_leaves_play_is_listed_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shots, "read_playnet", lambda _: dark)
    images = [np.full((72, 128, 3), level, np.uint8) for level in SHOWN]
    video = write_pictures(tmp_path / "fade.mp4", images, 30)
    play, none = shots.list_shots(video)
    assert (play.number, none.number) == (0, 0)
    assert (play.first, play.last + 1, none.last + 1) == (0, none.first, len(SHOWN))
    first_dark = next(i for i, level in enumerate(SHOWN) if level < 120)
    assert none.first == -(-first_dark // SPACING) * SPACING
    assert (play.play, none.play) == (True, False)
    assert play.probability == pytest.approx(1 / (1 + np.exp(-3.0)))
    assert none.probability == pytest.approx(1 / (1 + np.exp(2.0)))


def remembered(monkeypatch: pytest.MonkeyPatch, rows: slice = slice(None)) -> list[float]:
    """How bright these rows are of the pictures that are looked at."""
    seen: list[float] = []

    def look(image: Image) -> float:
        seen.append(float(image[rows].mean()))
        return 0.0

    monkeypatch.setattr(shots, "read_playnet", lambda _: look)
    return seen


def test_the_dark_is_looked_at_as_it_is_tracked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = remembered(monkeypatch)
    dark = np.random.default_rng(0).integers(0, 40, (9, 12, 3), dtype=np.uint8)
    image = cv2.resize(dark, (192, 144), interpolation=cv2.INTER_CUBIC)
    list(shots.list_shots(write_pictures(tmp_path / "dark.mp4", [image] * 20, 30)))
    assert image.mean() < 30
    assert min(seen) > LEAST_MEAN - 6


def test_light_that_flickers_is_looked_at_as_it_is_tracked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes in bands, as cameras see it that read their rows one after the other."""
    seen = remembered(monkeypatch, slice(6))
    coarse = np.random.default_rng(0).integers(60, 180, (9, 12, 3), dtype=np.uint8)
    scene = cv2.resize(coarse, (192, 144), interpolation=cv2.INTER_CUBIC).astype(float)
    height = np.arange(144)[:, None, None] / 144
    lamps = [1 + 0.1 * np.sin(2 * np.pi * (1.5 * height + 0.345 * i)) for i in range(10 * SPACING)]
    images = [np.clip(scene * light, 0, 255).astype(np.uint8) for light in lamps]
    (shot,) = shots.list_shots(write_pictures(tmp_path / "lamps.mp4", images, 30))
    assert shot.last == len(images) - 1
    looks = [image[:12].mean() for image in images[::SPACING]]
    assert np.ptp(looks[4:]) > 15
    assert np.ptp(seen[4:]) < 6


def shown_twice(path: Path, images: list[Image]) -> Path:
    return write_pictures(path, [image for image in images for _ in range(2)], 30)


def with_a_ball(scene: Image, x: int) -> Image:
    return cv2.rectangle(scene.copy(), (x, 20), (x + 15, 35), (255, 255, 255), cv2.FILLED)


def test_pictures_that_are_shown_twice_are_looked_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `track` does; rows and times are those of all frames."""
    seen = remembered(monkeypatch)
    scene = np.full((72, 128, 3), 90, np.uint8)
    images = [with_a_ball(scene, 3 * i) for i in range(2 * SPACING)]
    (shot,) = shots.list_shots(shown_twice(tmp_path / "twice.mp4", images))
    assert (shot.first, shot.last, shot.time_s) == (0, 4 * SPACING - 1, 0)
    assert len(seen) == 2


def test_a_cut_and_a_flash_between_pictures_that_are_shown_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flash of three pictures is none of six, which would be a cut."""
    remembered(monkeypatch)
    first, second = np.full((2, 72, 128, 3), 60, np.uint8)
    first[:36], second[:, :64] = (20, 90, 30), (150, 40, 90)
    flash = np.minimum(first, 135) + np.uint8(120)
    images = [with_a_ball(flash if 8 <= i < 11 else first, 3 * i) for i in range(20)]
    images += [with_a_ball(second, 3 * i) for i in range(8)]
    before, after = shots.list_shots(shown_twice(tmp_path / "flash.mp4", images))
    assert (before.first, before.last, after.first, after.last) == (0, 39, 40, 55)
    assert after.time_s == pytest.approx(40 / 30)
