from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balltrack.detection.ensemble import merge, position_weights, stride_for
from balltrack.errors import OptionError
from balltrack.options import Ensemble
from balltrack.scene.windows import Window, make_windows
from balltrack.structures import Frame, Image

IMAGE = np.zeros((2, 3, 3), dtype=np.uint8)


def frames_of(shots: list[int]) -> list[tuple[Frame, Image | None]]:
    numbers = [shot for shot, length in enumerate(shots) for _ in range(length)]
    return [(Frame(i, i / 25, IMAGE, shot), None) for i, shot in enumerate(numbers)]


def answer(start: int, length: int) -> npt.NDArray[np.float32]:
    """What a network might say of the window that begins at frame ``start``."""
    return np.random.default_rng(start).random((length, 2, 3), dtype=np.float32)


def test_weights_are_those_of_tracknetv3() -> None:
    assert position_weights("weight", 8).tolist() == [1, 2, 3, 4, 4, 3, 2, 1]
    assert position_weights("weight", 5).tolist() == [1, 2, 3, 2, 1]
    assert position_weights("average", 3).tolist() == [1, 1, 1]


def test_no_stride_leaves_out_frames() -> None:
    with pytest.raises(OptionError, match="stride must be at most 3"):
        stride_for("weight", 3, 4)
    assert stride_for("nonoverlap", 3) == 3
    assert stride_for("weight", 8, 2) == 2
    assert [stride_for("average", length) for length in (1, 3, 8)] == [1, 2, 4]
    assert [stride_for("weight", length) for length in (1, 3, 8)] == [1, 2, 7]


@pytest.mark.parametrize("mode", get_args(Ensemble))
@given(
    shots=st.lists(st.integers(1, 20), max_size=4),
    length=st.integers(1, 8),
    stride=st.integers(1, 8),
)
def test_merge_against_brute_force(
    mode: Ensemble, shots: list[int], length: int, stride: int
) -> None:
    items = frames_of(shots)
    windows = list(make_windows(items, length, stride_for(mode, length, min(stride, length))))
    results = [(window, answer(window.frames[0].index, length)) for window in windows]

    merged = list(merge(iter(results), mode))

    assert [frame.index for frame, _ in merged] == list(range(len(items)))
    for frame, heatmap in merged:
        assert heatmap.dtype == np.float32
        np.testing.assert_allclose(heatmap, brute_force(frame.index, results, mode), atol=1e-6)


def brute_force(
    index: int, results: list[tuple[Window, npt.NDArray[np.float32]]], mode: Ensemble
) -> npt.NDArray[np.float64]:
    """TrackNetV3's sum, over everything at once."""
    total, weight = np.zeros((2, 3)), 0.0
    for window, heatmaps in results:
        for i, frame in enumerate(window.frames):
            if frame.index == index and i in window.keep:
                w = min(i + 1, len(window.frames) - i) if mode == "weight" else 1
                total += w * heatmaps[i].astype(np.float64)
                weight += w
    return total / weight


def test_a_frame_leaves_when_no_later_window_can_cover_it() -> None:
    windows = list(make_windows(frames_of([12]), 4, 1))
    taken = 0

    def results():  # type: ignore[no-untyped-def]
        nonlocal taken
        for window in windows:
            taken += 1
            yield window, answer(window.frames[0].index, 4)

    merged = merge(results(), "average")
    for index in range(8):
        assert next(merged)[0].index == index
        assert taken == index + 2


@given(
    shots=st.lists(st.integers(1, 20), min_size=1, max_size=4),
    length=st.integers(2, 8),
    stride=st.integers(1, 8),
)
def test_a_frame_that_may_not_wait_leaves_when_windows_at_the_stride_have_answered(
    shots: list[int], length: int, stride: int
) -> None:
    items = frames_of(shots)
    stride = min(stride, length)
    results = [
        (window, answer(window.frames[0].index, length))
        for window in make_windows(items, length, stride)
    ]
    come: list[tuple[Window, npt.NDArray[np.float32]]] = []

    def coming() -> Iterator[tuple[Window, npt.NDArray[np.float32]]]:
        for result in results:
            come.append(result)
            yield result

    merged = merge(coming(), "weight", early=stride)
    for index in range(len(items)):
        frame, heatmap = next(merged)
        assert frame.index == index
        assert come[-1][0].frames[-1].index - index <= 2 * length - stride - 1
        first = next((n for n, (w, _) in enumerate(results) if begins_near(w, index, stride)), 99)
        expected = brute_force(index, results[: first + 1], "weight")
        np.testing.assert_allclose(heatmap, expected, atol=1e-6)
    assert not list(merged)


def begins_near(window: Window, index: int, stride: int) -> bool:
    """Whether the next window at the stride begins after the frame, which has come."""
    return window.frames[0].index + min(stride, len(window.keep)) > index


def test_answers_are_not_changed_by_merging() -> None:
    windows = list(make_windows(frames_of([6]), 4, 1))
    answers = [answer(window.frames[0].index, 4) for window in windows]
    before = [a.copy() for a in answers]
    list(merge(zip(windows, answers, strict=True), "weight"))
    for a, b in zip(answers, before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("mode", get_args(Ensemble))
def test_a_network_of_one_answer_needs_no_merging(mode: Ensemble) -> None:
    windows = list(make_windows(frames_of([4, 1]), 3, stride_for(mode, 1), answers=1))
    results = [(window, answer(i, 1)) for i, window in enumerate(windows)]
    merged = list(merge(iter(results), mode))
    assert [frame.index for frame, _ in merged] == [0, 1, 2, 3, 4]
    for i, (_, heatmap) in enumerate(merged):
        np.testing.assert_array_equal(heatmap, answer(i, 1)[0])


def test_answers_are_those_of_the_newest_frames() -> None:
    windows = list(make_windows(frames_of([6]), 5, 2, answers=2))
    results = [(window, answer(i, 2)) for i, window in enumerate(windows)]
    merged = list(merge(iter(results), "nonoverlap"))
    assert [frame.index for frame, _ in merged] == list(range(6))
    for i, (_, heatmap) in enumerate(merged):
        np.testing.assert_array_equal(heatmap, answer(i // 2, 2)[i % 2])
