"""Frames that show the picture before them again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import pytest

from balltrack.scene.repeats import LARGEST_CHANGE, Repeats, change, compared
from balltrack.structures import Candidate, Frame, FrameCandidates, Image
from balltrack.tracks import MOST_REPEATED as MOST

SIZE = (512, 288)


def picture(x: float, size: tuple[int, int] = SIZE, noise: int = 0) -> Image:
    """A court with a ball of the size that a ball has; the ``noise`` is that of a coder."""
    width, height = size
    grain = np.random.default_rng(round(x) + noise).integers(-noise, noise + 1, (height, width, 3))
    image = np.full((height, width, 3), 90, np.uint8)
    place = (round(x * width / SIZE[0]), height // 2)
    cv2.circle(image, place, max(1, height // 140), (220, 240, 230), -1)
    return np.clip(image + grain, 0, 255).astype(np.uint8)


def frames(places: Sequence[float]) -> list[Frame]:
    return [Frame(i, i / 50, picture(x, noise=2)) for i, x in enumerate(places)]


def entries(shown: Iterator[Frame], shot: int = 3) -> Iterator[FrameCandidates]:
    for frame in shown:
        yield FrameCandidates(frame.index, frame.time_s, shot, (Candidate(frame.index, 0, 0.5),))


@pytest.mark.parametrize("size", [(128, 72), (512, 288), (640, 360), (1280, 720), (50, 40)])
def test_a_ball_that_moves_is_a_change_at_any_size(size: tuple[int, int]) -> None:
    assert change(picture(100, size), picture(130, size)) > 2 * LARGEST_CHANGE
    assert change(picture(100, size), picture(100, size)) == 0


def test_what_a_coder_changes_is_none() -> None:
    assert change(picture(100, noise=5), picture(100, noise=4)) < LARGEST_CHANGE


def test_a_change_of_one_colour_counts_a_third() -> None:
    plain = np.full((288, 512, 3), 90, np.uint8)
    assert change(plain, plain + np.uint8([0, 0, 30])) == 10
    assert change(plain[..., 0], plain[..., 0] + np.uint8(30)) == 30


def test_each_frame_is_held_against_the_one_before_it() -> None:
    shown = frames([10, 40, 40, 40, 10, 10])
    assert [again for _, again in compared(shown)] == [False, False, True, True, False, True]


@pytest.mark.parametrize(("more", "left"), [(MOST, 1), (MOST + 1, MOST + 2), (40, 41)])
def test_a_picture_that_stands_still_is_no_converters(more: int, left: int) -> None:
    """What is filmed does: every frame of it counts, as long as it lasts."""
    shown = frames([10, 40, *[40] * more, 70])
    assert len(list(Repeats().leave_out(shown))) == left + 2


def test_each_picture_is_counted_anew() -> None:
    shown = frames([10, *[40] * (MOST + 1), *[70] * (MOST + 1)])
    assert [frame.index for frame in Repeats().leave_out(shown)] == [0, 1, MOST + 2]


def test_what_moves_again_may_be_repeated_again() -> None:
    shown = frames([10, *[10] * (MOST + 2), 40, 40, 70])
    left = [frame.index for frame in Repeats().leave_out(shown)]
    assert left == [*range(MOST + 4), MOST + 5]


def test_what_creeps_stands_still() -> None:
    """Each frame is held against the one before it, not against the last that was new."""
    greys = [np.full((288, 512, 3), 60 + 2 * i, np.uint8) for i in range(10)]
    creeping = [Frame(i, i / 50, image) for i, image in enumerate(greys)]
    assert all(again for _, again in list(compared(creeping))[1:])


def test_what_is_left_out_comes_back_behind_what_it_repeats() -> None:
    repeats = Repeats()
    shown = frames([10, 40, 40, 40, 70, 100, 100])
    back = list(repeats.put_back(entries(repeats.leave_out(iter(shown)))))
    assert [entry.frame_index for entry in back] == list(range(7))
    assert [entry.time_s for entry in back] == [i / 50 for i in range(7)]
    assert [entry.repeated for entry in back] == [False, False, True, True, False, False, True]
    assert {entry.shot for entry in back} == {3}
    assert all(bool(entry.candidates) != entry.repeated for entry in back)


def test_it_streams() -> None:
    """An entry does not wait for more than the next new picture."""
    repeats = Repeats()
    came: list[int] = []

    def coming() -> Iterator[Frame]:
        for frame in frames([10, 40, 40, 70, 100, 130]):
            came.append(frame.index)
            yield frame

    back = repeats.put_back(entries(repeats.leave_out(coming())))
    seen = [(next(back).frame_index, came[-1]) for _ in range(4)]
    assert seen == [(0, 0), (1, 1), (2, 3), (3, 3)]


def test_a_picture_that_is_lost_repeats_nothing() -> None:
    """Another stands in for it: that the ball was there is not known."""
    lost: set[int] = set()
    repeats = Repeats((set(), lost))

    def reading() -> Iterator[Frame]:
        for frame in frames([10, 10, 10, 10]):
            if frame.index == 2:
                lost.add(2)
            yield frame

    assert [frame.index for frame in repeats.leave_out(reading())] == [0, 2]


def test_nothing_comes_of_nothing() -> None:
    repeats = Repeats()
    assert list(repeats.put_back(entries(repeats.leave_out(iter([]))))) == []
