"""Pictures that are not 16:9 keep their shape, and places stay right to the pixel's centre."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from balltrack.geometry import fitted
from balltrack.models.specs import SPECS
from balltrack.options import RulesName, TrackOptions
from balltrack.pipeline import Tracker
from balltrack.structures import FloatArray
from balltrack.training.data.clips import ClipFiles, load_clip
from seeing_network import SIZE, save_seeing
from told_clips import Spot, tell

FRAMES = 12
SHAPES = [(640, 480), (640, 272), (480, 640), (640, 360)]
"""4:3, 2.35:1, upright, and 16:9."""


def flight(size: tuple[int, int]) -> FloatArray:
    """(FRAMES, 2) through what a letter-box shows: at most 9/16 as high as the longer side."""
    step = np.linspace(-1, 1, FRAMES)
    reach = np.minimum(np.array(size) / 2 - 12, max(size) * 9 / 32 - 12)
    return (np.array(size) - 1) / 2 + np.column_stack([step, 0.7 * step**2 - 0.3]) * reach


def write(path: Path, size: tuple[int, int]) -> Path:
    return tell(path, [[Spot(*xy, 0.95)] for xy in flight(size).tolist()], size)


@pytest.mark.parametrize("rules", ["balltrack", "wasb"])
@pytest.mark.parametrize("size", SHAPES)
def test_a_ball_is_found_where_it_is(
    tmp_path: Path, size: tuple[int, int], rules: RulesName
) -> None:
    """Of pixels of the source, of which one of the network's is 2.5."""
    weights = save_seeing(tmp_path / "seeing.safetensors", fit="letterbox", lead=0.0)
    options = TrackOptions(str(weights), rules=rules, device="cpu", runtime="torch")
    if rules == "balltrack":
        options = TrackOptions(str(weights), verify="none", rectify=False, device="cpu")
    track = Tracker(options).track(write(tmp_path / "clip.mp4", size))
    away = track.xy - flight(size)
    assert track.visible.all()
    assert np.abs(away).max() < 0.8
    assert np.abs(away.mean(axis=0)).max() < 0.15


def test_what_the_letter_box_cuts_off_is_not_seen(tmp_path: Path) -> None:
    """Of 4:3 an eighth above and below, as WASB shows it; stretched pictures show it."""
    video = tell(tmp_path / "clip.mp4", [[Spot(320, 30, 0.95)]] * 8, (640, 480))
    for fit, seen in (("letterbox", False), ("stretch", True)):
        weights = save_seeing(tmp_path / f"{fit}.safetensors", fit=fit)
        options = TrackOptions(str(weights), verify="none", device="cpu")
        assert Tracker(options).track(video).visible.all() == seen


@pytest.mark.parametrize("size", SHAPES)
def test_a_heatmap_shows_what_the_video_shows(tmp_path: Path, size: tuple[int, int]) -> None:
    weights = save_seeing(tmp_path / "seeing.safetensors", fit="letterbox")
    tracker = Tracker(TrackOptions(str(weights), device="cpu"))
    with tracker.heatmaps(write(tmp_path / "clip.mp4", size)) as heatmaps:
        for (_, heatmap), xy in zip(heatmaps, flight(size), strict=True):
            height, width = heatmap.shape
            assert width / height == pytest.approx(size[0] / size[1], rel=0.01)
            rows, columns = np.nonzero(heatmap > 0.5)
            middle = np.array([columns.mean(), rows.mean()]) + 0.5
            np.testing.assert_allclose(middle / (width, height) * size - 0.5, xy, atol=1.5)


def test_training_sees_the_same_pictures_and_no_label_in_what_is_cut_off(tmp_path: Path) -> None:
    places = [(320.0, 240.0), (100.0, 100.0), (320.0, 30.0)]
    tell(tmp_path / "a.mp4", [[Spot(*xy, 0.95)] for xy in places], (640, 480))
    rows = [f"{i},1,{x},{y}" for i, (x, y) in enumerate(places)]
    labels = tmp_path / "a_ball.csv"
    labels.write_text("\n".join(["Frame,Visibility,X,Y", *rows]) + "\n")
    (clip,) = load_clip(ClipFiles("tennis", "m", tmp_path / "a.mp4", labels), SIZE, "letterbox")
    assert np.isfinite(clip.xy[:, 0]).tolist() == [True, True, False]
    for image, xy in zip(clip.frames[:2], clip.xy[:2], strict=True):
        y, x = np.nonzero(image[0].numpy() > 130)
        assert xy == pytest.approx((x.mean(), y.mean()), abs=0.3)
    assert clip.frames[2, 0].numpy().max() < 130


def test_wasb_and_blurball_have_their_pictures_so() -> None:
    assert {name for name, spec in SPECS.items() if spec.fit == "letterbox"} == {"wasb", "blurball"}


def test_the_affine_of_wasb_to_half_a_pixel() -> None:
    """Its picture's middle is the network's, one factor for both axes (``get_transform``)."""
    for size in ((1440, 1080), (1920, 816), (1280, 720)):
        scaling = fitted(size, (512, 288), "letterbox")
        factor = 512 / max(size)
        xy = np.array([[100.0, 200.0], [size[0] / 2, size[1] / 2]])
        upstream = (xy - np.array(size) / 2) * factor + (256, 144)
        np.testing.assert_allclose(scaling.to_target(xy), upstream, atol=0.55)
