"""A path goes through pictures; every frame that shows one has its row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balltrack.structures import FrameCandidates, Track
from balltrack.tracks import join_tracks
from balltrack.trajectory.path import BLOCK, PathFinder
from balltrack.trajectory.repeats import Repeated
from simulated_candidates import RATE, SIZE, detections, rally

COLUMNS = ("xy", "score", "source", "shot", "blur", "play")


def film(pictures: int) -> list[FrameCandidates]:
    """Two shots."""
    rng = np.random.default_rng(5)
    cut = pictures // 3
    before = detections(rally(rng, cut), rng)
    return before + detections(rally(rng, pictures - cut), rng, shot=1, first=cut)


def shown(pictures: Sequence[FrameCandidates], times: Sequence[int]) -> list[FrameCandidates]:
    """The pictures, each on so many frames, 50 a second, as repetitions are told."""
    frames: list[FrameCandidates] = []
    for entry, count in zip(pictures, times, strict=True):
        for again in range(count):
            index = 7 + len(frames)
            frame = replace(entry, frame_index=index, time_s=index / 50)
            frames.append(replace(frame, candidates=(), repeated=True) if again else frame)
    return frames


def path(finder: PathFinder, entries: Sequence[FrameCandidates]) -> Track:
    return join_tracks(finder.rows(iter(entries), RATE, SIZE))


def assert_rows_are_of(frames: Track, pictures: Track, times: Sequence[int]) -> None:
    for name in COLUMNS:
        expected = np.repeat(getattr(pictures, name), times, axis=0)
        np.testing.assert_array_equal(getattr(frames, name), expected, err_msg=name)
    np.testing.assert_array_equal(frames.frame_index, 7 + np.arange(sum(times)))
    np.testing.assert_array_equal(frames.time_s, frames.frame_index / 50)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=90, max_size=90))
def test_every_frame_has_the_row_of_its_picture(times: list[int]) -> None:
    pictures = film(90)
    finder = PathFinder()
    assert_rows_are_of(
        path(finder, shown(pictures, times)), path(finder, shown(pictures, [1] * 90)), times
    )


@pytest.mark.parametrize("finder", [PathFinder(link=False), PathFinder(balls=3)])
def test_whatever_is_done_to_the_path(finder: PathFinder) -> None:
    pictures, times = film(120), [2, 3] * 60
    once, frames = path(finder, shown(pictures, [1] * 120)), path(finder, shown(pictures, times))
    assert once.visible.sum() > 60
    assert_rows_are_of(frames, once, times)
    assert len(frames.others) == len(once.others) == finder.balls - 1
    for other, single in zip(frames.others, once.others, strict=True):
        assert_rows_are_of(other, single, times)


def test_frames_that_never_came_are_missing() -> None:
    """Those that a live source let go: the ball flew on meanwhile."""
    entries = [
        FrameCandidates(index, index / 50, 0, (), repeated=index == 5) for index in (3, 4, 5, 9, 10)
    ]
    pictures = list(Repeated().leave_out(entries))
    assert [picture.frame_index for picture in pictures] == [3, 4, 8, 9]


def test_rows_of_a_long_shot_leave_before_it_ends() -> None:
    """With them all the frames that show their pictures, none twice."""
    rng = np.random.default_rng(3)
    pictures = detections(rally(rng, 3 * BLOCK), rng)
    times = [1, 2, 1] * BLOCK
    pieces = list(PathFinder().rows(iter(shown(pictures, times)), RATE, SIZE))
    assert len(pieces) > 1
    np.testing.assert_array_equal(join_tracks(pieces).frame_index, 7 + np.arange(sum(times)))
