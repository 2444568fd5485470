from pathlib import Path

import numpy as np
import pytest

from balltrack.errors import DatasetError
from balltrack.labels import read_labels
from balltrack.structures import Source, Track
from balltrack.training.data import pseudo_labels
from balltrack.training.data.clips import find_clips
from balltrack.training.data.pseudo_labels import PseudoLabelOptions, supported, write_pseudo_labels


def _track(xy: np.ndarray, shot: np.ndarray | None = None) -> Track:
    """Detected wherever there is a position."""
    count = len(xy)
    seen = np.isfinite(xy[:, 0])
    return Track(
        np.arange(count),
        np.arange(count) / 25,
        xy.astype(np.float64),
        np.where(seen, 0.9, 0).astype(np.float32),
        np.where(seen, Source.DETECTED, Source.NONE).astype(np.int8),
        np.zeros(count, np.int64) if shot is None else shot,
    )


def _flight(count: int) -> np.ndarray:
    return np.stack([100.0 + 10 * np.arange(count), np.full(count, 200.0)], axis=1)


def test_a_flight_is_kept_and_a_lonely_or_jumping_detection_is_not() -> None:
    xy = np.full((60, 2), np.nan)
    xy[:20] = _flight(20)
    xy[10] = 900, 600  # something else, for one frame
    xy[40] = 300, 300  # nothing around it
    kept = supported(_track(xy), height=720)
    assert np.flatnonzero(kept).tolist() == [i for i in range(1, 19) if i != 10]


def test_a_cut_ends_a_flight() -> None:
    shot = (np.arange(12) >= 6).astype(np.int64)
    kept = supported(_track(_flight(12), shot), height=720)
    assert np.flatnonzero(kept).tolist() == [1, 2, 3, 4, 7, 8, 9, 10]


def test_clips_are_laid_out_as_training_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = tmp_path / "data/tennis/unlabelled/court/rally.mkv"
    video.parent.mkdir(parents=True)
    video.write_bytes(b"not looked at")
    xy = np.full((30, 2), np.nan)
    xy[:15] = _flight(15)
    monkeypatch.setattr(pseudo_labels.Tracker, "track", lambda *_: _track(xy))
    monkeypatch.setattr(pseudo_labels, "probe", lambda _: type("Info", (), {"height": 720}))
    options = PseudoLabelOptions(tmp_path / "data", tmp_path / "out")
    (clip,) = find_clips(write_pseudo_labels(options), "train")
    assert (clip.sport, clip.match) == ("tennis", "court")
    assert clip.video.read_bytes() == b"not looked at"
    labels = read_labels(clip.labels)
    assert labels.frame_index.tolist() == list(range(1, 14))
    assert np.allclose(labels.xy, xy[1:14], atol=0.5)


def test_a_folder_without_videos_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no video under"):
        write_pseudo_labels(PseudoLabelOptions(tmp_path, tmp_path / "out"))
