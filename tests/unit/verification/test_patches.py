"""What is cut around a place is what lies there, beyond the borders too."""

from __future__ import annotations

import numpy as np
import pytest

from balltrack.models.verifier.patches import SIDE
from balltrack.verification.patches import cut_patches, rounded


def pictures(count: int = 3, height: int = 90, width: int = 120) -> list[np.ndarray]:
    rng = np.random.default_rng(4)
    return [rng.integers(0, 256, (height, width, 3), dtype=np.uint8) for _ in range(count)]


@pytest.mark.parametrize("side", [SIDE, 16])
def test_the_place_is_on_the_middle_pixel_of_every_frame(side: int) -> None:
    images = pictures()
    patches = cut_patches(images, np.array([[60.4, 44.6], [50.0, 40.0]]), side)
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
    (patch,) = cut_patches([image], np.array([[x, y]]))[0]
    around = np.arange(SIDE) - SIDE // 2
    column, row = rounded(np.array([[x, y]]), (120, 90))[0]
    rows, columns = np.clip(row + around, 0, 89), np.clip(column + around, 0, 119)
    np.testing.assert_array_equal(patch, image[np.ix_(rows, columns)])


def test_a_picture_smaller_than_a_patch_will_do() -> None:
    (image,) = pictures(1, 20, 30)
    (patch,) = cut_patches([image], np.array([[29.0, 0.0]]))[0]
    np.testing.assert_array_equal(patch[SIDE // 2, SIDE // 2], image[0, 29])
    np.testing.assert_array_equal(patch[-1, -1], image[19, 29])


def test_no_places_give_no_patches() -> None:
    assert cut_patches(pictures(), np.empty((0, 2))).shape == (0, 3, SIDE, SIDE, 3)
