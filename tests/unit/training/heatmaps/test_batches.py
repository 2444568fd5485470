"""What a step is fed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from balltrack.models.specs import NetworkSpec
from balltrack.training.data.clips import Clip
from balltrack.training.data.frame_store import FrameStore, store_clips
from balltrack.training.heatmaps.batches import BatchMaker
from balltrack.training.heatmaps.differencing import DIFFERENCE_GAIN
from balltrack.training.heatmaps.train_heatmaps import HeatmapLoss, start_run
from balltrack.training.options import TrainOptions
from balltrack.training.run.stopping import StopRequest

SPEC = NetworkSpec("tiny", 4, 4, 96, 160, "concat", base_width=8, stem_stride=2)
CPU = torch.device("cpu")
OPTIONS = TrainOptions((Path("data"),), Path("run"), steps=30, crop=64, mixup=1.0)


def maker(store: FrameStore, places: range, **changes: object) -> BatchMaker:
    options = replace(OPTIONS, **changes)  # type: ignore[arg-type]
    return BatchMaker(store, options, SPEC, CPU, places)


def test_two_halves_are_the_whole_mixed_noisy_and_drawn_over(store: FrameStore) -> None:
    whole = maker(store, range(8)).batch(25)
    halves = [maker(store, places).batch(25) for places in (range(4), range(4, 8))]
    for name in ("x", "target", "frame_weight"):
        joined = torch.cat([getattr(half, name) for half in halves])
        assert torch.equal(joined, getattr(whole, name)), name
    assert ((whole.target > 0) & (whole.target < 1)).any()  # it was mixed


def test_shapes_and_ranges_and_the_difference(store: FrameStore) -> None:
    batch = maker(store, range(3)).batch(0)
    assert batch.x.shape == (3, 15, 64, 64)
    assert batch.x.is_contiguous(memory_format=torch.channels_last)
    assert batch.target.shape == (3, 4, 64, 64)
    assert batch.frame_weight.shape == (3, 4)
    background = batch.x[:, :3]
    frames = batch.x[:, 3:].view(3, 4, 3, 64, 64) / DIFFERENCE_GAIN + background[:, None]
    assert 0 <= background.min() <= background.max() <= 1
    assert -1e-6 <= frames.min() <= frames.max() <= 1 + 1e-6


def test_whole_frames_and_networks_without_background(store: FrameStore) -> None:
    spec = replace(SPEC, background="none", frames_in=3, frames_out=2)
    options = replace(OPTIONS, crop=0)
    batch = BatchMaker(store, options, spec, CPU, range(2)).batch(0)
    assert batch.x.shape == (2, 9, 96, 160)
    assert batch.target.shape == (2, 2, 96, 160)
    assert batch.frame_weight.shape == (2, 2)


def test_targets_lie_on_the_brightest_spot(store: FrameStore) -> None:
    """The ball is the only thing that differs from the background, and it is white."""
    found = 0
    for step in range(6):
        batch = maker(store, range(8), mixup=0.0, paste=0.0).batch(step)
        brightness = batch.x[:, 3:].view(8, 4, 3, 64, 64).mean(dim=2)
        pairs = zip(batch.target.flatten(0, 1), brightness.flatten(0, 1), strict=True)
        for target, picture in pairs:
            if target.sum() == 21:  # all of a disc, or nearly all of one between pixels
                y, x = np.unravel_index(int(picture.argmax()), picture.shape)
                found += bool(target[y, x] == 1)
                assert target[y, x] == 1 or picture.max() < 0.1
    assert found > 20


def test_a_batch_does_not_hang_on_what_was_made_before(store: FrameStore) -> None:
    one = maker(store, range(4))
    one.batch(11)
    assert torch.equal(one.batch(12).x, maker(store, range(4)).batch(12).x)


@pytest.fixture
def cuda() -> torch.device:
    if not torch.cuda.is_available():
        if os.environ.get("BALLTRACK_REQUIRE_GPU") == "1":
            pytest.fail("BALLTRACK_REQUIRE_GPU=1, and there is no CUDA device")
        pytest.skip("no CUDA device")
    return torch.device("cuda")


@pytest.mark.gpu
@pytest.mark.parametrize("stays_in_ram", [False, True])
def test_nothing_in_a_step_waits_for_the_gpu(
    clips: list[Clip], cuda: torch.device, tmp_path: Path, stays_in_ram: bool
) -> None:
    for clip in clips:
        clip.xy[::2] = np.nan
    store = store_clips(clips, CPU if stays_in_ram else cuda)
    options = replace(OPTIONS, output=tmp_path, batch_size=16, network="tracknet-v2")
    run = start_run(options, cuda)
    making = BatchMaker(store, options, run.network.spec, cuda, range(16))
    loss_of = HeatmapLoss(run, making, StopRequest())
    run.learn(loss_of(20)["loss"])  # cuDNN chooses its algorithms
    torch.cuda.set_sync_debug_mode("error")
    try:
        for step in range(20, 30):
            loss = loss_of(step)["loss"]
            run.learn(loss)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert np.isfinite(loss.item())


@pytest.mark.gpu
def test_a_gpu_is_fed_what_a_cpu_is(
    clips: list[Clip], cuda: torch.device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the noise, which differs from device to device."""
    monkeypatch.setattr(
        "balltrack.training.heatmaps.augmentation._add_noise", lambda images, _: images
    )
    store = store_clips(clips, CPU)
    device, on_gpu = cuda, store_clips(clips, cuda)
    assert on_gpu.frames.is_cuda
    assert np.allclose(on_gpu.motion, store.motion)
    for step in range(8):
        mine = maker(store, range(8)).batch(step)
        theirs = BatchMaker(on_gpu, OPTIONS, SPEC, device, range(8)).batch(step)
        assert torch.equal(mine.frame_weight, theirs.frame_weight.cpu())
        assert (mine.x - theirs.x.cpu()).abs().mean() < 0.01
        assert (mine.target - theirs.target.cpu()).abs().mean() < 1e-3
