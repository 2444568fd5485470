"""What the shipped play network does for footage that cuts from play to close-ups."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest

from balltrack import TrackOptions, open_video, track_video
from balltrack.structures import Image
from told_clips import write_pictures

SIZE = (1280, 720)
PLAY, NEAR = 30, 20
"""Frames of a stretch of play, and of a close-up."""


class CloseUp(NamedTuple):
    """Where the picture of a clip is cut out: its middle in shares of the picture, and the zoom."""

    clip: str
    middle: tuple[float, float]
    zoom: float


CLOSE_UPS = {
    "badminton": CloseUp(
        "badminton/dev/kl-malaysiaopen22-intanon-chenyf/b00005.mp4", (0.35, 0.7), 4
    ),
    "tennis": CloseUp("tennis/dev/clay-outdoor/game6-clip2-f0160-0245.mp4", (0.35, 0.7), 4),
    "padel": CloseUp(
        "padel/dev/premier-roma-semifinal/premierroma-semis-lgbc-3-53-2.mp4", (0.5, 0.3), 5
    ),
}
"""Chosen because something is taken for the ball in each, and the network knows it."""


def pictures(clip: Path, first: int, count: int) -> list[Image]:
    with open_video(clip, size=SIZE) as reader:
        return [frame.image for frame in islice(reader.frames(), first, first + count)]


def near(data: Path, close_up: CloseUp) -> list[Image]:
    """A player, or what is around one, by a camera that pans to the right."""
    width, height = (int(side / close_up.zoom) for side in SIZE)
    left, top = (int(share * side) for share, side in zip(close_up.middle, SIZE, strict=True))
    top -= height // 2
    cuts = []
    for pan, image in enumerate(pictures(data / close_up.clip, 0, NEAR)):
        start = left - width // 2 + pan
        cut = image[top : top + height, start : start + width]
        cuts.append(np.asarray(cv2.resize(cut, SIZE, interpolation=cv2.INTER_CUBIC), np.uint8))
    return cuts


@pytest.mark.shared
@pytest.mark.parametrize("sport", [pytest.param("badminton", marks=pytest.mark.slow), "tennis"])
def test_close_ups_lose_their_ball_and_play_keeps_it(
    shared: Path, tmp_path: Path, sport: str
) -> None:
    """Venues that it was not trained on, beside close-ups of others."""
    data = shared / "data"
    images: list[Image] = []
    for i, other in enumerate(name for name in CLOSE_UPS if name != sport):
        images += pictures(data / CLOSE_UPS[sport].clip, i * PLAY, PLAY)
        images += near(data, CLOSE_UPS[other])
    video = write_pictures(tmp_path / "joined.mp4", images, 30)
    options = TrackOptions(device="cpu", runtime="torch", verify="none", ensemble="nonoverlap")
    found, kept = (track_video(video, replace(options, all_shots=keep)) for keep in (False, True))
    play = np.arange(len(images)) % (PLAY + NEAR) < PLAY
    seen = int(kept.visible[~play].sum())
    assert seen >= 10, "something is taken for the ball in the close-ups"
    assert found.visible[~play].sum() <= 0.1 * seen
    assert found.visible[play].sum() >= 0.98 * kept.visible[play].sum() > 0
