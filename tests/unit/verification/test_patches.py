"""What is cut around a spot is what lies there, beyond the borders too."""

from __future__ import annotations

import numpy as np
import pytest
from av.video.reformatter import Colorspace

from balltrack.models.verifier.patches import SIDE
from balltrack.structures import Image
from balltrack.verification.patches import Spots, cut_patches
from balltrack.video.yuv import PlanarPicture, PlaneConverter

SIZE = (120, 90)


def pictures(count: int = 3) -> tuple[list[PlanarPicture], list[Image]]:
    """Grey ones as they are kept, and how bright they are."""
    rng = np.random.default_rng(4)
    kept, bright = [], []
    for _ in range(count):
        image = rng.integers(0, 256, (*SIZE[::-1], 1), dtype=np.uint8).repeat(3, axis=2)
        planes = PlaneConverter(SIZE, Colorspace.ITU601).from_bgr(image)
        kept.append(PlanarPicture(planes, SIZE, Colorspace.ITU601))
        bright.append(image[..., 0])
    return kept, bright


def everywhere(count: int, *places: tuple[int, int]) -> Spots:
    """The same pixels of so many pictures."""
    return np.repeat(np.array(places, np.int64).reshape(-1, 1, 2), count, axis=1)


def expected(image: Image, spot: tuple[int, int], side: int) -> Image:
    around = np.arange(side) - side // 2
    columns = np.clip(spot[0] + around, 0, SIZE[0] - 1)
    rows = np.clip(spot[1] + around, 0, SIZE[1] - 1)
    return image[np.ix_(rows, columns)]


def assert_shows(patch: Image, image: Image) -> None:
    """In all of its colours, but for what is lost on the way through planes."""
    assert np.abs(patch.astype(int) - image[..., None]).max() <= 6


@pytest.mark.parametrize("side", [SIDE, 16])
def test_the_spot_is_on_the_middle_pixel_of_every_picture(side: int) -> None:
    kept, bright = pictures()
    spots = everywhere(3, (60, 45), (49, 40))
    patches = cut_patches([(kept, spots)], side)
    assert patches.shape == (2, 3, side, side, 3)
    for number, image in enumerate(bright):
        assert_shows(patches[0, number], expected(image, (60, 45), side))
        assert_shows(patches[1, number], expected(image, (49, 40), side))


@pytest.mark.parametrize("x", [0, 2, 119])
@pytest.mark.parametrize("y", [5, 89])
def test_beyond_the_borders_the_border_goes_on(x: int, y: int) -> None:
    kept, (bright,) = pictures(1)
    (patch,) = cut_patches([(kept, everywhere(1, (x, y)))])[0]
    assert_shows(patch, expected(bright, (x, y), SIDE))


def test_every_picture_may_have_its_own_spot_and_every_frame_its_own_pictures() -> None:
    kept, bright = pictures(4)
    one = np.array([[[40, 45], [50, 46]], [[41, 30], [300, -90]]])
    patches = cut_patches([(kept[:2], one), (kept[2:], everywhere(2, (7, 8)))], 16)
    assert patches.shape == (3, 2, 16, 16, 3)
    for number, spots in enumerate(one.tolist()):
        for picture, (x, y) in enumerate(spots):
            assert_shows(patches[number, picture], expected(bright[picture], (x, y), 16))
    assert_shows(patches[2, 1], expected(bright[3], (7, 8), 16))
