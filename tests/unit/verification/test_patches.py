"""What is cut around a place is what lies there, beyond the borders too."""

from __future__ import annotations

import numpy as np
import pytest

from balltrack.models.verifier.patches import SIDE
from balltrack.verification.patches import Spots, cut_patches, rounded


def everywhere(count: int, *places: tuple[int, int]) -> Spots:
    """The same pixels of so many pictures."""
    return np.repeat(np.array(places, np.int64).reshape(-1, 1, 2), count, axis=1)


def pictures(count: int = 3, height: int = 90, width: int = 120) -> list[np.ndarray]:
    rng = np.random.default_rng(4)
    return [rng.integers(0, 256, (height, width, 3), dtype=np.uint8) for _ in range(count)]


@pytest.mark.parametrize("side", [SIDE, 16])
def test_the_place_is_on_the_middle_pixel_of_every_frame(side: int) -> None:
    images = pictures()
    patches = cut_patches(images, everywhere(3, (60, 45), (50, 40)), side)
    assert patches.shape == (2, 3, side, side, 3)
    for number, image in enumerate(images):
        np.testing.assert_array_equal(patches[0, number, side // 2, side // 2], image[45, 60])
        np.testing.assert_array_equal(
            patches[1, number],
            image[40 - side // 2 : 40 + side // 2, 50 - side // 2 : 50 + side // 2],
        )


@pytest.mark.parametrize("x", [-3.0, 0.0, 2.0, 119.0, 140.0])
@pytest.mark.parametrize("y", [-1.0, 5.0, 89.4])
def test_beyond_the_borders_the_border_goes_on(x: float, y: float) -> None:
    (image,) = pictures(1)
    column, row = rounded(np.array([[x, y]]), (120, 90))[0].tolist()
    (patch,) = cut_patches([image], everywhere(1, (column, row)))[0]
    around = np.arange(SIDE) - SIDE // 2
    rows, columns = np.clip(row + around, 0, 89), np.clip(column + around, 0, 119)
    np.testing.assert_array_equal(patch, image[np.ix_(rows, columns)])


def test_a_picture_smaller_than_a_patch_will_do() -> None:
    (image,) = pictures(1, 20, 30)
    (patch,) = cut_patches([image], everywhere(1, (29, 0)))[0]
    np.testing.assert_array_equal(patch[SIDE // 2, SIDE // 2], image[0, 29])
    np.testing.assert_array_equal(patch[-1, -1], image[19, 29])


def test_no_places_give_no_patches() -> None:
    assert cut_patches(pictures(), everywhere(3)).shape == (0, 3, SIDE, SIDE, 3)


def test_every_picture_may_have_its_own_spot() -> None:
    images = pictures()
    spots = np.array([[[40, 45], [50, 46], [300, -90]]])
    (patches,) = cut_patches(images, spots, 16)
    np.testing.assert_array_equal(patches[0], images[0][37:53, 32:48])
    np.testing.assert_array_equal(patches[1], images[1][38:54, 42:58])
    assert (patches[2] == images[2][0, -1]).all()
