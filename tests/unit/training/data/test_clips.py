"""A labelled clip in memory: its colours, its places, and which of its frames have a label."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from balltrack.training.data.clips import Clip, find_clips, load_clip
from told_clips import write_pictures

SIZE, NETWORK = (320, 192), (160, 96)
ORANGE = (20, 120, 240)  # BGR
LABELLED = {0: (60.0, 40.0), 1: (80.0, 50.0), 4: (140.0, 80.0)}
HIDDEN = 2


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    """Six frames; three show their ball and say where, one says that there is none."""
    match = tmp_path / "tennis" / "train" / "match"
    match.mkdir(parents=True)
    images = []
    for index in range(6):
        image = np.full((SIZE[1], SIZE[0], 3), (90, 60, 30), dtype=np.uint8)
        if index in LABELLED:
            x, y = LABELLED[index]
            cv2.rectangle(image, (int(x) - 7, int(y) - 7), (int(x) + 7, int(y) + 7), ORANGE, -1)
        images.append(image)
    write_pictures(match / "a.mp4", images)
    rows = [f"{i},1,{x},{y}" for i, (x, y) in LABELLED.items()]
    rows.insert(2, f"{HIDDEN},0,0,0")
    (match / "a_ball.csv").write_text("\n".join(["Frame,Visibility,X,Y", *rows]) + "\n")
    (files,) = find_clips(tmp_path, "train")
    return load_clip(files, NETWORK)


def test_which_frames_have_a_label(clip: Clip) -> None:
    assert clip.labelled.tolist() == [True, True, True, False, True, False]
    assert np.isfinite(clip.xy[:, 0]).tolist() == [True, True, False, False, True, False]


def test_the_ball_lies_where_its_label_says(clip: Clip) -> None:
    """In network pixels, centre on centre: the middle of what is orange there."""
    for index in LABELLED:
        red = clip.frames[index, 0].numpy().astype(float) - 30
        y, x = np.nonzero(red > 100)
        assert clip.xy[index] == pytest.approx((x.mean(), y.mean()), abs=0.6)


def test_colours_are_red_green_blue(clip: Clip) -> None:
    x, y = np.rint(clip.xy[0]).astype(int)
    np.testing.assert_allclose(clip.frames[0, :, y, x], ORANGE[::-1], atol=8)
    np.testing.assert_allclose(clip.frames[3].float().mean(dim=(1, 2)), (30, 60, 90), atol=8)
    np.testing.assert_allclose(clip.backgrounds[0].float().mean(dim=(1, 2)), (30, 60, 90), atol=8)
