"""What lies around a frame: the right pictures, and the right places in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balltrack.geometry import Scaling
from balltrack.models.verifier.patches import NOW, OFFSETS
from balltrack.structures import FloatArray, Frame, FrameCandidates
from balltrack.verification.context import Grids, in_context, spots_of


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


def place(i: int) -> FloatArray:
    """Of a camera that goes right and down as it turns and zooms."""
    return np.array([[1 + i / 500, i / 900, 4.0 * i], [-i / 900, 1 + i / 500, -1.0 * i]])


def filmed(numbers: Sequence[int], places: Mapping[int, FloatArray]) -> list[Frame]:
    image = np.zeros((90, 160, 3), np.uint8)
    return [Frame(i, i / 30, image, 0, place=places.get(i)) for i in numbers]


AROUND = [20 + offset for offset in OFFSETS]
GRIDS = Grids(Scaling((640, 360), (320, 180)), Scaling((640, 360), (160, 90)))


def test_spots_follow_what_stands_still() -> None:
    """A place of the scene, seen from wherever the camera is."""
    frames = filmed(AROUND, {i: place(i) for i in AROUND})
    spots = spots_of(np.array([[100.2, 60.0], [250.0, 120.9]]), frames, GRIDS)
    assert spots.shape == (2, len(OFFSETS), 2)
    assert spots[:, NOW].tolist() == [[100, 60], [250, 121]]
    pictures, images = GRIDS
    seen = images.to_target(pictures.to_source(spots[:, NOW].astype(np.float64)))
    scene = seen @ place(20)[:, :2].T + place(20)[:, 2]
    for number, frame in enumerate(AROUND):
        there = (scene - place(frame)[:, 2]) @ np.linalg.inv(place(frame)[:, :2]).T
        expected = pictures.to_target(images.to_source(there))
        np.testing.assert_allclose(spots[:, number], expected, atol=0.5 + 1e-9)


def test_spots_stay_while_the_camera_does() -> None:
    for places in ({}, dict.fromkeys(AROUND, place(3))):
        spots = spots_of(np.array([[30.4, 40.6]]), filmed(AROUND, places), GRIDS)
        assert (spots == (30, 41)).all()


def test_a_camera_that_has_not_moved_yet_was_where_the_shot_began() -> None:
    frames = filmed(AROUND, {i: place(i) for i in AROUND if i > 20})
    given = filmed(AROUND, {i: place(i) if i > 20 else place(0) for i in AROUND})
    places = np.array([[30.0, 40.0]])
    np.testing.assert_array_equal(spots_of(places, frames, GRIDS), spots_of(places, given, GRIDS))
