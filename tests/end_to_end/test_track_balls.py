"""A second ball that rolls, or is another court's, is not followed, and is kept if asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from balltrack import TrackOptions, track_video
from balltrack.cli.demo import write_clip
from balltrack.structures import FloatArray, Track
from balltrack.synthetic import render_clip

NEAR = 10.0  # pixels at 1280x720


def near(track: Track, places: FloatArray) -> int:
    return int((np.hypot(*(track.xy - places).T) < NEAR).sum())


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 3])
def test_the_rally_is_followed_and_not_the_ball_that_rolls(tmp_path: Path, seed: int) -> None:
    """Without the contest the shipped network's path is on the rolling ball on 41 and 68 frames."""
    clip = render_clip(frame_count=180, seed=seed, bounces=bool(seed % 2)).with_second_ball()
    write_clip(clip, tmp_path / "clip.mp4")
    rolling = clip.second_xy()
    visible = int((clip.truth.visibility > 0).sum())
    one, two = (
        track_video(tmp_path / "clip.mp4", TrackOptions(device="cpu", balls=balls))
        for balls in (1, 2)
    )
    assert near(one, rolling) == 0
    assert near(one, clip.truth.xy) > 0.98 * visible
    np.testing.assert_array_equal(two.xy, one.xy)
    assert near(two.others[0], rolling) > 0.98 * len(rolling)


@pytest.mark.slow
def test_the_match_is_followed_and_not_the_rally_on_the_next_court(tmp_path: Path) -> None:
    """Without the contest the shipped network's path is on the other ball on 58 of 120."""
    clip = render_clip(size=(640, 360), frame_count=120, seed=3).with_second_rally(1)
    write_clip(clip, tmp_path / "clip.mp4")
    beside = clip.second_xy()
    visible = int((clip.truth.visibility > 0).sum())
    track = track_video(tmp_path / "clip.mp4", TrackOptions(device="cpu", balls=2))
    assert near(track, beside) == 0
    assert near(track, clip.truth.xy) > 0.95 * visible
    assert near(track.others[0], beside) > 60
