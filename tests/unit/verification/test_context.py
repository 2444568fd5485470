"""What lies around a frame: the right pictures, and the right places in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balltrack.geometry import Scaling
from balltrack.models.verifier.patches import NOW, OFFSETS
from balltrack.structures import FloatArray, FrameCandidates
from balltrack.verification.context import AHEAD, cameras_around, in_context, spots_of


def entries(count: int, shots: Sequence[int] | None = None) -> list[FrameCandidates]:
    return [FrameCandidates(i, i / 30, shots[i] if shots else 0, ()) for i in range(count)]


def shown(count: int, shots: Sequence[int] | None = None) -> list[list[int]]:
    context = in_context(
        entries(count, shots), ((i, shots[i] if shots else 0, i) for i in range(count))
    )
    return [pictures for _, pictures in context]


def test_every_frame_is_seen_with_those_around_it() -> None:
    seen = shown(60)
    assert len(seen) == 60
    assert seen[30] == [30 + offset for offset in OFFSETS]
    assert seen[0] == [max(0, offset) for offset in OFFSETS]
    assert seen[59] == [59 + min(0, offset) for offset in OFFSETS]


@given(st.integers(1, 45), st.integers(0, 44))
def test_no_context_reaches_across_a_cut(count: int, cut: int) -> None:
    shots = [int(i >= cut) for i in range(count)]
    for number, images in enumerate(shown(count, shots)):
        assert images[NOW] == number
        assert {shots[i] for i in images} == {shots[number]}
        wanted = [number + offset for offset in OFFSETS]
        for want, got in zip(wanted, images, strict=True):
            inside = 0 <= want < count and shots[want] == shots[number]
            assert got == want if inside else abs(got - number) <= abs(want - number)


def test_pictures_are_there_as_soon_as_they_have_come() -> None:
    """An entry waits for the pictures after it, not for the entries of these."""
    asked: list[int] = []
    shots = [int(i >= 40) for i in range(60)]

    def coming() -> Iterator[FrameCandidates]:
        for entry in entries(60, shots):
            asked.append(entry.frame_index)
            yield entry

    came: list[int] = []
    pictures = ((i, shots[i], came.append(i) or i) for i in range(60))  # type: ignore[func-returns-value]
    for number, (entry, seen) in enumerate(in_context(coming(), pictures)):
        assert (asked[-1], entry.frame_index) == (number, number)
        assert seen[-1] == min(number + OFFSETS[-1], 39 if number < 40 else 59)
        # Where the next shot begins, there is nothing more to wait for.
        assert came[-1] == min(number + OFFSETS[-1], 40 if number < 40 else 59)
    assert number == 59


@pytest.mark.parametrize("ahead", [0, 2, 11, 15])
def test_no_more_is_seen_than_may_be(ahead: int) -> None:
    came: list[int] = []
    pictures = ((i, 0, came.append(i) or i) for i in range(60))  # type: ignore[func-returns-value]
    for number, (_, seen) in enumerate(in_context(entries(60), pictures, ahead)):
        last = min(number + ahead, 59)
        assert seen == [min(max(number + offset, 0), last) for offset in OFFSETS]
        assert came[-1] == last


def camera(i: int) -> FloatArray:
    """Of a camera that goes right and down as it turns and zooms."""
    return np.array([[1 + i / 500, i / 900, 8.0 * i], [-i / 900, 1 + i / 500, -2.0 * i]])


def panned(cameras: Sequence[FloatArray | None], shots: Sequence[int]) -> list[FrameCandidates]:
    return [
        FrameCandidates(i, i / 30, shot, (), place)
        for i, (place, shot) in enumerate(zip(cameras, shots, strict=True))
    ]


def test_cameras_are_those_of_the_frames_that_a_patch_shows() -> None:
    shots = [int(i >= 40) for i in range(60)]
    around = list(cameras_around(panned([camera(i) for i in range(60)], shots)))
    assert len(around) == 60
    for number, cameras in enumerate(around):
        reach = range(number + OFFSETS[0], number + OFFSETS[-1] + 1)
        assert set(cameras) == {i for i in reach if 0 <= i < 60 and shots[i] == shots[number]}
        assert all(cameras[i] is not None and cameras[i][0, 2] == 8.0 * i for i in cameras)


def test_where_the_camera_stands_still_no_entry_is_waited_for() -> None:
    asked: list[int] = []

    def coming() -> Iterator[FrameCandidates]:
        for entry in panned([camera(i) if i >= 30 else None for i in range(60)], [0] * 60):
            asked.append(entry.frame_index)
            yield entry

    for number, cameras in enumerate(cameras_around(coming())):
        assert asked[-1] == (number if number < 30 else min(number + AHEAD, 59))
        assert bool(cameras) == (number >= 30)
    assert number == 59


def test_spots_follow_what_stands_still() -> None:
    """A place of the scene, seen from wherever the camera is, in pictures half as large."""
    scaling = Scaling((640, 360), (320, 180))
    numbers = [20 + offset for offset in OFFSETS]
    cameras = {i: camera(i) for i in numbers}
    places = np.array([[100.2, 60.0], [250.0, 120.9]])
    spots = spots_of(places, numbers, cameras, scaling)
    assert spots.shape == (2, len(OFFSETS), 2)
    assert spots[:, NOW].tolist() == [[100, 60], [250, 121]]
    scene = scaling.to_source(spots[:, NOW].astype(np.float64)) @ camera(20)[:, :2].T
    scene += camera(20)[:, 2]
    for place, number in enumerate(numbers):
        seen = (scene - camera(number)[:, 2]) @ np.linalg.inv(camera(number)[:, :2]).T
        np.testing.assert_allclose(spots[:, place], scaling.to_target(seen), atol=0.5 + 1e-9)


@pytest.mark.parametrize("known", [(), (5, 6), (20,)])
def test_a_frame_of_which_nothing_is_known_was_filmed_like_this_one(known: tuple[int, ...]) -> None:
    numbers = [20 + offset for offset in OFFSETS]
    cameras = {i: camera(i) for i in known}
    spots = spots_of(np.array([[30.0, 40.0]]), numbers, cameras, Scaling((320, 180), (320, 180)))
    assert (spots == (30, 40)).all()
