"""The upright crop: the ball stays inside, and the crop moves calmly."""

from __future__ import annotations

import numpy as np
import pytest

from balltrack.clips.following import follow
from balltrack.clips.plan import Clip
from balltrack.errors import OptionError
from balltrack.events.rallies import Rally
from balltrack.structures import Source, Track
from balltrack.synthetic import render_clip

SIZE = (1280, 720)


def clip(frames: int) -> Clip:
    return Clip(1, Rally(0, frames - 1, 0, 1, 3, 0, 0), 0, frames - 1, 0.0, frames / 30)


def track(columns: np.ndarray, shots: np.ndarray | None = None) -> Track:
    seen = np.isfinite(columns)
    xy = np.column_stack([columns, np.where(seen, 300.0, np.nan)])
    count = len(columns)
    return Track(
        np.arange(count),
        np.arange(count) / 30,
        xy,
        seen.astype(np.float32),
        np.where(seen, Source.DETECTED, Source.NONE).astype(np.int8),
        np.zeros(count, np.int64) if shots is None else shots,
    )


def test_the_ball_of_a_rally_stays_inside_and_the_crop_is_calmer_than_the_ball() -> None:
    truth = render_clip(size=SIZE, frame_count=150, seed=3).truth
    crop = follow(track(truth.xy[:, 0]), clip(150), SIZE, 30)
    assert crop.size == (404, 720)
    inside = truth.xy[:, 0] - crop.left
    seen = np.isfinite(inside)
    assert ((inside[seen] > 0) & (inside[seen] < 404)).all()
    ball = np.nanmax(np.abs(np.diff(truth.xy[:, 0], 2)))
    assert np.abs(np.diff(crop.left, 2)).max() < ball / 2


def test_one_wrong_position_is_not_followed() -> None:
    columns = np.full(90, 300.0)
    columns[45] = 1200.0
    assert np.ptp(follow(track(columns), clip(90), SIZE, 30).left) <= 1


def test_a_gap_is_crossed_evenly() -> None:
    columns = np.full(90, np.nan)
    columns[:10], columns[-10:] = 400.0, 800.0
    left = follow(track(columns), clip(90), SIZE, 30).left
    assert (np.diff(left) >= 0).all()
    assert left[45] + 201.5 == pytest.approx(600, abs=10)


def test_at_a_cut_the_crop_jumps() -> None:
    shots = np.repeat([0, 1], 45)
    left = follow(track(np.repeat([300.0, 900.0], 45), shots), clip(90), SIZE, 30).left
    assert left[44] + 201.5 == pytest.approx(300, abs=1)
    assert left[45] + 201.5 == pytest.approx(900, abs=1)


def test_the_crop_stays_in_the_picture() -> None:
    left = follow(track(np.linspace(0, 1279, 90)), clip(90), SIZE, 30).left
    assert (left.min(), left.max()) == (0, 1280 - 404)


def test_an_upright_video_needs_no_crop() -> None:
    with pytest.raises(OptionError, match="upright already"):
        follow(track(np.full(9, 100.0)), clip(9), (404, 720), 30)
