"""Cuts at the exact frame, flashes and fast play let through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import Colorspace
from hypothesis import given, settings
from hypothesis import strategies as st

from balltrack.scene import shots
from balltrack.scene.reduced import differ, reduced_from
from balltrack.scene.shots import split_shots
from balltrack.structures import Frame, Image
from balltrack.synthetic import render_clip
from balltrack.video.yuv import PlaneConverter


def scene(seed: int, size: tuple[int, int] = (256, 144)) -> Image:
    """A camera's view: large coloured patches of its own."""
    patches = np.random.default_rng(seed).integers(0, 256, (5, 8, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(patches, size, interpolation=cv2.INTER_NEAREST), dtype=np.uint8)


def stream(images: Iterable[Image], first: int = 0) -> Iterator[Frame]:
    for index, image in enumerate(images, start=first):
        yield Frame(index, index / 25, image)


def numbers(images: Iterable[Image]) -> list[int]:
    return [frame.shot for frame in split_shots(stream(images))]


@settings(deadline=None)
@given(lengths=st.lists(st.integers(1, 7), min_size=1, max_size=6))
def test_every_frame_comes_once_with_its_shot_however_short_the_shots(lengths: list[int]) -> None:
    shot_of = [shot for shot, length in enumerate(lengths) for _ in range(length)]
    given_frames = list(stream((scene(shot) for shot in shot_of), first=100))

    frames = list(split_shots(given_frames))

    assert [frame.index for frame in frames] == [frame.index for frame in given_frames]
    assert all(f.image is g.image for f, g in zip(frames, given_frames, strict=True))
    assert [frame.shot for frame in frames] == shot_of


def test_no_frames_give_none() -> None:
    assert list(split_shots(iter(()))) == []


def test_two_cameras_that_alternate_every_frame_are_cuts_not_flashes() -> None:
    assert numbers(scene(i % 2) for i in range(6)) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("light", [60, 120, 250])
@pytest.mark.parametrize("frames", [1, 2, 3])
def test_a_flash_that_fades_does_not_split(light: int, frames: int) -> None:
    court = scene(3) // 2
    images = [court] * 20
    for step in range(frames):
        added = np.full_like(court, light >> step)
        images[8 + step] = np.asarray(cv2.add(court, added), dtype=np.uint8)
    assert numbers(images) == [0] * 20


def crowd(shift: int = 0) -> Image:
    """A view of small coloured things, as somebody who runs into the tripod shifts it."""
    things = np.random.default_rng(9).integers(0, 256, (48, 86, 3), dtype=np.uint8)
    image = cv2.resize(things, (1032, 576), interpolation=cv2.INTER_NEAREST)
    return np.asarray(
        cv2.warpAffine(image, np.array([[1, 0, 0], [0, 1, shift]]) * 1.0, (1032, 576))
    )


def test_a_knock_on_the_camera_is_no_cut() -> None:
    images = [crowd()] * 5 + [crowd(12), crowd(9), crowd(5), crowd(2)] + [crowd()] * 5
    small = [np.asarray(cv2.resize(i, (512, 288), interpolation=cv2.INTER_AREA)) for i in images]
    assert differ(reduced_from(small[4]), reduced_from(small[5]))  # by as much as at a cut
    assert numbers(small) == [0] * len(small)
    assert numbers([*small[:5], scene(3, (512, 288)), scene(3, (512, 288))]) == [0] * 5 + [1] * 2


def test_a_cut_right_after_a_flash_is_found() -> None:
    court = scene(3) // 2
    flash = np.asarray(cv2.add(court, np.full_like(court, 200)), dtype=np.uint8)
    images = [court] * 5 + [flash] + [court] * 2 + [scene(4)] * 3
    assert numbers(images) == [0] * 8 + [1] * 3


def test_a_flash_of_another_picture_is_a_shot() -> None:
    bright = np.maximum(scene(5), 200)
    assert numbers([scene(3) // 2] * 5 + [bright] * 5 + [scene(6) // 2] * 5) == (
        [0] * 5 + [1] * 5 + [2] * 5
    )


@pytest.mark.parametrize("size", [(1920, 1080), (360, 640), (64, 36), (255, 143)])
def test_any_size_comes_in(size: tuple[int, int]) -> None:
    assert numbers([scene(0, size)] * 3 + [scene(1, size)] * 2) == [0, 0, 0, 1, 1]


@pytest.mark.parametrize("matrix", [Colorspace.ITU601, Colorspace.ITU709])
def test_planes_have_the_cuts_of_their_images(matrix: Colorspace) -> None:
    size = (1280, 720)
    clip = render_clip(size=size, frame_count=24, cut_at=9)
    images = [frame.image for frame in clip.frames()]
    images[16:] = [scene(number // 4, size) for number in range(8)]
    converter = PlaneConverter(size, matrix)
    planar = [converter.small(converter.from_bgr(image)) for image in images]
    assert numbers(planar) == numbers(images)
    assert numbers(images)[-1] == 3


def test_delay_is_bounded() -> None:
    taken = 0

    def counted() -> Iterator[Frame]:
        nonlocal taken
        for frame in stream([scene(0)] * 50):
            taken += 1
            yield frame

    for place, frame in enumerate(split_shots(counted()), start=1):
        assert frame.index + 1 == place
        assert taken <= place + shots.FLASH_FRAMES
    assert place == taken == 50


def cuts(path: Path) -> list[int]:
    """First frames of the shots that are found in a file."""
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        images = (
            frame.to_ndarray(width=512, height=288, format="bgr24", interpolation="AREA")
            for frame in container.decode(video=0)
        )
        found = numbers(images)
    assert found
    return [i for i in range(1, len(found)) if found[i] != found[i - 1]]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("clip", "expected"), [("match13s.mp4", [240]), ("match13s_1080.mp4", [123, 291])]
)
def test_cuts_of_broadcasts(shared: Path, clip: str, expected: list[int]) -> None:
    assert cuts(shared / "bench" / clip) == expected


@pytest.mark.shared
@pytest.mark.slow
def test_rallies_are_not_split(shared: Path) -> None:
    clips = (
        sorted(shared.glob("data/*/dev/*/*.mp4"))
        + sorted(shared.glob("data/*/train/*/*.mp4"))[::12]
    )
    found = {clip.stem: cuts(clip) for clip in clips}
    assert len(found) >= 12
    # One begins with nine frames of a player close-up.
    found.pop("premierroma-semis-lgbc-3-21-0", None)
    assert not any(found.values()), {name: at for name, at in found.items() if at}
