"""Squares cut from planes are, to the bit, what the whole picture in BGR would have there."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from balltrack.overlay.writer import VideoWriter
from balltrack.structures import Image
from balltrack.synthetic import render_clip
from balltrack.video.reader import open_video
from balltrack.video.squares import cut_squares
from balltrack.video.tone import Tone, tone_table
from balltrack.video.yuv import PlanarPicture


@pytest.fixture(scope="module", params=[(1280, 720), (406, 720)], ids=["even", "narrow"])
def pictures(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[PlanarPicture, Image]]:
    """Some frames of a video, as they are kept and in BGR."""
    path = tmp_path_factory.mktemp("squares") / "clip.mp4"
    clip = render_clip(size=request.param, frame_count=4)
    with VideoWriter(path, request.param, Fraction(25)) as writer:
        for frame in clip.frames():
            writer.write(frame.image, frame.time_s)
    with open_video(path, size=(64, 36)) as small, open_video(path) as large:
        kept = [frame.picture for frame in small.pictured_frames(request.param)]
        return list(zip(kept, (frame.image for frame in large.frames()), strict=True))


@pytest.mark.parametrize("side", [64, 31])
def test_inside_and_beyond_the_borders(
    pictures: list[tuple[PlanarPicture, Image]], side: int
) -> None:
    rng = np.random.default_rng(0)
    width, height = pictures[0][0].size
    corners = [(-9, -9), (width - 20, height - 20), (0, 0), (3, -40), (width - side, 7), (5, 6)]
    corners += [(int(x), int(y)) for x, y in rng.integers(-40, [width, height], (40, 2))]
    chosen = [pictures[i % len(pictures)] for i in range(len(corners))]
    squares = cut_squares(
        [(kept, x, y) for (kept, _), (x, y) in zip(chosen, corners, strict=True)], side
    )
    for square, (_, image), (x, y) in zip(squares, chosen, corners, strict=True):
        rows = np.clip(np.arange(y, y + side), 0, height - 1)
        columns = np.clip(np.arange(x, x + side), 0, width - 1)
        np.testing.assert_array_equal(square, image[np.ix_(rows, columns)])


def test_of_a_dark_or_flat_picture_they_have_other_tones(
    pictures: list[tuple[PlanarPicture, Image]],
) -> None:
    picture, whole = pictures[0]
    half_tone, flat_tone = Tone(0.5), Tone(0.8, 1.4, -0.1)
    places = [
        (picture, 20, 30),
        (picture.toned(half_tone), 20, 30),
        (picture.toned(flat_tone), 3, 4),
    ]
    plain, half, less = cut_squares(places, 32)
    np.testing.assert_array_equal(plain, whole[30:62, 20:52])
    np.testing.assert_array_equal(half, tone_table(half_tone)[plain])
    np.testing.assert_array_equal(less, tone_table(flat_tone)[whole[4:36, 3:35]])
