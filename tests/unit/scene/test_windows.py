from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balltrack.models.specs import NetworkSpec
from balltrack.scene.windows import Window, cut_windows, make_windows
from balltrack.structures import Frame, Image

IMAGE = np.zeros((2, 2, 3), dtype=np.uint8)

shot_lengths = st.lists(st.integers(1, 30), max_size=5)
lengths_and_strides = st.integers(1, 9).flatmap(
    lambda length: st.tuples(st.just(length), st.integers(1, length))
)


def items(shots: list[int]) -> Iterator[tuple[Frame, Image | None]]:
    index = 0
    for shot, length in enumerate(shots):
        background = np.full((2, 2, 3), shot, dtype=np.uint8)
        for _ in range(length):
            yield Frame(index, index / 25, IMAGE, shot), background
            index += 1


def indices(window: Window) -> list[int]:
    return [frame.index for frame in window.frames]


@given(shots=shot_lengths, length_and_stride=lengths_and_strides)
def test_every_frame_is_answered_and_nothing_crosses_a_cut(
    shots: list[int], length_and_stride: tuple[int, int]
) -> None:
    length, stride = length_and_stride
    answered: Counter[int] = Counter()
    previous = -1
    for window in make_windows(items(shots), length, stride):
        assert len(window.frames) == length
        assert len({frame.shot for frame in window.frames}) == 1
        assert window.background is not None
        assert window.background[0, 0, 0] == window.frames[0].shot
        steps = np.diff(indices(window))
        assert np.all((steps == 1) | (steps == 0))
        assert len(set(indices(window))) == min(length, shots[window.frames[0].shot])
        kept = [window.frames[i].index for i in window.keep]
        assert kept
        assert kept[-1] > previous
        previous = kept[-1]
        answered.update(kept)
    assert sorted(answered) == list(range(sum(shots)))
    if stride == length:
        assert set(answered.values()) <= {1}


@given(shot=st.integers(9, 40), stride=st.integers(1, 7))
def test_overlapping_windows_begin_at_every_stride(shot: int, stride: int) -> None:
    starts = [indices(window)[0] for window in make_windows(items([shot]), 8, stride)]
    expected = list(range(0, shot - 7, stride))
    assert starts == expected + ([shot - 8] if expected[-1] != shot - 8 else [])


def test_last_window_slides_back_and_keeps_only_what_is_new() -> None:
    first, last = make_windows(items([11]), 8, 8)
    assert indices(first) == list(range(8))
    assert list(first.keep) == list(range(8))
    assert indices(last) == list(range(3, 11))
    assert list(last.keep) == [5, 6, 7]


@pytest.mark.parametrize("stride", [1, 4])
def test_short_shot_repeats_its_last_frame(stride: int) -> None:
    (window,) = make_windows(items([3]), 4, stride)
    assert indices(window) == [0, 1, 2, 2]
    assert list(window.keep) == [0, 1, 2]


def test_streams() -> None:
    """A window leaves as soon as its last frame is in."""
    taken = 0

    def counted() -> Iterator[tuple[Frame, Image | None]]:
        nonlocal taken
        for item in items([100]):
            taken += 1
            yield item

    windows = make_windows(counted(), 8, 8)
    for i in range(1, 5):
        next(windows)
        assert taken == 8 * i


@pytest.mark.parametrize("stride", [0, 9])
def test_stride_must_fit_the_length(stride: int) -> None:
    with pytest.raises(ValueError, match=r"stride must be in \[1, 8\]"):
        next(make_windows(items([3]), 8, stride))


@given(shots=shot_lengths)
def test_a_network_of_one_answer_gives_every_frame_its_row(shots: list[int]) -> None:
    """TrackNet sees a frame and the two before it; a shot's first frame stands in for its past."""
    windows = list(make_windows(items(shots), 3, 1, answers=1))
    assert [list(window.keep) for window in windows] == [[2]] * sum(shots)
    expected = []
    for first, length in zip(np.cumsum([0, *shots]), shots, strict=False):
        expected += [[max(first, first + i - back) for back in (2, 1, 0)] for i in range(length)]
    assert [indices(window) for window in windows] == expected


@pytest.mark.parametrize("stride", [1, 2])
def test_windows_may_answer_for_some_of_their_frames(stride: int) -> None:
    answered: Counter[int] = Counter()
    for window in make_windows(items([7, 1, 2]), 5, stride, answers=2):
        assert len(window.frames) == 5
        assert set(window.keep) <= {3, 4}
        answered.update(window.frames[i].index for i in window.keep)
    assert sorted(answered) == list(range(10))


def test_stride_must_fit_the_answers() -> None:
    with pytest.raises(ValueError, match=r"stride must be in \[1, 1\]"):
        next(make_windows(items([3]), 3, 2, answers=1))


@pytest.mark.parametrize("live", [False, True])
def test_a_background_knows_what_comes_unless_the_picture_is_live(live: bool) -> None:
    """Of a shot that turns bright after 3 frames of 30 the median is bright."""
    bright = [np.full((2, 2, 3), 50 if i < 3 else 200, np.uint8) for i in range(30)]
    frames = [Frame(i, i / 25, image, 0) for i, image in enumerate(bright)]
    spec = NetworkSpec("a", 3, 3, 48, 64, "concat", base_width=8)
    first, *_ = cut_windows(frames, spec, 3, live=live)
    assert first.background is not None
    assert first.background[0, 0, 0] == (50 if live else 200)
