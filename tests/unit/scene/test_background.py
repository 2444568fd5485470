"""Medians against sorting, and stretches of shots of every length."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from balltrack.errors import OptionError
from balltrack.scene.background import (
    median_image,
    median_of,
    with_background,
    with_background_so_far,
)
from balltrack.structures import Frame, Image


@settings(deadline=None)
@given(images=npst.arrays(np.uint8, st.tuples(st.integers(1, 9), *map(st.just, (3, 4, 3)))))
def test_median_is_the_lower_one_of_a_sort(images: Image) -> None:
    expected = np.sort(images, axis=0)[(len(images) - 1) // 2]
    np.testing.assert_array_equal(median_image(list(images)), expected)


@pytest.mark.parametrize("count", [33, 255, 256, 300])
def test_median_of_many_images(count: int) -> None:
    images = np.random.default_rng(count).integers(0, 256, (count, 16, 20, 3), dtype=np.uint8)
    given_images = images.copy()

    median = median_image(images)

    np.testing.assert_array_equal(median, np.sort(images, axis=0)[(count - 1) // 2])
    np.testing.assert_array_equal(images, given_images)
    assert median.dtype == np.uint8


def test_median_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no images"):
        median_image([])


def flat(value: int) -> Image:
    return np.full((2, 3, 3), value, dtype=np.uint8)


def shots_of(lengths: list[int]) -> list[Frame]:
    """Frames whose brightness says which shot they belong to."""
    shots = [shot for shot, length in enumerate(lengths) for _ in range(length)]
    return [Frame(i, i / 25, flat(10 * shot + 5), shot) for i, shot in enumerate(shots)]


@settings(deadline=None)
@given(
    lengths=st.lists(st.integers(1, 40), max_size=6),
    look_ahead=st.integers(1, 15),
    samples=st.integers(1, 8),
)
def test_every_frame_once_with_a_background_of_its_own_shot(
    lengths: list[int], look_ahead: int, samples: int
) -> None:
    frames = shots_of(lengths)

    pairs = list(with_background(frames, median_of, look_ahead=look_ahead, samples=samples))

    assert [frame for frame, _ in pairs] == frames
    assert all((background == frame.image).all() for frame, background in pairs)
    runs = [len(list(run)) for _, run in groupby(pairs, key=lambda pair: id(pair[1]))]
    expected = [
        min(look_ahead, length - start)
        for length in lengths
        for start in range(0, length, look_ahead)
    ]
    assert runs == expected, "each stretch shares one array"


@settings(deadline=None)
@given(length=st.integers(1, 200), look_ahead=st.integers(1, 20))
def test_delay_is_bounded(length: int, look_ahead: int) -> None:
    taken = 0

    def counted() -> Iterator[Frame]:
        nonlocal taken
        for frame in shots_of([length]):
            taken += 1
            yield frame

    pairs = with_background(counted(), median_of, look_ahead=look_ahead, samples=3)
    delays = [taken - (frame.index + 1) for frame, _ in pairs]
    assert len(delays) == length
    assert max(delays) <= look_ahead


def test_a_stretch_is_taken_in_while_the_one_before_is_used() -> None:
    """Or whoever decodes and whoever computes would wait for each other in turn."""
    taken = 0

    def counted() -> Iterator[Frame]:
        nonlocal taken
        for frame in shots_of([30, 20]):
            taken += 1
            yield frame

    seen = [
        (frame.index, taken) for frame, _ in with_background(counted(), median_of, look_ahead=10)
    ]
    assert seen == [(i, min(i + 1 + 10, 50)) for i in range(50)]


def test_a_ball_that_passes_is_not_in_the_background() -> None:
    frames = []
    for i in range(60):
        image = np.full((8, 64, 3), 90, dtype=np.uint8)
        image[:, i : i + 4] = 255
        frames.append(Frame(i, i / 25, image, 0))
    backgrounds = [background for _, background in with_background(frames, median_of)]
    assert [background.tolist() for background in backgrounds] == [EMPTY] * 60


EMPTY = np.full((8, 64, 3), 90).tolist()


def test_a_short_shot_gives_all_it_has() -> None:
    """At the spacing of a full stretch, two of these frames would be sampled."""
    frames = []
    for i in range(12):
        image = np.full((8, 64, 3), 90, dtype=np.uint8)
        image[:, 5 * i : 5 * i + 4] = 0
        frames.append(Frame(i, i / 25, image, 0))
    backgrounds = [background for _, background in with_background(frames, median_of)]
    assert [background.tolist() for background in backgrounds] == [EMPTY] * 12


@pytest.mark.parametrize("rest", [1, 2, 15])
def test_a_short_last_stretch_leans_on_the_one_before(rest: int) -> None:
    """A player stands still in the last frames: alone they would be background."""
    frames = [Frame(i, i / 25, flat(50 if i < 40 else 200), 0) for i in range(40 + rest)]
    backgrounds = [b for _, b in with_background(frames, median_of, look_ahead=40, samples=9)]
    assert (backgrounds[-1] == 50).all()
    assert (backgrounds[0] == 50).all()


def test_a_changed_scene_wins_after_a_full_stretch() -> None:
    frames = [Frame(i, i / 25, flat(50 if i < 40 else 200), 0) for i in range(80)]
    backgrounds = [b for _, b in with_background(frames, median_of, look_ahead=40, samples=9)]
    assert (backgrounds[0] == 50).all()
    assert (backgrounds[-1] == 200).all()


def test_held_frames_are_bounded_by_the_look_ahead() -> None:
    """Only what the generator holds keeps an image alive."""
    made: list[weakref.ref[Image]] = []

    def frames() -> Iterator[Frame]:
        for i in range(300):
            image = flat(i % 200)
            made.append(weakref.ref(image))
            yield Frame(i, i / 25, image, 0)

    most = 0
    for _ in with_background(frames(), median_of, look_ahead=20, samples=5):
        most = max(most, sum(image() is not None for image in made))
    assert 20 <= most <= 20 + 5 + 3, "and the one in the loop, its background, the next one"


@pytest.mark.parametrize("wrong", [{"look_ahead": 0}, {"samples": 0}])
def test_nothing_cannot_be_looked_at(wrong: dict[str, int]) -> None:
    with pytest.raises(OptionError, match="at least 1"):
        list(with_background(shots_of([3]), median_of, **wrong))


def test_a_background_so_far_waits_for_nothing() -> None:
    frames = shots_of([40, 1, 9])
    pairs = with_background_so_far(iter(frames), median_of)
    taken = iter(frames)
    for frame, background in pairs:
        assert frame is next(taken)
        np.testing.assert_array_equal(background, frame.image)
    assert next(taken, None) is None


def test_a_background_so_far_forgets_what_moved() -> None:
    """A ball on every frame elsewhere is gone after three, and no sooner."""
    frames = []
    for i in range(30):
        image = np.full((4, 40, 3), 50, np.uint8)
        image[1, i] = 255
        frames.append(Frame(i, i / 25, image, 0))
    backgrounds = [background for _, background in with_background_so_far(frames, median_of)]
    assert [int(background.max()) for background in backgrounds[:5]] == [255, 50, 50, 50, 50]
    assert all((background == 50).all() for background in backgrounds[1:])


def test_a_background_so_far_follows_the_light() -> None:
    frames = [Frame(i, i / 25, flat(100 if i < 100 else 180), 0) for i in range(400)]
    backgrounds = [int(b[0, 0, 0]) for _, b in with_background_so_far(frames, median_of, samples=9)]
    assert backgrounds[100] == 100
    assert backgrounds[-1] == 180
