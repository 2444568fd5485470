"""Dark pictures become lighter, flat ones get contrast, others stay what they are."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace

from balltrack.scene.tones import (
    LEAST_GAMMA,
    LEAST_MEAN,
    LEAST_RANGE,
    MOST_GAIN,
    SPACING,
    tone_for,
    with_known_tones,
)
from balltrack.structures import Frame, Image
from balltrack.video.tone import PLAIN, Tone, tone_table
from balltrack.video.yuv import PicturedFrame, PlanarPicture


def picture(level: float) -> Image:
    """Of that mean, with a spread, and all the contrast there is where it is not too dark."""
    rng = np.random.default_rng(int(level))
    extreme = 0.02 if level >= 10 else 0.0  # share of black pixels, and of white ones
    rest = (level - extreme * 255) / (1 - 2 * extreme)
    image = np.clip(rng.normal(rest, rest / 4, (72, 128, 3)), 0, 255)
    drawn = rng.random((72, 128))
    image[drawn < extreme], image[drawn > 1 - extreme] = 0, 255
    return image.astype(np.uint8)


def flat_picture(low: float, high: float) -> Image:
    """Of values from low to high, as many of each."""
    row = np.linspace(low, high, 128).round().astype(np.uint8)
    return np.repeat(np.tile(row, (72, 1))[:, :, None], 3, axis=2)


def range_of(image: Image) -> float:
    low, high = np.percentile(image, (1, 99))
    return float(high - low)


def frames(levels: list[float], shots: list[int] | None = None) -> list[Frame]:
    numbers = shots or [0] * len(levels)
    pairs = enumerate(zip(levels, numbers, strict=True))
    return [Frame(index, index / 25, picture(level), shot) for index, (level, shot) in pairs]


def means(given: list[Frame]) -> list[float]:
    return [float(frame.image.mean()) for frame in given]


def test_what_is_light_enough_is_not_touched() -> None:
    given = frames([60.0, 57.0, 120.0, 200.0] * 20)
    assert all(one is other for one, other in zip(with_known_tones(given), given, strict=True))


def test_a_dark_shot_is_made_as_light_as_the_darkest_that_is_known() -> None:
    given = frames([30.0] * 40 + [80.0] * 3, [0] * 40 + [1] * 3)
    found = list(with_known_tones(given))
    assert means(found[:40]) == pytest.approx([LEAST_MEAN] * 40, abs=4)
    assert found[40:] == given[40:]
    assert [(one.index, one.shot) for one in found] == [(one.index, one.shot) for one in given]
    assert given[0].image.mean() == pytest.approx(30, abs=1)  # a decoder's picture stays as it is


def test_the_order_of_values_stays() -> None:
    assert tone_table(PLAIN).tolist() == list(range(256))
    for tone in (Tone(LEAST_GAMMA), Tone(0.7), Tone(0.9, 1.5, -0.25)):
        table = tone_table(tone).astype(int)
        assert (table[0], table[255]) == (0, 255)
        assert (np.diff(table) >= 0).all()


@pytest.mark.parametrize("level", [3.0, 10.0, 20.0, 34.0, 50.0])
def test_gamma_brings_the_mean_to_the_least(level: float) -> None:
    tone = tone_for(picture(level))
    assert tone is not None
    mean = tone_table(Tone(tone.gamma))[picture(level)].mean()
    if tone.gamma > LEAST_GAMMA + 0.01:
        assert mean == pytest.approx(LEAST_MEAN, abs=1.5)
    else:
        assert mean < LEAST_MEAN


def test_nothing_jumps_where_darkness_begins() -> None:
    assert tone_for(picture(LEAST_MEAN + 2)) == PLAIN
    assert tone_for(picture(LEAST_MEAN - 1)) == pytest.approx(PLAIN, abs=0.03)


@pytest.mark.parametrize(("low", "high"), [(75, 190), (0, 120), (130, 255), (40, 200), (90, 160)])
def test_a_flat_picture_gets_contrast(low: int, high: int) -> None:
    image = flat_picture(low, high)
    tone = tone_for(image)
    assert tone is not None
    assert tone.gamma == 1
    found = tone_table(tone)[image]
    assert range_of(found) == pytest.approx(LEAST_RANGE, abs=3)
    # What is left on either side is shared as before: nothing is cut off.
    assert found.min() / (255 - found.max() + found.min()) == pytest.approx(
        low / (255 - high + low), abs=0.03
    )


def test_nothing_jumps_where_flatness_begins() -> None:
    assert tone_for(flat_picture(30, 30 + LEAST_RANGE + 6)) == PLAIN
    assert tone_for(flat_picture(30, 30 + LEAST_RANGE)) == pytest.approx(PLAIN, abs=0.04)


def test_fog_stays_fog() -> None:
    assert tone_for(np.full((72, 128, 3), 200, np.uint8)) == PLAIN
    assert tone_for(flat_picture(100, 118)) == PLAIN


def test_nothing_jumps_where_fog_begins() -> None:
    gains = []
    for high in range(118, 290):
        tone = tone_for(flat_picture(100, high)) if high < 256 else PLAIN
        assert tone is not None
        gains.append(tone.gain)
    steps = np.abs(np.diff(gains[: 256 - 118]))
    assert max(gains) == pytest.approx(MOST_GAIN, rel=0.05)
    assert steps.max() < 0.3


def test_bars_do_not_make_a_picture_contrasted() -> None:
    framed = np.zeros((288, 512, 3), np.uint8)
    framed[64:-64, 96:-96] = cv2.resize(flat_picture(90, 160), (320, 160))
    tone, alone = tone_for(framed), tone_for(flat_picture(90, 160))
    assert tone is not None
    assert alone is not None
    assert tone.gain == pytest.approx(alone.gain, rel=0.03)


def test_a_flat_shot_is_brought_into_one_tone_and_the_next_left_alone() -> None:
    flat = [Frame(index, index / 25, flat_picture(75, 190), 0) for index in range(40)]
    after = frames([90.0] * 3, [1] * 3)
    found = list(with_known_tones([*flat, *after]))
    ranges = [range_of(frame.image) for frame in found[:40]]
    assert ranges == pytest.approx([LEAST_RANGE] * 40, abs=2)
    assert found[40:] == after
    assert range_of(flat[0].image) < 120  # a decoder's picture stays as it is


def test_what_begins_black_is_judged_when_something_is_seen() -> None:
    assert tone_for(np.zeros((72, 128, 3), np.uint8)) is None
    found = list(with_known_tones(frames([0.0] * 30 + [30.0] * 40)))
    assert found[0].image.max() == 0
    assert means(found[32:]) == pytest.approx([LEAST_MEAN] * 38, abs=4)


def test_bars_do_not_make_a_picture_dark() -> None:
    framed = np.zeros((288, 512, 3), np.uint8)
    framed[64:-64, 96:-96] = cv2.resize(picture(70), (320, 160), interpolation=cv2.INTER_NEAREST)
    assert framed.mean() < LEAST_MEAN / 2
    assert tone_for(framed) == PLAIN


def test_what_fades_in_is_soon_left_alone() -> None:
    found = list(with_known_tones(frames([5.0] * 10 + [75.0] * 150)))
    assert found[10].image.mean() > 90
    given = frames([5.0] * 10 + [75.0] * 190)
    found = list(with_known_tones(given))
    assert means(found[-60:]) == pytest.approx(means(given[-60:]), abs=1)
    assert found[-1] is given[-1]


def test_growing_dark_is_followed_slowly() -> None:
    """A background of some ten seconds stays one."""
    found = list(with_known_tones(frames([80.0] * 20 + [30.0] * 1000)))
    assert found[40].image.mean() == pytest.approx(30, abs=1)
    assert found[-1].image.mean() == pytest.approx(LEAST_MEAN, abs=4)
    steps = np.diff(means(found[SPACING * 3 :]))
    assert np.abs(steps).max() < 2.5


def test_the_larger_picture_is_cut_in_the_tone_of_the_small_one() -> None:
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
    found = list(with_known_tones([dark, light]))
    assert found[0].picture.tone == tone_for(dark.image) != PLAIN
    assert found[0].picture.planes is planes
    assert found[1] is light
