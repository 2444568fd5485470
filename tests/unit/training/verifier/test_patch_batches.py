"""Batches of patches: drawn again alike, cut where they should be, with the target on the ball."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch

from balltrack.models.verifier.patches import CELL, NOW, SIDE
from balltrack.training.verifier import patch_batches
from balltrack.training.verifier.patch_batches import PatchSampler, disc_targets, lay_over, recolour
from balltrack.training.verifier.patch_store import STORED_SIDE, PatchStore

FRAMES, MIDDLE = 9, STORED_SIDE // 2


def make_store(count: int = 300, seed: int = 0) -> PatchStore:
    """Grey, with a bright square on the ball of the middle frame, near the middle or far out."""
    rng = np.random.default_rng(seed)
    patches = np.full((count, FRAMES, STORED_SIDE, STORED_SIDE, 3), 60, np.uint8)
    ball = np.full((count, 2), np.nan)
    for row in range(0, count, 3):
        x, y = rng.integers(-7, 8, 2)
        ball[row] = x, y
        patches[row, NOW, MIDDLE + y - 1 : MIDDLE + y + 2, MIDDLE + x - 1 : MIDDLE + x + 2] = 255
    score = rng.random(count)
    sport = (np.arange(count) >= count * 0.9).astype(np.int64)
    return PatchStore(patches, ball, score, sport, ("badminton", "tennis"))


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours stay; they have a test of their own."""
    monkeypatch.setattr(patch_batches, "recolour", lambda patches, _: patches)


def test_a_step_gives_the_same_batch_again() -> None:
    sampler = PatchSampler(make_store(), seed=3)
    first, again, other = sampler.batch(7, 8), sampler.batch(7, 8), sampler.batch(8, 8)
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0], other[0])


def test_the_target_lies_on_the_ball() -> None:
    patches, target = PatchSampler(make_store(), seed=0).batch(0, 64)
    assert patches.shape == (64, FRAMES, SIDE, SIDE, 3)
    balls = 0
    for patch, disc in zip(patches[:, NOW].mean(-1), target, strict=True):
        light = (patch - 60).clamp(min=0)
        if not disc.any():
            assert not light.any()
            continue
        balls += 1
        grid = torch.arange(SIDE, dtype=torch.float32)
        x, y = (light.sum(0) * grid).sum() / light.sum(), (light.sum(1) * grid).sum() / light.sum()
        cells = torch.nonzero(disc).float() * CELL + (CELL - 1) / 2
        assert torch.hypot(cells[:, 1] - x, cells[:, 0] - y).max() < 7.2
    assert 20 <= balls <= 44


def test_shares_of_balls_sports_and_weak_balls() -> None:
    store = make_store(3000)
    shares = PatchSampler(store, seed=0).shares
    assert shares.sum() == pytest.approx(1)
    assert shares[store.is_ball].sum() == pytest.approx(0.5)
    strong, weak = store.is_ball & (store.score >= 0.6), store.is_ball & (store.score < 0.6)
    badminton = store.sport == 0
    ratio = shares[weak & badminton].mean() / shares[strong & badminton].mean()
    assert ratio == pytest.approx(2.5)
    # a tenth of the patches gets more than a tenth of the samples
    assert 0.15 < shares[~badminton].sum() < 0.4


def test_a_ball_at_a_border_of_the_disc() -> None:
    (target,) = disc_targets(np.array([[1.5, 1.5]]))
    assert torch.nonzero(target).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert not disc_targets(np.array([[np.nan, np.nan], [-30.0, 10.0]])).any()


def scene(ball: tuple[float, float], ground: int, *, flying: bool) -> torch.Tensor:
    """(T, 64, 64, 3): a light square on the middle frame, or on all."""
    patch = torch.full((FRAMES, SIDE, SIDE, 3), float(ground))
    x, y = (int(v) for v in ball)
    patch[NOW if flying else slice(None), y - 1 : y + 2, x - 1 : x + 2] += 100
    return patch


def test_a_ball_is_laid_over_what_it_was_never_seen_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patch_batches, "LAID_OVER", 1.0)
    places = [(30.0, 33.0), (34.0, 31.0), (50.0, 9.0)]
    patches = torch.stack(
        [
            scene(places[0], 20, flying=True),
            scene(places[1], 20, flying=False),
            scene(places[2], 90, flying=True),  # clutter, with another ball far from its middle
        ]
    )
    before = patches.clone()
    targets = lay_over(patches, np.array(places), np.array([2]), np.random.default_rng(0))
    bright = patches[0, NOW, :, :, 0] > 180
    assert {(int(y), int(x)) for y, x in bright.nonzero()[[4, 13]]} == {(33, 30), (9, 50)}
    assert int(bright.sum()) == 18
    assert (patches[0, NOW + 1] == 90).all()
    assert torch.equal(targets[0], disc_targets(np.array(places[::2])).amax(0))
    # nothing moves around a ball that lies; and a patch is not laid over itself
    assert torch.equal(patches[1:], before[1:])
    assert torch.equal(targets[1:], disc_targets(np.array(places[1:])))


def test_without_clutter_nothing_is_laid_over_anything() -> None:
    patches = scene((30.0, 33.0), 20, flying=True)[None]
    before, nothing = patches.clone(), np.array([], dtype=np.int64)
    lay_over(patches, np.array([[30.0, 33.0]]), nothing, np.random.default_rng(0))
    assert torch.equal(patches, before)


def test_other_colours_leave_the_place_and_the_range() -> None:
    sampler = PatchSampler(make_store(), seed=0)
    before, target = sampler.batch(0, 64)
    after = recolour(before.clone(), np.random.default_rng(0))
    assert after.shape == before.shape
    assert after.min() >= 0
    assert after.max() <= 255
    assert not torch.allclose(after, before)
    hits = [
        int(torch.hypot(*(torch.nonzero(a == a.max())[0] - torch.nonzero(b == b.max())[0]).float()))
        for a, b, disc in zip(after[:, NOW].mean(-1), before[:, NOW].mean(-1), target, strict=True)
        if disc.any()
    ]
    assert np.mean(np.array(hits) <= 2) > 0.9


@pytest.mark.gpu
def test_a_gpu_is_fed_what_a_cpu_is() -> None:
    if not torch.cuda.is_available():
        if os.environ.get("BALLTRACK_REQUIRE_GPU") == "1":
            pytest.fail("BALLTRACK_REQUIRE_GPU=1, and there is no CUDA device")
        pytest.skip("no CUDA device")
    store = make_store()
    for step in range(4):
        mine = PatchSampler(store, seed=0).batch(step, 64)
        theirs = PatchSampler(store, seed=0, device="cuda").batch(step, 64)
        assert theirs[0].is_cuda
        assert torch.equal(mine[1], theirs[1].cpu())
        assert (mine[0] - theirs[0].cpu()).abs().max() < 0.01
        coloured = [recolour(one[0], np.random.default_rng(step)).cpu() for one in (mine, theirs)]
        assert (coloured[0] - coloured[1]).abs().max() < 0.01
