"""TrackNetV3's rules from windows to a point, in numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from balltrack.detection.tracknetv3 import is_v3, locate, merge
from balltrack.models.specs import SPECS
from balltrack.options import Ensemble
from balltrack.scene.windows import Window
from balltrack.structures import Frame

IMAGE = np.zeros((2, 2, 3), dtype=np.uint8)
L = 4


def answers(frames: int, stride: int) -> list[tuple[Window, np.ndarray]]:
    """Windows of `L` frames whose answer for frame f by window w is 100 * w² + f."""
    found = []
    for number, start in enumerate(range(0, frames if stride == L else frames - L + 1, stride)):
        numbers = [min(start + i, frames - 1) for i in range(L)]
        keep = range(min(L, frames - start))
        shown = tuple(Frame(n, n / 30, IMAGE) for n in numbers)
        heat = np.array([100 * number**2 + n for n in numbers], dtype=np.float32)
        found.append((Window(shown, None, keep), heat[:, None, None]))
    return found


def merged(frames: int, mode: Ensemble) -> list[float]:
    stride = L if mode == "nonoverlap" else 1
    found = list(merge(answers(frames, stride), mode))
    assert [frame.index for frame, _ in found] == list(range(frames))
    return [float(heat[0, 0]) for _, heat in found]


def test_side_by_side_each_frame_is_answered_once() -> None:
    assert merged(6, "nonoverlap") == [0, 1, 2, 3, 104, 105]


def test_the_ends_are_plain_means_and_the_middle_is_weighed() -> None:
    """Five windows over eight frames; weights by place are 1, 2, 2, 1 over 6."""
    begin, end = [0, 50 + 1, 500 / 3 + 2], [2900 / 3 + 5, 1250 + 6, 1600 + 7]
    weighed = [(2 * 100 + 2 * 400 + 900) / 6 + 3, (100 + 2 * 400 + 2 * 900 + 1600) / 6 + 4]
    assert merged(8, "weight") == pytest.approx([*begin, *weighed, *end])
    plain = [(100 + 400 + 900) / 4 + 3, (100 + 400 + 900 + 1600) / 4 + 4]
    assert merged(8, "average") == pytest.approx([*begin, *plain, *end])


def test_with_fewer_windows_than_frames_in_one_the_last_answers_are_too_small() -> None:
    """Two windows over five frames: frame 2 is seen by both and its sum divided by three."""
    expected = [0, 50 + 1, (2 + 102) / 3, (3 + 103) / 2, 104]
    assert merged(5, "weight") == pytest.approx(expected)


def test_a_clip_shorter_than_a_window_is_answered_by_the_one_there_is() -> None:
    short = answers(3, L)
    for mode in ("nonoverlap", "average", "weight"):
        assert [float(heat[0, 0]) for _, heat in merge(short, mode)] == [0, 1, 2]
    assert list(merge([], "weight")) == []


def heatmap(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    """Of 512x288, with boxes of (left, top, width, height) at 0.9."""
    heat = np.zeros((288, 512), dtype=np.float32)
    for left, top, width, height in boxes:
        heat[top : top + height, left : left + width] = 0.9
    return heat


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((100, 50, 3, 3), (252, 127)),  # int(101.5) and int(51.5), times 2.5, cut off
        ((100, 50, 4, 4), (255, 130)),
        ((511, 287, 1, 1), (1277, 717)),
        ((0, 0, 1, 3), (0, 2)),
    ],
)
def test_the_middle_is_cut_off_twice(
    box: tuple[int, int, int, int], expected: tuple[int, int]
) -> None:
    (found,) = locate(heatmap(box), (1280, 720))
    assert (found.x, found.y) == expected
    assert found.score == pytest.approx(0.9)


def test_the_largest_box_wins_not_the_most_pixels_and_of_like_ones_the_first() -> None:
    thin = heatmap((100, 50, 4, 4))
    for i in range(6):  # 11 pixels across a box of 36
        thin[200 + i, 300 + i : 302 + i] = 0.6
    (found,) = locate(thin, (512, 288))
    assert found.x > 290
    twice = heatmap((100, 50, 3, 3), (300, 200, 3, 3))
    (first,) = locate(twice, (512, 288))
    assert (first.x, first.y) == (301, 201)  # OpenCV gives the lower one first


def test_half_is_not_above_half_and_the_corner_is_nothing() -> None:
    assert locate(np.full((288, 512), 0.5, dtype=np.float32), (512, 288)) == ()
    assert locate(heatmap((0, 0, 1, 1)), (512, 288)) == ()
    assert locate(heatmap(), (512, 288)) == ()


@pytest.mark.parametrize(
    ("name", "v3"),
    [
        ("tracknet-v3", True),
        ("tracknet-v3-nano", True),
        ("tracknet-v3-small", True),
        ("tracknet-v3-medium", True),
        ("tracknet-v1", False),
        ("tracknet-v2", False),
        ("tracknet-v4", False),
        ("wasb", False),
    ],
)
def test_which_networks_are_v3(name: str, v3: bool) -> None:
    assert is_v3(SPECS[name]) is v3


def test_upstreams_variants_are_v3_and_racketvision_is_not() -> None:
    v3 = SPECS["tracknet-v3"]
    assert is_v3(replace(v3, frames_in=3, frames_out=3, background="none"))
    assert not is_v3(replace(v3, frames_in=4, frames_out=1, colour="bgr"))
    assert not is_v3(replace(v3, quarter_depth=2))
