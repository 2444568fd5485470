import numpy as np
import pytest
import torch

from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.training.data.clips import Clip
from balltrack.training.data.frame_store import store_clips
from balltrack.training.heatmaps.cutting import cut_windows
from balltrack.training.heatmaps.mining import CLEAR_OF_BALL, mine
from balltrack.training.heatmaps.sampling import HARD_SHARE, Sampler

SPEC = NetworkSpec("tiny", 4, 4, 96, 160, "concat", base_width=8, stem_stride=2)


class Dots(TrackNet):
    """Answers with a ball at (120, 40) on every frame, whatever it is shown."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits = torch.full((len(x), 4, *x.shape[2:]), -9.0)
        logits[:, :, 39:42, 119:122] = 9.0
        return logits


def test_wrong_answers_are_collected_and_right_ones_are_not(clips: list[Clip]) -> None:
    clip = clips[1]
    clip.xy[10] = 121.0, 41.0
    (places,) = mine(Dots(SPEC).eval(), [clip], first_frame=0, bf16=False)
    frames = places[:, 0].astype(int)
    assert len(places) > 50
    assert np.allclose(places[:, 1:], [120, 40])
    assert 10 not in frames  # the ball is there
    assert not np.isin([0, 1], frames).any()  # unlabelled
    distance = np.hypot(*(clip.xy[frames] - places[:, 1:]).T)
    assert not (distance < CLEAR_OF_BALL).any()


def test_samples_then_show_those_places(clips: list[Clip]) -> None:
    clips[0].frames[:, 2, 40, 120] = 255
    clips[0].frames[:, :2, 40, 120] = 0
    store = store_clips(clips, torch.device("cpu"))
    sampler = Sampler(store, 8, (32, 32), seed=0)
    marked = [np.array([[20, 120, 40]], np.float32), *[np.empty((0, 3), np.float32)] * 2]

    def share() -> float:
        blue = []
        for step in range(40):
            windows = sampler.windows(step, range(16), 0.0)
            b = cut_windows(store, windows, (32, 32), torch.device("cpu"))[:, 1:]
            blue.append(((b[:, :, 2] > 150) & (b[:, :, 0] < 70)).flatten(1).any(1))
        return float(torch.cat(blue).float().mean())

    before = share()
    sampler.set_hard_places(marked)
    assert share() - before == pytest.approx(HARD_SHARE * (1 - before), abs=0.08)
    sampler.set_hard_places([np.empty((0, 3), np.float32)] * 3)
    assert share() == before
