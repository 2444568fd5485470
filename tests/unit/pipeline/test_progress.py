"""Whether a file is cut off is asked only where it is."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from balltrack.errors import VideoError
from balltrack.options import TrackOptions
from balltrack.pipeline.progress import warn_if_cut_off, while_open
from balltrack.structures import VideoInfo
from trajectories import track_of


def promising(frames: int | None, duration_s: float | None, *, variable: bool = False) -> VideoInfo:
    rate = Fraction(30)
    return VideoInfo(
        "a.mp4", 64, 48, rate, frames, duration_s, "h264", "yuv420p", 0, variable, False
    )


@pytest.mark.parametrize(
    ("info", "found", "last_s", "said"),
    [
        (promising(100, 3.33), 100, 3.3, False),
        (promising(100, 3.33), 50, 1.63, True),
        (promising(None, 3.33), 50, 1.63, True),
        (promising(58, 1.667, variable=True), 47, 1.633, False),  # an edit list leaves out eleven
        (promising(58, 1.667, variable=True), 20, 0.633, True),
        (promising(100, 3.33), 50, math.nan, True),
        (promising(100, None), 50, 1.63, True),
        (promising(None, None), 50, 1.63, False),
        (promising(None, 3.33, variable=True), 50, 1.63, False),
    ],
)
def test_the_question(
    info: VideoInfo, found: int, last_s: float, said: bool, caplog: pytest.LogCaptureFixture
) -> None:
    warn_if_cut_off(info, TrackOptions(), found, last_s)
    assert ("is the file cut off?" in caplog.text) == said
    warn_if_cut_off(info, TrackOptions(end_s=1.0), found, last_s)
    assert len(caplog.records) == said


def test_pieces_are_given_as_long_as_the_tracking_is_open() -> None:
    rows = track_of([(1.0, 2.0)] * 3)
    with while_open(iter([rows, rows]), "m.mp4") as pieces:
        assert next(pieces) is rows
    with pytest.raises(VideoError, match=r"m\.mp4: its tracking is closed"):
        next(pieces)
    with while_open(iter([rows, rows]), "m.mp4") as pieces:
        assert len(list(pieces)) == 2
