"""Videos whose frames show pictures twice and three times."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from balltrack.options import TrackOptions
from balltrack.pipeline import Tracker
from balltrack.pipeline.progress import Progress
from balltrack.structures import Track
from balltrack.tracks import join_tracks
from seeing_network import save_seeing
from shot_match import write_match

SHOTS = (30, 50)
PULLDOWN = (2, 3)  # 24 pictures a second on 60 frames
TIMES = [*PULLDOWN] * 40


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same pictures, to the last bit."""
    folder = tmp_path_factory.mktemp("videos")
    shown = write_match(folder / "shown.mp4", SHOTS, PULLDOWN, crf=0)
    return write_match(folder / "once.mp4", SHOTS, (1,), crf=0), shown


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> TrackOptions:
    seeing = save_seeing(tmp_path_factory.mktemp("weights") / "s.safetensors", size=(256, 144))
    return TrackOptions(str(seeing), device="cpu", runtime="torch", threads=1)


COLUMNS = ("xy", "score", "source", "shot", "play")


@pytest.mark.parametrize(
    "more",
    [{"verify": "verifier"}, {"verify": "none"}, {"weights": "classical"}],
    ids=["second look", "network", "classical"],
)
def test_each_frame_has_what_its_picture_shows(
    videos: tuple[Path, Path], options: TrackOptions, more: dict[str, object]
) -> None:
    tracker = Tracker(replace(options, **more))
    once, shown = (tracker.track(video) for video in videos)
    assert once.visible.sum() > 30
    assert shown.frame_index.tolist() == list(range(sum(TIMES)))
    np.testing.assert_allclose(shown.time_s, shown.frame_index / 30, atol=1e-4)
    for name in COLUMNS:
        column = np.repeat(getattr(once, name), TIMES, axis=0)
        np.testing.assert_allclose(getattr(shown, name), column, rtol=0, atol=1e-6, err_msg=name)


def test_a_network_is_asked_about_pictures_alone(
    videos: tuple[Path, Path], options: TrackOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = Tracker(replace(options, verify="none"))
    asked: list[int] = []
    heatmaps = tracker.detector.runtime.heatmaps
    monkeypatch.setattr(
        tracker.detector.runtime, "heatmaps", lambda w: (asked.append(len(w)), heatmaps(w))[1]
    )
    tracker.track(videos[0])
    once = sum(asked)
    tracker.track(videos[1])
    assert sum(asked) == 2 * once


def test_with_a_lag_every_frame_is_looked_at(
    videos: tuple[Path, Path], options: TrackOptions
) -> None:
    """Else a row would leave more frames after its own than were asked for."""
    tracker = Tracker(replace(options, verify="none", lag=40))
    came: list[int] = []
    with tracker.tracking(videos[1], progress=lambda p: came.append(p.done)) as tracking:
        late = [came[-1] - int(frame) for piece in tracking.pieces for frame in piece.frame_index]
    assert len(late) == sum(TIMES)
    assert max(late) <= 41


def test_heatmaps_are_of_every_frame(videos: tuple[Path, Path], options: TrackOptions) -> None:
    with Tracker(replace(options, verify="none")).heatmaps(videos[1]) as heatmaps:
        assert [index for index, _ in heatmaps] == list(range(sum(TIMES)))


class StoppedError(Exception):
    """The run was."""


@pytest.fixture(scope="module")
def whole(videos: tuple[Path, Path], options: TrackOptions) -> tuple[Tracker, Track]:
    """A tracker, and what it says in one go."""
    tracker = Tracker(replace(options, verify="verifier"))
    return tracker, tracker.track(videos[1])


@pytest.mark.parametrize(
    "stop", [101, *(pytest.param(s, marks=pytest.mark.slow) for s in (100, 102, 103, 104, 160))]
)
def test_a_run_that_was_stopped_goes_on(
    videos: tuple[Path, Path], whole: tuple[Tracker, Track], tmp_path: Path, stop: int
) -> None:
    """Between a picture and its repetitions, too."""
    (tracker, once), journal = whole, tmp_path / "journal"

    def stopping(progress: Progress) -> None:
        if progress.done >= stop:
            raise StoppedError

    with (
        pytest.raises(StoppedError),
        tracker.tracking(videos[1], progress=stopping, journal=journal) as tracking,
    ):
        join_tracks(tracking.pieces)
    with tracker.tracking(videos[1], journal=journal) as tracking:
        assert 0 < tracking.known <= stop
        again = join_tracks(tracking.pieces)
    for name in (*COLUMNS, "frame_index", "time_s", "blur"):
        np.testing.assert_array_equal(getattr(again, name), getattr(once, name), err_msg=name)
