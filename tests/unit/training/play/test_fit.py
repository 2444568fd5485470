"""Pictures of play, close-ups cut out of them, and a network that learns to tell them apart."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from balltrack.cli.demo import write_clip
from balltrack.errors import DatasetError
from balltrack.models.play.arrays import SIZE
from balltrack.synthetic import render_clip
from balltrack.training.play.changes import other_picture, play_picture
from balltrack.training.play.fit import PlayOptions, train_play
from balltrack.training.play.stills import CLOSE_UP_SIZE, CLOSE_UPS, PLAY_SIZE, stills
from balltrack.weights.arrays import read_playnet


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One venue; its clip has a cut after 40 of 50 frames."""
    root = tmp_path_factory.mktemp("data")
    folder = root / "tennis" / "train" / "here"
    folder.mkdir(parents=True)
    write_clip(render_clip(size=(320, 180), frame_count=50, cut_at=40), folder / "clip.mp4")
    return root


def test_stills_are_of_the_longest_shot(data: Path) -> None:
    rng = np.random.default_rng(0)
    found = list(stills(data / "tennis" / "train" / "here" / "clip.mp4", rng))
    assert len(found) == 2
    assert {still.venue for still in found} == {"here"}
    assert found[0].play.shape == (*PLAY_SIZE[::-1], 3)
    assert [cut.shape for cut in found[0].close_ups] == [(*CLOSE_UP_SIZE[::-1], 3)] * CLOSE_UPS


def test_pictures_are_the_networks(data: Path) -> None:
    rng = np.random.default_rng(0)
    still = next(stills(data / "tennis" / "train" / "here" / "clip.mp4", rng))
    for draw in (play_picture, other_picture):
        for _ in range(60):  # every change is drawn now and then
            shown = draw(still, rng)
            assert shown.shape == (*SIZE[::-1], 3)
            assert shown.dtype == np.float32
            assert 0 <= shown.min() <= shown.max() <= 1


@pytest.mark.slow
def test_it_learns(data: Path, tmp_path: Path) -> None:
    told: list[float] = []
    options = PlayOptions(data, tmp_path / "play.safetensors", splits=("train",), steps=200)
    judge = read_playnet(str(train_play(options, lambda _, loss: told.append(loss))))
    assert len(told) == 2
    (still, *_) = stills(data / "tennis" / "train" / "here" / "clip.mp4", np.random.default_rng(1))
    assert judge(_small(still.play)) < 0
    assert np.mean([judge(_small(cut)) > 0 for cut in still.close_ups]) > 0.7


def test_no_videos_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"holds no <sport>/<split>/<venue>/<clip>.mp4"):
        train_play(PlayOptions(tmp_path, tmp_path / "play.safetensors"))


def _small(image: np.ndarray) -> np.ndarray:
    return cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA)
