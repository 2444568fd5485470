from __future__ import annotations

import math
from typing import get_args

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from balltrack.detection.blobs import (
    LOCATORS,
    centroid,
    choose_locator,
    find_candidates,
    frame_candidates,
    painted_streak,
)
from balltrack.geometry import Scaling
from balltrack.models.specs import SPECS, Locator
from balltrack.models.targets import make_target
from balltrack.structures import Frame

WIDTH, HEIGHT = 128, 72
RADIUS = 2.5  # the target that networks are trained on, TrackNetV2

centres = st.tuples(st.floats(4, WIDTH - 5), st.floats(4, HEIGHT - 5))


def empty() -> npt.NDArray[np.float32]:
    return np.full((HEIGHT, WIDTH), 0.01, dtype=np.float32)


def draw(
    heatmap: npt.NDArray[np.float32], x: float, y: float, peak: float = 0.9, radius: float = RADIUS
) -> None:
    ys, xs = np.mgrid[: heatmap.shape[0], : heatmap.shape[1]]
    heatmap[(xs - x) ** 2 + (ys - y) ** 2 <= radius**2] = peak


@pytest.mark.parametrize("locate", ["centroid", "contour"])
@given(centre=centres)
def test_a_drawn_disc_is_recovered_within_half_a_pixel(
    locate: Locator, centre: tuple[float, float]
) -> None:
    heatmap = empty()
    draw(heatmap, *centre)
    (blob,) = find_candidates(heatmap, locate)
    assert abs(blob.x - centre[0]) <= 0.5
    assert abs(blob.y - centre[1]) <= 0.5
    assert blob.score == pytest.approx(0.9)


@given(centre=centres)
def test_centroid_of_a_soft_blob_is_sub_pixel(centre: tuple[float, float]) -> None:
    ys, xs = np.mgrid[:HEIGHT, :WIDTH]
    squared = (xs - centre[0]) ** 2 + (ys - centre[1]) ** 2
    heatmap = np.exp(-squared / (2 * 2.0**2)).astype(np.float32)
    (blob,) = find_candidates(heatmap, "centroid")
    assert np.hypot(blob.x - centre[0], blob.y - centre[1]) < 0.2


@pytest.mark.parametrize("radius", [2.5, 4.0, 6.0])
@given(centre=centres)
def test_hough_finds_a_circle_within_three_pixels(
    radius: float, centre: tuple[float, float]
) -> None:
    """The accumulator has whole pixels, and a small disc few edges."""
    heatmap = np.pad(empty(), 8)
    draw(heatmap, centre[0] + 8, centre[1] + 8, radius=radius)
    (blob,) = find_candidates(heatmap, "hough")
    assert abs(blob.x - 8 - centre[0]) <= 3.0
    assert abs(blob.y - 8 - centre[1]) <= 3.0


def test_hough_counts_from_pixel_centres() -> None:
    heatmap = empty()
    draw(heatmap, 40, 30, radius=3)
    (blob,) = find_candidates(heatmap, "hough")
    assert abs(blob.x - 40) <= 0.25  # circles have whole and half pixels
    assert abs(blob.y - 30) <= 0.25


def bell(x: float, y: float) -> npt.NDArray[np.float32]:
    """What TrackNet is taught, two pixels in radius above level 128."""
    ball = torch.tensor([x, y])
    return make_target(ball, HEIGHT, WIDTH, SPECS["tracknet-v1"]).numpy()


@given(centre=centres)
def test_hough_finds_the_middle_of_tracknets_bell(centre: tuple[float, float]) -> None:
    (blob,) = find_candidates(bell(*centre), "hough")
    assert math.dist((blob.x, blob.y), centre) < 1.2


@given(centre=centres)
def test_one_circle_is_the_ball(centre: tuple[float, float]) -> None:
    heatmap = np.pad(bell(*centre), ((0, 360 - HEIGHT), (0, 640 - WIDTH)))
    (blob,) = find_candidates(heatmap, "one-circle")
    assert math.dist((blob.x, blob.y), centre) < 2.5  # 5 pixels of 1280x720 are right there
    assert blob.score > 0.7


def test_two_circles_are_no_ball_and_neither_is_none() -> None:
    """Huang et al. 2019, section III: there is a ball if there is exactly one circle."""
    two = np.zeros((360, 640), dtype=np.float32)
    draw(two, 100, 80)
    draw(two, 300, 200)
    assert find_candidates(two, "one-circle") == []
    assert len(find_candidates(two, "hough")) == 2
    assert find_candidates(np.zeros_like(two), "one-circle") == []
    weak = two * 0.5  # below level 128
    weak[150:] = 0
    assert find_candidates(weak, "one-circle") == []


def test_auto_is_the_networks_own_way() -> None:
    own = {name: choose_locator("auto", spec) for name, spec in SPECS.items()}
    assert own == dict.fromkeys(SPECS, "centroid") | {"tracknet-v1": "hough"}
    assert choose_locator("contour", SPECS["tracknet-v1"]) == "contour"


def test_hough_finds_nothing_in_a_single_pixel() -> None:
    heatmap = empty()
    heatmap[10, 10] = 0.9
    assert find_candidates(heatmap, "hough") == []
    assert len(find_candidates(heatmap, "centroid")) == 1


@pytest.mark.parametrize("locate", get_args(Locator))
def test_nothing_above_the_low_threshold_gives_nothing(locate: Locator) -> None:
    assert find_candidates(empty(), locate) == []
    assert (
        find_candidates(np.full((HEIGHT, WIDTH), 0.3, np.float32), locate, low_threshold=0.3) == []
    )


@pytest.mark.parametrize("height", [0.2, 0.3, 0.44])
def test_a_ball_on_the_shoulder_of_something_brighter_is_found(height: float) -> None:
    """Its pixels are above half of the other's peak, or below, but always above the threshold."""
    heatmap = empty()
    rows, columns = np.indices(heatmap.shape)
    shoe = 0.9 * np.exp(-((columns - 30) ** 2 + (rows - 30) ** 2) / 60)
    ball = height * np.exp(-((columns - 43) ** 2 + (rows - 32) ** 2) / 4)
    found = find_candidates(np.maximum(shoe, ball).astype(np.float32))
    assert len(found) == 2
    assert (found[0].x, found[0].y) == pytest.approx((30, 30), abs=0.5)
    assert (found[1].x, found[1].y) == pytest.approx((43, 32), abs=0.8)
    assert found[1].score == pytest.approx(height, abs=0.02)


def test_of_a_picture_that_glows_the_highest_peaks_are_looked_at_and_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A badly taught network warms the whole court, and there are thousands of ripples."""
    looked: list[float] = []

    def locate(part: npt.NDArray[np.float32]) -> tuple[float, float]:
        looked.append(float(part.max()))
        return centroid(part)

    monkeypatch.setitem(LOCATORS, "centroid", locate)
    heatmap = np.full((HEIGHT, WIDTH), 0.12, np.float32)
    heatmap[::5, ::5] = np.linspace(0.13, 0.2, heatmap[::5, ::5].size).reshape(-1, WIDTH // 5 + 1)
    found = find_candidates(heatmap, top_k=4)
    whole, *ripples = sorted(looked, reverse=True)
    assert [blob.score for blob in found] == [whole, *ripples[:3]]
    assert ripples == sorted(np.unique(heatmap).tolist()[-4:], reverse=True)


def test_a_ripple_on_a_blob_is_no_other_ball() -> None:
    heatmap = empty()
    draw(heatmap, 30, 30, peak=0.9)
    heatmap[30, 33] = heatmap[30, 34] = 0.3
    heatmap[30, 34] += 0.05
    assert len(find_candidates(heatmap)) == 1


@pytest.mark.parametrize("locate", ["centroid", "contour"])
def test_a_weak_bridge_does_not_smear(locate: Locator) -> None:
    heatmap = empty()
    heatmap[30, 20:60] = 0.2
    draw(heatmap, 20, 30, peak=0.9)
    draw(heatmap, 60, 30, peak=0.7)
    first, second = find_candidates(heatmap, locate)
    assert (first.x, first.y, second.x, second.y) == pytest.approx((20, 30, 60, 30), abs=0.01)
    assert (first.score, second.score) == pytest.approx((0.9, 0.7))


def test_the_lesser_part_of_a_strong_blob_comes_after_a_stronger_blob() -> None:
    heatmap = empty()
    heatmap[30, 20:60] = 0.2
    draw(heatmap, 20, 30, peak=0.9)
    draw(heatmap, 60, 30, peak=0.5)
    draw(heatmap, 100, 50, peak=0.6)
    assert [blob.score for blob in find_candidates(heatmap)] == pytest.approx([0.9, 0.6, 0.5])
    assert [blob.x for blob in find_candidates(heatmap, top_k=2)] == pytest.approx([20, 100])


def test_the_strongest_come_first_and_no_more_than_asked_for() -> None:
    heatmap = empty()
    peaks = [0.3, 0.8, 0.2, 0.95, 0.5, 0.6, 0.15, 0.7]
    for i, peak in enumerate(peaks):
        draw(heatmap, 8 + 14 * i, 20, peak=peak)
    found = find_candidates(heatmap, top_k=5)
    assert [blob.score for blob in found] == pytest.approx(sorted(peaks, reverse=True)[:5])
    assert [round(blob.x) for blob in found[:2]] == [8 + 14 * 3, 8 + 14]
    assert len(find_candidates(heatmap, top_k=20)) == len(peaks)


def test_blobs_that_touch_by_a_corner_are_one() -> None:
    heatmap = empty()
    heatmap[10, 10] = heatmap[11, 11] = 0.8
    (blob,) = find_candidates(heatmap)
    assert (blob.x, blob.y) == (10.5, 10.5)


@pytest.mark.parametrize("locate", get_args(Locator))
@given(seed=st.integers(0, 10_000), shape=st.tuples(st.integers(1, 20), st.integers(1, 20)))
def test_any_map_gives_points_inside_it(locate: Locator, seed: int, shape: tuple[int, int]) -> None:
    heatmap = np.random.default_rng(seed).random(shape, dtype=np.float32)
    for blob in find_candidates(heatmap, locate):
        assert 0.1 < blob.score <= 1
        assert 0 <= blob.x <= shape[1] - 1
        assert 0 <= blob.y <= shape[0] - 1


def test_the_heatmap_is_left_alone() -> None:
    heatmap = empty()
    draw(heatmap, 30, 30)
    before = heatmap.copy()
    find_candidates(heatmap)
    np.testing.assert_array_equal(heatmap, before)


def test_candidates_of_a_frame_are_in_source_pixels() -> None:
    heatmap = empty()
    draw(heatmap, 30, 40)
    frame = Frame(7, 0.28, np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8), shot=2)
    scaling = Scaling(source=(WIDTH * 2, HEIGHT * 3), target=(WIDTH, HEIGHT))

    found = frame_candidates(frame, heatmap, scaling)

    assert (found.frame_index, found.time_s, found.shot) == (7, 0.28, 2)
    (candidate,) = found.candidates
    assert (candidate.x, candidate.y) == pytest.approx((60.5, 121.0))


def test_a_painted_streak_is_measured_from_its_first_pixel_to_its_last() -> None:
    """BlurBall's way: the whole region above the threshold, and nothing of what is fainter."""
    heatmap = empty()
    heatmap[20, 30:51] = heatmap[21, 30:51] = 0.9
    heatmap[20, 51:60] = 0.6
    draw(heatmap, 100, 50, peak=0.6)
    frame = Frame(0, 0.0, np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8))
    scaling = Scaling((WIDTH * 2, HEIGHT * 2), (WIDTH, HEIGHT))
    seen = frame_candidates(frame, heatmap, scaling, streaks_above=0.7).candidates
    streak, faint = (candidate.streak for candidate in seen)
    assert faint is None
    assert streak is not None
    assert (streak.x, streak.y) == pytest.approx((2 * 40.5 - 0.5, 2 * 21 - 0.5))
    assert (streak.length, streak.width) == pytest.approx((40, 2))
    assert streak.angle % 180 == pytest.approx(0, abs=1e-6)
    unasked = frame_candidates(frame, heatmap, scaling).candidates
    assert [c.streak for c in unasked] == [None, None]


@pytest.mark.parametrize("degrees", [0, 20, 45, 90, 135, 160])
def test_its_angle_is_that_of_the_paint(degrees: int) -> None:
    """As BlurBall paints one: a line with half a length, and a radius around it."""
    angle = math.radians(degrees)
    along = np.array([math.cos(angle), -math.sin(angle)])
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    offset = np.stack([x - 60.3, y - 33.8], axis=-1)
    along_it = np.clip(offset @ along, -12, 12)[..., None] * along
    rows, columns = np.nonzero(np.hypot(*(offset - along_it).T).T <= RADIUS)
    streak = painted_streak(rows, columns)
    assert abs((streak.angle - degrees + 90) % 180 - 90) < 1.5
    assert streak.length == pytest.approx(24 + 2 * RADIUS, abs=1.2)
    assert (streak.x, streak.y) == pytest.approx((60.3, 33.8), abs=0.6)


def test_a_single_pixel_is_a_streak_without_length() -> None:
    streak = painted_streak(np.array([7]), np.array([9]))
    assert (streak.x, streak.y, streak.length) == (9, 7, 0)
    assert math.isnan(streak.angle)
