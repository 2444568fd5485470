"""Dark pictures become lighter, others stay what they are."""

from __future__ import annotations

import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace

from balltrack.scene.darkness import LEAST, LEAST_GAMMA, SPACING, gamma_for, lighten
from balltrack.structures import Frame, Image
from balltrack.video.yuv import PicturedFrame, PlanarPicture, lighter


def picture(level: float) -> Image:
    """Of that mean, with a spread."""
    rng = np.random.default_rng(int(level))
    return np.clip(rng.normal(level, level / 4, (72, 128, 3)), 0, 255).astype(np.uint8)


def frames(levels: list[float], shots: list[int] | None = None) -> list[Frame]:
    numbers = shots or [0] * len(levels)
    pairs = enumerate(zip(levels, numbers, strict=True))
    return [Frame(index, index / 25, picture(level), shot) for index, (level, shot) in pairs]


def means(given: list[Frame]) -> list[float]:
    return [float(frame.image.mean()) for frame in given]


def test_what_is_light_enough_is_not_touched() -> None:
    given = frames([60.0, 57.0, 120.0, 200.0] * 20)
    assert all(one is other for one, other in zip(lighten(given), given, strict=True))


def test_a_dark_shot_is_made_as_light_as_the_darkest_that_is_known() -> None:
    given = frames([30.0] * 40 + [80.0] * 3, [0] * 40 + [1] * 3)
    found = list(lighten(given))
    assert means(found[:40]) == pytest.approx([LEAST] * 40, abs=4)
    assert found[40:] == given[40:]
    assert [(one.index, one.shot) for one in found] == [(one.index, one.shot) for one in given]
    assert given[0].image.mean() == pytest.approx(30, abs=1)  # a decoder's picture stays as it is


def test_the_order_of_values_stays() -> None:
    assert lighter(1.0).tolist() == list(range(256))
    for gamma in (LEAST_GAMMA, 0.7):
        table = lighter(gamma).astype(int)
        assert (table[0], table[255]) == (0, 255)
        assert (np.diff(table) >= 0).all()


@pytest.mark.parametrize("level", [3.0, 10.0, 20.0, 34.0, 50.0])
def test_gamma_brings_the_mean_to_the_least(level: float) -> None:
    gamma = gamma_for(picture(level))
    assert gamma is not None
    mean = lighter(gamma)[picture(level)].mean()
    if gamma > LEAST_GAMMA + 0.01:
        assert mean == pytest.approx(LEAST, abs=1.5)
    else:
        assert mean < LEAST


def test_nothing_jumps_where_darkness_begins() -> None:
    assert gamma_for(picture(LEAST + 2)) == 1
    assert gamma_for(picture(LEAST - 1)) == pytest.approx(1, abs=0.03)


def test_what_begins_black_is_judged_when_something_is_seen() -> None:
    assert gamma_for(np.zeros((72, 128, 3), np.uint8)) is None
    found = list(lighten(frames([0.0] * 30 + [30.0] * 40)))
    assert found[0].image.max() == 0
    assert means(found[32:]) == pytest.approx([LEAST] * 38, abs=4)


def test_bars_do_not_make_a_picture_dark() -> None:
    framed = np.zeros((288, 512, 3), np.uint8)
    framed[64:-64, 96:-96] = 70
    assert framed.mean() < LEAST / 2
    assert gamma_for(framed) == 1


def test_what_fades_in_is_soon_left_alone() -> None:
    found = list(lighten(frames([5.0] * 10 + [75.0] * 150)))
    assert found[10].image.mean() > 90
    given = frames([5.0] * 10 + [75.0] * 190)
    found = list(lighten(given))
    assert means(found[-60:]) == pytest.approx([75.0] * 60, abs=1)
    assert found[-1] is given[-1]


def test_growing_dark_is_followed_slowly() -> None:
    """A background of some ten seconds stays one."""
    found = list(lighten(frames([80.0] * 20 + [30.0] * 1000)))
    assert found[40].image.mean() == pytest.approx(30, abs=1)
    assert found[-1].image.mean() == pytest.approx(LEAST, abs=4)
    steps = np.diff(means(found[SPACING * 3 :]))
    assert np.abs(steps).max() < 2.5


def test_the_larger_picture_is_cut_as_light_as_the_small_one() -> None:
    planes = VideoFrame(64, 36, "yuv420p")
    dark, light = (
        PicturedFrame(
            index,
            0.0,
            picture(level),
            index,
            picture=PlanarPicture(planes, (64, 36), Colorspace.ITU709),
        )
        for index, level in enumerate((30.0, 90.0))
    )
    found = list(lighten([dark, light]))
    assert found[0].picture.gamma == gamma_for(dark.image)
    assert found[0].picture.planes is planes
    assert found[1] is light
