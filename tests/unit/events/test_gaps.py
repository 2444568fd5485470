"""Why the ball was not seen, and how far what was filled in may be off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from balltrack.events.gaps import (
    DOUBT,
    DoubtParameters,
    doubt,
    gap_causes,
    gap_features,
    motion_around,
    radius,
)
from balltrack.structures import Gap, Source, Track

SIZE = (1280, 720)
FPS = 25.0


def flight(
    start: tuple[float, float], step: tuple[float, float], count: int = 20
) -> npt.NDArray[np.float64]:
    return np.array(start) + np.arange(count)[:, None] * np.array(step)


def hidden(xy: npt.NDArray[np.float64], gap: slice, source: Source = Source.NONE) -> Track:
    """A track along ``xy`` with a gap, left open or filled with the truth."""
    kinds = np.full(len(xy), Source.DETECTED, dtype=np.int8)
    kinds[gap] = source
    seen = np.where((kinds == Source.NONE)[:, None], np.nan, xy)
    return Track(
        frame_index=np.arange(len(xy)),
        time_s=np.arange(len(xy)) / FPS,
        xy=seen,
        score=np.where(kinds == Source.DETECTED, 0.9, 0).astype(np.float32),
        source=kinds,
        shot=np.zeros(len(xy), np.int64),
    )


def causes(track: Track, **ends: Gap) -> list[Gap]:
    return [Gap(cause) for cause in gap_causes(track, SIZE, FPS, **ends)]


@pytest.mark.parametrize("source", [Source.NONE, Source.INPAINTED])
@pytest.mark.parametrize(
    ("start", "step", "cause"),
    [
        ((400, 300), (10, 5), Gap.OCCLUDED),
        ((400, 60), (10, -6), Gap.OUT),
        ((1100, 300), (15, 0), Gap.OUT),
        ((200, 300), (50, 0), Gap.BLURRED),
    ],
)
def test_what_lies_around_a_gap_explains_it(
    start: tuple[float, float], step: tuple[float, float], cause: Gap, source: Source
) -> None:
    found = causes(hidden(flight(start, step), slice(8, 12), source))
    assert found == [Gap.NONE] * 8 + [cause] * 4 + [Gap.NONE] * 8


def test_a_ball_that_comes_back_into_the_picture_was_out() -> None:
    """Lost where it was slow, seen again as it comes down from the top."""
    xy = np.concatenate([flight((400, 300), (2, 0), 8), flight((420, -40), (4, 10), 12)])
    assert causes(hidden(xy, slice(8, 14)))[8:14] == [Gap.OUT] * 6


def test_a_gap_at_a_cut_is_the_cuts() -> None:
    track = hidden(flight((400, 300), (5, 0)), slice(8, 12))
    track = replace(track, shot=(np.arange(20) >= 10).astype(np.int64))
    assert causes(track)[8:12] == [Gap.CUT] * 4


def test_before_the_first_and_after_the_last_sighting_nothing_is_known() -> None:
    track = hidden(flight((400, 300), (5, 0)), slice(0, 5))
    assert causes(track)[:6] == [Gap.UNKNOWN] * 5 + [Gap.NONE]
    assert causes(track, first=Gap.CUT)[:6] == [Gap.CUT] * 5 + [Gap.NONE]
    track = hidden(flight((400, 300), (5, 0)), slice(15, 20))
    assert causes(track)[14:] == [Gap.NONE] + [Gap.UNKNOWN] * 5
    assert causes(track, last=Gap.CUT)[14:] == [Gap.NONE] + [Gap.CUT] * 5


def test_an_empty_track_and_one_without_a_ball() -> None:
    nothing = hidden(flight((0, 0), (1, 1), 6), slice(0, 6))
    assert causes(nothing) == [Gap.UNKNOWN] * 6
    assert np.isnan(doubt(nothing, SIZE)).all()
    assert len(gap_causes(hidden(flight((0, 0), (1, 1), 0), slice(0, 0)), SIZE, FPS)) == 0


def test_only_filled_rows_are_in_doubt_most_in_the_middle_of_a_long_gap() -> None:
    track = hidden(flight((300, 300), (12, 3)), slice(7, 13), Source.INPAINTED)
    found = doubt(track, SIZE)
    assert np.isfinite(found).tolist() == [False] * 7 + [True] * 6 + [False] * 7
    np.testing.assert_allclose(found[7:13], found[7:13][::-1])
    assert found[9] > found[8] > found[7] > 0
    short = doubt(hidden(flight((300, 300), (12, 3)), slice(9, 10), Source.INPAINTED), SIZE)
    assert 0 < short[9] < found[7]


def test_doubt_grows_with_the_ball_s_speed_and_with_the_picture() -> None:
    slow, fast = (
        doubt(hidden(flight((300, 300), (step, 0)), slice(9, 11), Source.INPAINTED), SIZE)[9]
        for step in (4, 30)
    )
    assert fast > 1.5 * slow
    twice = hidden(2 * flight((300, 300), (4, 0)), slice(9, 11), Source.INPAINTED)
    assert doubt(twice, (2560, 1440))[9] == pytest.approx(2 * slow)


def test_the_formula_to_the_digit() -> None:
    parameters = DoubtParameters(-3.0, 0.5, 0.25, 1.0, 2.0)
    features = gap_features(np.array([0, 1, 2, 3]), 4, (0.018, 0.1))
    depth = np.array([1, 2, 2, 1])
    expected = np.exp(-3.0 + 2.0 * 0.1) * depth**0.5 * 4**0.25 * 0.02
    np.testing.assert_allclose(radius(features, parameters), expected)
    assert DOUBT.by_depth > 0
    assert DOUBT.by_speed > 0


def test_motion_around_a_gap() -> None:
    """Three steps on either side for the speed, seven for what stands."""
    steps = np.array([0.5, 0, 0.5, 0.5, 0.1, 0.1, 0.1, 0.9, 0.9, 0.3, 0.3, 0.3, 0, 0.5, 0.5, 0.5])
    xy = np.column_stack([np.concatenate([[0], np.cumsum(steps)]), np.zeros(17)])
    xy[8] = np.nan
    speed, repeats = motion_around(xy, slice(8, 9))
    assert speed == pytest.approx(0.2)
    assert repeats == pytest.approx(2 / 14)
    alone = np.array([[0.0, 0.0], [np.nan, np.nan], [0.2, 0.0]])
    assert motion_around(alone, slice(1, 2)) == pytest.approx((0.1, 0.0))
