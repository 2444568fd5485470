"""What is drawn: numbers only, the same ones for the same step."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from balltrack.errors import DatasetError
from balltrack.training.data.clips import Clip
from balltrack.training.data.frame_store import FrameStore, store_clips
from balltrack.training.data.sports import SPORT_SHARES
from balltrack.training.heatmaps.sampling import Sample, Sampler, reach


def weights_of(windows: list[Sample]) -> np.ndarray:
    return np.stack([window.weight for window in windows])


def same(first: Sample, second: Sample) -> bool:
    return (
        np.array_equal(first.rows, second.rows)
        and np.array_equal(first.xy, second.xy, equal_nan=True)
        and first.changes.offset == second.changes.offset
    )


def test_a_step_always_draws_the_same_batch(store: FrameStore) -> None:
    first = Sampler(store, 8, (64, 64), seed=5).windows(17, range(4), 1.0)
    again = Sampler(store, 8, (64, 64), seed=5).windows(17, range(4), 1.0)
    other = Sampler(store, 8, (64, 64), seed=5).windows(18, range(4), 1.0)
    assert all(map(same, first, again))
    assert not any(map(same, first, other))


def test_a_part_of_a_batch_is_that_part_of_the_whole(store: FrameStore) -> None:
    sampler = Sampler(store, 8, (64, 64), seed=5, paste=0.5)
    whole = sampler.windows(3, range(8), 1.0)
    parts = sampler.windows(3, range(4), 1.0) + sampler.windows(3, range(4, 8), 1.0)
    assert all(map(same, whole, parts))


def test_unlabelled_frames_weigh_nothing(store: FrameStore) -> None:
    sampler = Sampler(store, 8, (64, 64), seed=0)
    weights = np.concatenate([weights_of(sampler.windows(i, range(8), 0.0)) for i in range(9)])
    assert weights.shape == (72, 8)
    assert set(np.unique(weights)) == {0.0, 1.0}


def test_sports_get_their_share_and_matches_are_evened_out(store: FrameStore) -> None:
    shares = Sampler(store, 8, (64, 64), seed=0).clip_shares
    both = SPORT_SHARES["badminton"] + SPORT_SHARES["tennis"]
    assert shares[:2].sum() == pytest.approx(SPORT_SHARES["badminton"] / both)
    ratio = shares[1] / shares[0]
    assert ratio == pytest.approx(np.sqrt(198 / 38))  # two of each are unlabelled


def test_windows_hold_a_labelled_frame(clips: list[Clip], store: FrameStore) -> None:
    for clip in clips:
        clip.labelled[:] = False
    with pytest.raises(DatasetError, match="no frame"):
        Sampler(store, 8, (64, 64), seed=0)
    clips[1].labelled[77] = True
    sampler = Sampler(store, 8, (64, 64), seed=0)
    weights = np.concatenate([weights_of(sampler.windows(i, range(8), 0.0)) for i in range(5)])
    # a frame repeated in the one's place may cost the label
    assert (weights.sum(axis=1) >= 1).mean() > 0.9


def test_no_window_reaches_further_from_a_label_than_is_said(clips: list[Clip]) -> None:
    clip = clips[1]
    clip.labelled[:] = False
    clip.labelled[100] = True
    sampler = Sampler(store_clips([clip], torch.device("cpu")), 8, (32, 32), seed=0)
    windows = [one for step in range(100) for one in sampler.windows(step, range(16), 0.0)]
    rows = np.concatenate([one.rows for one in windows])
    assert (rows.min(), rows.max()) == (100 - reach(8), 100 + reach(8))


def test_only_crops_known_to_be_empty_get_a_drawn_ball(clips: list[Clip]) -> None:
    clip = clips[1]
    store = store_clips([clip], torch.device("cpu"))

    def balls(paste: float) -> int:
        sampler = Sampler(store, 8, (32, 32), seed=0, paste=paste)
        windows = [one for step in range(10) for one in sampler.windows(step, range(16), 0.0)]
        assert all((one.ball is None) == np.isnan(one.xy).all() for one in windows if paste)
        return sum(int(np.isfinite(one.xy).all(axis=1).sum()) for one in windows)

    clip.xy[:] = np.nan
    assert balls(0.0) == 0
    assert balls(1.0) > 700
    clip.labelled[:] = False
    clip.labelled[100] = True
    assert balls(1.0) == 0


@pytest.mark.parametrize(("speed", "share"), [(3.0, 0.3), (5.0, 0.0)])
def test_only_slow_balls_fly_backwards(clips: list[Clip], speed: float, share: float) -> None:
    clip = clips[1]
    clip.xy[:] = np.column_stack([speed * np.arange(len(clip)), np.full(len(clip), 50)])
    sampler = Sampler(store_clips([clip], torch.device("cpu")), 4, (64, 64), seed=0)
    windows = [one for step in range(50) for one in sampler.windows(step, range(16), 0.0)]
    close = [one for one in windows if np.abs(np.diff(one.rows)).max() == 1]
    backwards = np.mean([one.rows[-1] < one.rows[0] for one in close])
    assert backwards == pytest.approx(share, abs=0.06)


def test_half_of_the_crops_are_zoomed_and_some_drift(store: FrameStore) -> None:
    sampler = Sampler(store, 8, (64, 64), seed=0)
    windows = [one for step in range(50) for one in sampler.windows(step, range(16), 0.0)]
    plain = np.mean([one.box == (64, 64) for one in windows])
    drifting = np.mean([len(np.unique(one.corners, axis=0)) > 1 for one in windows])
    assert plain == pytest.approx(0.5, abs=0.08)
    assert drifting == pytest.approx(0.08 * 14 / 15, abs=0.03)
    sizes = [one.box[0] for one in windows]
    assert (min(sizes), max(sizes)) == pytest.approx((64 / 1.4, 64 / 0.7), abs=2)


def test_motion_draws_the_look(clips: list[Clip]) -> None:
    clip = clips[0]
    clip.xy[:] = np.nan
    clip.frames[:] = clip.backgrounds[0]
    clip.frames[:, :, 64:80, 96:112] = 255
    sampler = Sampler(store_clips([clip], torch.device("cpu")), 8, (32, 32), seed=0)
    windows = [one for step in range(20) for one in sampler.windows(step, range(16), 0.0)]
    centres = np.array([one.corner + np.array(one.box) / 2 for one in windows])
    near = (np.abs(centres - [104, 72]) < 24).all(axis=1)
    assert near.mean() > 0.8  # 0.9, and where chance fell there
