"""All pictures of a shot are in one light; whatever else changes stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest

from balltrack.scene.exposure import in_one_light, line_between
from balltrack.structures import Frame, Image

SIZE = (256, 144)


def scene(seed: int = 0) -> Image:
    coarse = np.random.default_rng(seed).integers(30, 170, (9, 16, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, SIZE, interpolation=cv2.INTER_CUBIC), np.uint8)


def lit(image: Image, gain: float, offset: float = 0.0) -> Image:
    return np.clip(image * gain + offset, 0, 255).astype(np.uint8)


def frames(images: Sequence[Image], shots: Sequence[int] | None = None) -> list[Frame]:
    numbers = shots or [0] * len(images)
    return [Frame(i, i / 25, image, numbers[i]) for i, image in enumerate(images)]


def unrest(given: Sequence[Frame]) -> float:
    """Greatest mean difference from the first picture, levels."""
    first = given[0].image.astype(int)
    return max(float(np.abs(frame.image - first).mean()) for frame in given)


Light = Callable[[int], tuple[float, float]]


@pytest.mark.parametrize(
    "light",
    [
        lambda i: (1 + 0.25 * np.sin(i / 16), 0.0),  # an iris that opens and closes
        lambda i: (1.4, 30.0) if i % 13 == 5 else (1.0, 0.0),  # flashes
        lambda i: (0.7, 12.0) if i > 20 else (1.0, 0.0),  # a cloud
    ],
)
def test_light_that_changes_is_taken_back(light: Light) -> None:
    images = [lit(scene(), *light(i)) for i in range(100)]
    given = frames(images)
    found = list(in_one_light(given))
    assert [(one.index, one.time_s, one.shot) for one in found] == [
        (i, i / 25, 0) for i in range(100)
    ]
    assert unrest(given) > 15
    assert unrest(found[:60]) < 5
    for frame, image in zip(given, images, strict=True):
        assert frame.image is image  # a decoder's picture stays as it is


def moving(i: int) -> Image:
    return np.roll(scene(), 5 * i, axis=1)


def crossing(i: int) -> Image:
    """Something white that is a quarter of the picture passes."""
    image = scene().copy()
    image[:, 2 * i : 2 * i + 64] = 230
    return image


def turning(i: int) -> Image:
    """One picture becomes another."""
    return np.asarray(cv2.addWeighted(scene(1), 1 - i / 40, scene(2), i / 40, 0), np.uint8)


@pytest.mark.parametrize("image", [lambda _: scene(), moving, crossing, turning, scene])
def test_all_else_stays_as_it_is(image: Callable[[int], Image]) -> None:
    given = frames([image(i) for i in range(40)])
    assert all(one is other for one, other in zip(in_one_light(given), given, strict=True))


def test_every_shot_has_its_own_light() -> None:
    given = frames([scene()] * 10 + [lit(scene(), 0.6)] * 10, [0] * 10 + [1] * 10)
    assert all(one is other for one, other in zip(in_one_light(given), given, strict=True))


def test_light_that_stays_is_believed_after_a_while() -> None:
    given = frames([scene()] * 5 + [lit(scene(), 0.75)] * 3000)
    found = list(in_one_light(given))
    assert found[6].image.mean() == pytest.approx(scene().mean(), rel=0.03)
    assert found[-1].image is given[-1].image


@pytest.mark.parametrize("gain", [0.3, 2.5])
def test_more_than_light_does_is_left_alone(gain: float) -> None:
    known = np.tile(np.linspace(20, 90, 64), (36, 1))
    assert line_between(known / gain, known) is None
    assert line_between(known / 1.3, known) == pytest.approx((1.3, 0.0), abs=0.02)


def test_what_is_cut_off_does_not_count() -> None:
    known = np.tile(np.linspace(10, 220, 64), (36, 1))
    seen = np.clip(known * 1.5 + 20, 0, 255)
    line = line_between(seen, known)
    assert line is not None
    assert line[0] == pytest.approx(1 / 1.5, rel=0.03)


def test_a_picture_of_one_colour_has_no_line() -> None:
    flat = np.full((36, 64), 90.0)
    assert line_between(flat + 30, flat) is None
    assert line_between(np.zeros((36, 64)), flat) is None


def test_who_stands_in_the_picture_does_not_bend_the_line() -> None:
    known = np.tile(np.linspace(20, 160, 64), (36, 1))
    seen = known * 0.7 + 10
    seen[20:, 40:55] = 230.0
    line = line_between(seen, known)
    assert line is not None
    assert line == pytest.approx((1 / 0.7, -10 / 0.7), rel=0.02)


def test_of_less_than_half_of_the_picture_nothing_is_said() -> None:
    known = np.tile(np.linspace(20, 160, 64), (36, 1))
    seen = known * 0.7 + 10
    seen[:20] = 255.0
    assert line_between(seen, known) is None
