"""Rows at a fixed lag: when they leave, and what they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from balltrack.errors import OptionError
from balltrack.events import load_live_finder, with_play_live
from balltrack.options import TrackOptions
from balltrack.overlay.writer import VideoWriter
from balltrack.pipeline import Tracker
from balltrack.structures import Image, Track
from balltrack.synthetic import render_clip
from balltrack.tracks import join_tracks

Item = TypeVar("Item")
OPTIONS = TrackOptions(device="cpu", runtime="torch", precision="fp32")
CUT, COUNT = 54, 84


class FramesTaken:
    """An observer that counts the frames which have come."""

    def __init__(self) -> None:
        self.count = 0

    def stage(self, name: str) -> AbstractContextManager[object]:
        return nullcontext()

    def iterate(self, name: str, items: Iterable[Item]) -> Iterator[Item]:
        for item in items:
            self.count += name == "wait"
            yield item


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shots: a rally, and from frame `CUT` on the same mirrored and dark."""
    path = tmp_path_factory.mktemp("lag") / "clip.mp4"
    clip = render_clip(size=(640, 360), frame_count=COUNT, seed=3)

    def shown(number: int, image: Image) -> Image:
        return image if number < CUT else np.ascontiguousarray(image[:, ::-1] // 3)

    with VideoWriter(path, clip.size, clip.frame_rate) as writer:
        for number, frame in enumerate(clip.frames()):
            writer.write(shown(number, frame.image), frame.time_s)
    return path


@cache
def tracked(video: Path, options: TrackOptions) -> tuple[Track, list[int]]:
    """The track, and for each of its rows how many frames after its own had come."""
    taken = FramesTaken()
    pieces, waited = [], []
    with Tracker(options, observer=taken).tracking(video) as tracking:
        for piece in tracking.pieces:
            pieces.append(piece)
            waited += (taken.count - 1 - piece.frame_index).tolist()
    return join_tracks(pieces), waited


@pytest.mark.parametrize(
    "options",
    [
        replace(OPTIONS, lag=45),
        pytest.param(replace(OPTIONS, lag=19), marks=pytest.mark.slow),
        replace(OPTIONS, lag=23),
        replace(OPTIONS, lag=19, verify="none"),
        replace(OPTIONS, lag=16, verify="none", ensemble="nonoverlap", link=False),
        replace(OPTIONS, lag=24, weights="classical"),
    ],
    ids=[
        "default",
        "shortest, second look",
        "second look, at once",
        "shortest, no second look",
        "shortest of all",
        "classical",
    ],
)
def test_no_row_waits_longer(video: Path, options: TrackOptions) -> None:
    track, waited = tracked(video, options)
    assert track.frame_index.tolist() == list(range(COUNT))
    assert options.lag is not None
    assert max(waited) <= options.lag
    assert (track.shot == (np.arange(COUNT) >= CUT)).all()


@pytest.mark.parametrize(
    ("lag", "verify", "spared"),
    [
        (23, "none", 4),
        pytest.param(30, "verifier", 4, marks=pytest.mark.slow),
        pytest.param(45, "verifier", 8, marks=pytest.mark.slow),
    ],
)
def test_what_the_ball_does_is_known_within_the_lag(
    video: Path, lag: int, verify: str, spared: int
) -> None:
    """And the rows are those that a lag without it would have had."""
    taken = FramesTaken()
    options = replace(OPTIONS, lag=lag, verify=verify)
    tracker = Tracker(options, observer=taken, spare=8)
    assert tracker.spared == spared
    rows, waited = [], []
    with tracker.tracking(video) as tracking:
        finder = load_live_finder(tracker.spared, 25.0)
        for row, play in with_play_live(tracking.pieces, (640, 360), 25.0, finder):
            assert len(play.mode) == len(row) == 1
            rows.append(row)
            waited += (taken.count - 1 - row.frame_index).tolist()
    assert max(waited) <= lag
    track = join_tracks(rows)
    assert track.frame_index.tolist() == list(range(COUNT))
    sooner, _ = tracked(video, replace(options, lag=lag - spared))
    np.testing.assert_array_equal(track.xy, sooner.xy)


@pytest.mark.parametrize(("lag", "spared"), [(23, 0), (30, 4), (45, 8), (60, 8)])
def test_no_more_is_spared_than_the_path_can_do_without(lag: int, spared: int) -> None:
    assert Tracker(replace(OPTIONS, lag=lag), spare=8).spared == spared


def test_without_a_lag_rows_wait_for_their_shot(video: Path) -> None:
    _, waited = tracked(video, OPTIONS)
    assert max(waited) >= CUT


def test_a_lag_finds_nearly_what_waiting_finds(video: Path) -> None:
    """What is missed is the beginning of a shot, when its background is not known yet."""
    whole, _ = tracked(video, OPTIONS)
    live, _ = tracked(video, replace(OPTIONS, lag=45))
    known = np.r_[10:CUT]
    both = whole.visible[known] & live.visible[known]
    assert both.sum() > 30
    apart = np.hypot(*(whole.xy[known][both] - live.xy[known][both]).T)
    assert np.quantile(apart, 0.9) < 1.0
    assert (whole.visible[known] == live.visible[known]).mean() > 0.9


def test_a_lag_too_short_says_which_would_do() -> None:
    with pytest.raises(
        OptionError,
        match=r"lag must be at least 19 frames here, got 18; --ensemble nonoverlap shortens it",
    ):
        Tracker(replace(OPTIONS, lag=18))
    with pytest.raises(OptionError, match=r"at least 19 .*, got 1; --ensemble nonoverlap shortens"):
        Tracker(replace(OPTIONS, lag=1, verify="none"))
    with pytest.raises(OptionError, match=r"at least 15 frames here, got 1$"):
        Tracker(replace(OPTIONS, lag=1, ensemble="nonoverlap"))
    with pytest.raises(OptionError, match=r"at least 24 frames here, got 1$"):
        Tracker(TrackOptions("classical", lag=1))
