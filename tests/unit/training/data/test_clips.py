"""A labelled clip in memory: its colours, its places, and which of its frames have a label."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from balltrack.training.data.clips import Clip, ClipFiles, find_clips, load_clip
from told_clips import write_pictures

pytestmark = pytest.mark.usefixtures("tones_as_they_are")

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
    (whole,) = load_clip(files, NETWORK)
    return whole


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


def test_frames_far_from_every_label_are_left_out(tmp_path: Path) -> None:
    """What is kept is what it was, before the backgrounds of the whole clip."""
    images = [np.full((SIZE[1], SIZE[0], 3), 40 + i, dtype=np.uint8) for i in range(150)]
    write_pictures(tmp_path / "a.mp4", images)
    rows = "".join(f"{i},1,{i},9\n" for i in (1, 70, 75, 149, 400))
    (tmp_path / "a_ball.csv").write_text("Frame,Visibility,X,Y\n" + rows)
    files = ClipFiles("tennis", "hall", tmp_path / "a.mp4", tmp_path / "a_ball.csv")
    (whole,) = load_clip(files, NETWORK)
    parts = load_clip(files, NETWORK, reach=2)
    runs = [slice(0, 4), slice(68, 78), slice(147, 150)]
    assert len(whole) == 150
    for part, run in zip(parts, runs, strict=True):
        np.testing.assert_array_equal(part.frames, whole.frames[run])
        np.testing.assert_array_equal(part.backgrounds, whole.backgrounds)
        np.testing.assert_array_equal(part.xy, whole.xy[run])
        np.testing.assert_array_equal(part.labelled, whole.labelled[run])
    means = whole.backgrounds.float().mean(dim=(1, 2, 3)).numpy()
    np.testing.assert_allclose(means, (40 + 75, 40 + 30, 40 + 120), atol=6)
