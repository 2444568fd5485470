"""Heat over a picture: where it is, and that nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest
from av.video.reformatter import Colorspace

from balltrack.overlay.heat import FAINTEST, HeatPainter
from balltrack.structures import Image
from balltrack.video.yuv import PlaneConverter, planes_of

MATRIX = Colorspace.ITU709


def painted(heatmap: np.ndarray, size: tuple[int, int]) -> tuple[Image, list[Image], list[Image]]:
    """What is seen of a grey picture under the heat, and its planes before and after."""
    grey = np.full((size[1], size[0], 3), 90, np.uint8)
    picture = PlaneConverter(size, MATRIX).from_bgr(grey)
    before = [plane.copy() for plane in planes_of(picture)]
    HeatPainter(size, MATRIX).paint(picture, heatmap.astype(np.float32))
    seen = picture.reformat(format="bgr24", src_colorspace=MATRIX, dst_colorspace=MATRIX)
    return np.asarray(seen.to_ndarray()), before, planes_of(picture)


def spot(place: tuple[int, int] = (20, 30)) -> np.ndarray:
    """(72, 128) a disc of radius 2.5, as networks are taught it, at a row and a column."""
    rows, columns = np.mgrid[:72, :128]
    return np.where(np.hypot(rows - place[0], columns - place[1]) <= 2.5, 1.0, 0.0)


@pytest.mark.parametrize("size", [(512, 288), (511, 287), (128, 72)])
def test_the_hottest_pixel_is_where_the_heat_is(size):
    """The centre of a pixel of the heatmap lies in the middle of the pixels that it covers."""
    seen, *_ = painted(spot(), size)
    red = seen[..., 2].astype(float) - seen[..., 0]
    y, x = np.nonzero(red > 0.5 * red.max())
    expected = (np.array([30, 20]) + 0.5) * np.array(size) / [128, 72] - 0.5
    np.testing.assert_allclose([x.mean(), y.mean()], expected, atol=1)


def test_red_is_certain_and_blue_is_hardly():
    for value, brighter, darker in ((1.0, 2, 0), (0.15, 0, 2)):
        seen, *_ = painted(np.full((9, 16), value), (160, 90))
        assert seen[45, 80, brighter] > seen[45, 80, darker] + 60


def test_heat_that_is_too_faint_changes_nothing():
    _, before, after = painted(np.full((9, 16), 0.9 * FAINTEST), (160, 90))
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("place", [(20, 30), (0, 0), (71, 127)])
def test_pixels_away_from_the_heat_stay_exactly_as_they_are(place):
    _, before, after = painted(spot(place), (511, 287))
    for old, new in zip(before, after, strict=True):
        y, x = np.nonzero(old != new)
        assert len(x)
        scale = old.shape[1] / 128
        assert np.abs(x - (place[1] + 0.5) * scale).max() <= 4 * scale
        assert np.abs(y - (place[0] + 0.5) * scale).max() <= 4 * scale
