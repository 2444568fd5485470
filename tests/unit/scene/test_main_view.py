"""A picture speaks for play by its view, once the video keeps coming back to that one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from balltrack.scene.main_view import FEWEST, MOST, SURE, WEIGHT, MainView, view_of
from balltrack.structures import Image

UNSURE = 0.3


def scene(seed: int) -> Image:
    coarse = np.random.default_rng(seed).integers(20, 220, (4, 6, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (128, 72), interpolation=cv2.INTER_CUBIC), np.uint8)


HALL, CLOSE_UP = scene(1), scene(2)


def after_play(shots: int = 2, looks: int = FEWEST) -> MainView:
    """Of a match that has shown the hall in these shots, a close-up behind each."""
    view = MainView()
    for shot in range(shots):
        for _ in range(looks):
            assert view.weigh(2 * shot, HALL, SURE) == SURE
        view.weigh(2 * shot + 1, CLOSE_UP, UNSURE)
    return view


def test_what_is_not_sure_is_told_by_its_view() -> None:
    view = after_play()
    assert view.weigh(5, CLOSE_UP, UNSURE) == UNSURE + WEIGHT
    assert view.weigh(6, HALL, UNSURE) == UNSURE - WEIGHT


def test_what_is_sure_is_not() -> None:
    assert after_play().weigh(5, CLOSE_UP, SURE) == SURE


def test_a_view_is_the_same_in_another_light_and_with_people_in_it() -> None:
    darker = np.asarray(0.6 * HALL + 9, np.uint8)
    darker[34:46, 62:66] = 180
    assert view_of(HALL) @ view_of(darker) > 0.95
    assert after_play().weigh(5, darker, UNSURE) == UNSURE - WEIGHT
    assert view_of(HALL) @ view_of(CLOSE_UP) < 0.7


def test_a_picture_between_two_views_stays_as_it_is() -> None:
    other = view_of(CLOSE_UP) - (view_of(CLOSE_UP) @ view_of(HALL)) * view_of(HALL)
    between = 0.85 * view_of(HALL) + np.sqrt(1 - 0.85**2) * other / np.linalg.norm(other)
    small = np.rint(128 + 400 * between.reshape(9, 16)).astype(np.uint8)
    picture = cv2.merge([cv2.resize(small, (128, 72), interpolation=cv2.INTER_NEAREST)] * 3)
    assert 0.8 < view_of(HALL) @ view_of(np.asarray(picture, np.uint8)) < 0.9
    assert after_play().weigh(5, np.asarray(picture, np.uint8), UNSURE) == UNSURE


@pytest.mark.parametrize(
    ("shots", "looks", "told"), [(1, 9 * FEWEST, False), (2, FEWEST - 1, False), (2, FEWEST, True)]
)
def test_play_has_to_have_come_back(shots: int, looks: int, told: bool) -> None:
    """The first shot alone says nothing, however long it is."""
    found = after_play(shots, looks).weigh(9, CLOSE_UP, UNSURE)
    assert found == UNSURE + WEIGHT * told


def test_of_a_camera_that_pans_views_say_nothing() -> None:
    view = MainView()
    for shot in range(40):
        view.weigh(shot, scene(10 + shot), SURE)
    assert view.weigh(40, CLOSE_UP, UNSURE) == UNSURE


def test_few_other_pictures_of_play_do_not_matter_and_many_do() -> None:
    view = after_play(looks=2 * FEWEST)
    view.weigh(5, scene(3), SURE)
    assert view.weigh(6, CLOSE_UP, UNSURE) == UNSURE + WEIGHT
    for shot in range(7, 10):
        view.weigh(shot, scene(shot), SURE)
    assert view.weigh(10, CLOSE_UP, UNSURE) == UNSURE


def test_a_second_view_of_play_is_known_from_the_next_shot_on() -> None:
    view = after_play(looks=9 * FEWEST)
    for _ in range(5):
        view.weigh(5, CLOSE_UP, SURE)
    assert view.weigh(5, CLOSE_UP, UNSURE) == UNSURE + WEIGHT
    assert view.weigh(6, CLOSE_UP, UNSURE) == UNSURE - WEIGHT


def test_a_plain_picture_shows_no_view() -> None:
    plain = np.full((72, 128, 3), 90, np.uint8)
    assert not view_of(plain).any()
    assert after_play().weigh(5, plain, UNSURE) == UNSURE + WEIGHT


def test_what_is_remembered_is_bounded() -> None:
    view = MainView()
    for shot in range(3 * MOST):
        view.weigh(shot, scene(shot), SURE)
    assert len(view._views) == MOST
    same = after_play(looks=50)
    assert len(same._views) == 1
