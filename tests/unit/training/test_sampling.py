import numpy as np
import pytest
import torch

from balltrack.errors import DatasetError
from balltrack.training.clips import Clip
from balltrack.training.sampling import SPORT_SHARES, Sampler


def test_a_step_always_draws_the_same_batch(clips: list[Clip]) -> None:
    first = Sampler(clips, 8, (64, 64), seed=5).batch(17, 4)
    again = Sampler(clips, 8, (64, 64), seed=5).batch(17, 4)
    other = Sampler(clips, 8, (64, 64), seed=5).batch(18, 4)
    assert torch.equal(first.frames, again.frames)
    assert torch.equal(first.xy.nan_to_num(-1), again.xy.nan_to_num(-1))
    assert not torch.equal(first.frames, other.frames)


def test_labels_follow_the_ball_through_crop_zoom_drift_and_flip(clips: list[Clip]) -> None:
    sampler = Sampler(clips[:2], 8, (64, 64), seed=1)
    found = 0
    for step in range(20):
        batch = sampler.batch(step, 4)
        inside = ((batch.xy > 4) & (batch.xy < 59)).all(dim=-1)
        for b, frame in torch.nonzero(inside).tolist():
            x, y = batch.xy[b, frame].tolist()
            left, top = round(x) - 4, round(y) - 4
            patch = batch.frames[b, frame, :, top : top + 9, left : left + 9].float().mean(0)
            glow = (patch - 130).clamp(min=0)  # the background is darker
            offsets = torch.arange(9.0)
            assert left + (glow.sum(0) @ offsets) / glow.sum() == pytest.approx(x, abs=0.6)
            assert top + (glow.sum(1) @ offsets) / glow.sum() == pytest.approx(y, abs=0.6)
            found += 1
    assert found > 100


def test_shapes_and_unlabelled_frames(clips: list[Clip]) -> None:
    batch = Sampler(clips, 8, (64, 96), seed=0).batch(0, 6)
    assert batch.frames.shape == (6, 8, 3, 64, 96)
    assert batch.frames.dtype == torch.uint8
    assert batch.background.shape == (6, 3, 64, 96)
    assert batch.xy.shape == (6, 8, 2)
    weights = torch.cat([Sampler(clips, 8, (64, 64), 0).batch(i, 8).frame_weight for i in range(9)])
    assert set(weights.unique().tolist()) == {0.0, 1.0}


def test_sports_get_their_share_and_matches_are_evened_out(clips: list[Clip]) -> None:
    shares = Sampler(clips, 8, (64, 64), seed=0).clip_shares
    both = SPORT_SHARES["badminton"] + SPORT_SHARES["tennis"]
    assert shares[:2].sum() == pytest.approx(SPORT_SHARES["badminton"] / both)
    ratio = shares[1] / shares[0]
    assert ratio == pytest.approx(np.sqrt(198 / 38))  # two of each are unlabelled


def test_windows_hold_a_labelled_frame(clips: list[Clip]) -> None:
    for clip in clips:
        clip.labelled[:] = False
    with pytest.raises(DatasetError, match="no frame"):
        Sampler(clips, 8, (64, 64), seed=0)
    clips[1].labelled[77] = True
    sampler = Sampler(clips, 8, (64, 64), seed=0)
    weights = torch.cat([sampler.batch(step, 8).frame_weight for step in range(5)])
    # a frame repeated in the one's place may cost the label
    assert (weights.sum(dim=1) >= 1).float().mean() > 0.9


def test_only_crops_known_to_be_empty_get_a_drawn_ball(clips: list[Clip]) -> None:
    def balls(paste: float) -> int:
        sampler = Sampler([clip], 8, (32, 32), seed=0, paste=paste)
        return sum(int(torch.isfinite(sampler.batch(step, 16).xy).sum()) for step in range(10))

    clip = clips[1]
    clip.xy[:] = np.nan
    assert balls(0.0) == 0
    assert balls(1.0) > 1000
    clip.labelled[:] = False
    clip.labelled[100] = True
    assert balls(1.0) == 0
