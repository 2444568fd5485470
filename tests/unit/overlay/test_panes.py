"""Panes: how large they are, where they lie, and whose ball is in which."""

from __future__ import annotations

import numpy as np
import pytest
from av.video.reformatter import Colorspace

from balltrack.options import RenderOptions
from balltrack.overlay.panes import GAP, PanesPainter, pane_size
from balltrack.structures import Source, Track
from balltrack.video.yuv import PlanarFrame, PlaneConverter

MATRIX = Colorspace.ITU709


def still(xy: tuple[float, float]) -> Track:
    """A ball that lies where it is, on the first frame."""
    return Track(
        np.array([0]),
        np.array([0.0]),
        np.array([xy]),
        np.ones(1, np.float32),
        np.array([Source.DETECTED], np.int8),
        np.zeros(1, np.int64),
    )


@pytest.mark.parametrize(
    ("source", "count", "pane"),
    [
        ((1280, 720), 2, (960, 540)),
        ((1280, 720), 4, (960, 540)),
        ((1920, 1080), 4, (960, 540)),
        ((1920, 1080), 5, (640, 360)),
        ((3840, 2160), 2, (1920, 1080)),
        ((640, 360), 3, (640, 360)),  # never larger than the source
        ((1080, 1920), 2, (960, 1706)),
        ((641, 361), 2, (640, 360)),
    ],
)
def test_all_panes_together_are_no_larger_than_the_source_or_full_hd(source, count, pane):
    assert pane_size(source, count) == pane


def test_every_ball_is_marked_in_its_own_pane():
    source, pane = (640, 320), (320, 160)
    balls = {"one": (100.0, 200.0), "two": (500.0, 120.0), "three": (320.0, 280.0)}
    painter = PanesPainter(
        {name: still(xy) for name, xy in balls.items()}, RenderOptions(), source, pane, MATRIX
    )
    image = np.full((160, 320, 3), 90, np.uint8)
    picture = PlaneConverter(pane, MATRIX).from_bgr(image)
    whole = painter.paint(PlanarFrame(0, 0.0, image, 0, picture=picture))
    assert painter.size == (whole.width, whole.height) == (2 * 320 + GAP, 2 * 160 + GAP)
    seen = whole.reformat(format="bgr24", src_colorspace=MATRIX, dst_colorspace=MATRIX)
    drawn = seen.to_ndarray().astype(int)
    corners = [(0, 0), (320 + GAP, 0), (0, 160 + GAP)]
    for (left, top), xy in zip(corners, balls.values(), strict=True):
        inside = drawn[top + 24 : top + 160, left : left + 320]  # below the name
        y, x = np.nonzero(inside[..., 2] - inside[..., 0] > 80)  # yellow
        middle = [(x.min() + x.max()) / 2, (y.min() + y.max()) / 2 + 24]
        np.testing.assert_allclose(middle, [xy[0] / 2 - 0.25, xy[1] / 2 - 0.25], atol=1)
        name = drawn[top : top + 24, left : left + 160]
        assert (name.min(axis=-1) > 200).any()
    assert drawn[164:, 324:].max() < 20  # nobody's pane
    assert drawn[:, 321:323].max() < 20
