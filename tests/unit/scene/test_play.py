"""Which frames are looked at, and what is made of the looks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from balltrack.scene.main_view import FEWEST, SURE, WEIGHT
from balltrack.scene.play import SPACING, Look, PlayWatch
from balltrack.structures import Frame, Image


def frames_of(*shots: list[int]) -> Iterator[Frame]:
    """Frames of as many grey levels as there are; their level is what `brightness` answers."""
    index = 0
    for shot, levels in enumerate(shots):
        for level in levels:
            yield Frame(index, index / 25, np.full((144, 256, 3), level, np.uint8), shot)
            index += 1


def brightness(picture: Image) -> float:
    assert picture.shape == (72, 128, 3)
    assert picture.dtype == np.uint8
    return float(picture.mean())


def test_frames_pass_unchanged_and_every_shot_is_looked_at_from_its_first() -> None:
    seen: list[float] = []
    watch = PlayWatch(lambda picture: seen.append(picture.mean()) or 0.0)
    frames = list(frames_of([7] * (2 * SPACING), [8], [9] * (SPACING + 1)))

    assert list(watch.watch(frames)) == frames
    assert seen == [7, 7, 8, 9, 9]


def test_what_comes_later_changes_no_answer() -> None:
    watch = PlayWatch(brightness)
    list(watch.watch(frames_of([10] * SPACING + [200] * (3 * SPACING))))

    assert watch.no_play(0, SPACING - 1) == 10
    assert watch.no_play(0, 4 * SPACING) > 10


def test_play_in_a_part_of_a_shot_counts() -> None:
    """A close-up that fades into play is play."""
    watch = PlayWatch(brightness)
    list(watch.watch(frames_of([200] * (6 * SPACING) + [10] * (3 * SPACING))))
    assert watch.no_play(0, 9 * SPACING) == 10


def test_shots_that_are_over_are_forgotten() -> None:
    watch = PlayWatch(brightness)
    list(watch.watch(frames_of([10], [20], [30])))
    assert watch.no_play(1, 1) == 20
    with pytest.raises(KeyError):
        watch.no_play(0, 0)


def test_looks_can_be_told_while_more_come() -> None:
    """Another thread looks on."""
    watch = PlayWatch(lambda _: 0.0)
    first, second = Look(0, 0, 1.0), Look(1, 40, 2.0)
    watch.remember(first)
    watch.remember(second)
    told = watch.looks()
    assert next(told) == first
    watch.remember(Look(2, 80, 3.0))
    assert list(told) == [second]
    watch._looks[2][0].append(95)  # whose odds are still to come
    assert list(watch.looks()) == [first, second, Look(2, 80, 3.0)]


def test_where_play_came_back_to_its_view_another_one_shows_none() -> None:
    """What is not sure is told by where it was filmed from."""
    hall = np.tile(np.linspace(0, 200, 256).astype(np.uint8)[None, :, None], (144, 1, 3))
    other = np.ascontiguousarray(hall[:, ::-1])

    def sure_of_the_hall(picture: Image) -> float:
        return SURE if picture[0, 0, 0] < 9 else 0.0

    shown = [hall, other, hall, other]
    images = [image for image in shown for _ in range(FEWEST * SPACING)]
    frames = [Frame(i, i / 25, image, i // (FEWEST * SPACING)) for i, image in enumerate(images)]
    watch = PlayWatch(sure_of_the_hall)
    list(watch.watch(frames))
    odds = np.array([look.odds for look in watch.looks()]).reshape(len(shown), FEWEST)
    assert odds.tolist() == [[SURE] * FEWEST, [0] * FEWEST, [SURE] * FEWEST, [WEIGHT] * FEWEST]
