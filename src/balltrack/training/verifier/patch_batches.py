"""Stored patches → what one training step of the verifier is fed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from balltrack.models.verifier.patches import CELL, DISC_RADIUS, NOW, SIDE
from balltrack.runtimes.on_torch.to_device import to_device
from balltrack.training.data.sports import sport_share
from balltrack.training.verifier.patch_store import PatchStore

SIZES, SIZE_SHARES = (52, 64, 80), (0.25, 0.5, 0.25)
"""Sides that are cut and brought to 64: another camera shows the ball larger or smaller."""

SHIFT = 3.5
"""Standard deviation of the candidate's place in the patch, pixels."""

WEAK, WEAK_WEIGHT = 0.6, 2.5
"""Balls that the network gave less, or no candidate, are shown more often by this factor."""

LAID_OVER = 0.5
"""Share of the patches whose moving part is laid over another patch's clutter."""

DISTINCT = 8.0
"""Grey levels by which a ball must differ from what stands still behind it to be laid over others:
of a ball that lies or is held, nothing moves."""

Numbers = npt.NDArray[np.float64]


class PatchSampler:
    """Draws batches: half of them balls, sports by share.

    The same step gives the same batch, on whichever device.
    """

    def __init__(self, store: PatchStore, seed: int, device: torch.device | str = "cpu") -> None:
        self.store = store
        self.seed = seed
        self.device = torch.device(device)
        self.shares = _shares(store)

    def batch(self, step: int, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        """(count, T, 64, 64, 3) float32 BGR in 0 … 255, and (count, 16, 16) targets."""
        rng = np.random.default_rng([self.seed, step])
        rows = np.sort(rng.choice(len(self.shares), count, p=self.shares))
        sizes = rng.choice(SIZES, count, p=SIZE_SHARES)
        patches, ball = self._cut(rows, sizes, rng)
        flip = rng.random(count) < 0.5
        mirrored = to_device(torch.from_numpy(np.flatnonzero(flip)), self.device)
        patches[mirrored] = patches[mirrored].flip(3)
        ball[flip, 0] = SIDE - 1 - ball[flip, 0]
        clutter = np.flatnonzero(~self.store.is_ball[rows])
        targets = lay_over(patches, ball, clutter, rng)
        return recolour(patches, rng), targets

    def _cut(
        self, rows: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], rng: np.random.Generator
    ) -> tuple[torch.Tensor, Numbers]:
        """Patches of one side, and where the ball is in them."""
        stored = self.store.patches.shape[2]
        slack = (stored - sizes)[:, None]
        shift = np.rint(rng.normal(0, SHIFT, (len(rows), 2))).astype(np.int64)
        corner = np.clip(slack // 2 + shift, 0, slack)
        ball = (self.store.ball[rows] + stored // 2 - corner + 0.5) * (SIDE / sizes)[:, None] - 0.5
        frames = self.store.patches.shape[1]
        patches = torch.empty((len(rows), frames, SIDE, SIDE, 3), device=self.device)
        for size in SIZES:
            which = np.flatnonzero(sizes == size)
            if not len(which):
                continue
            stack = np.stack([self._one(rows[i], corner[i], size) for i in which])
            cut = to_device(torch.from_numpy(stack), self.device)
            # (n, T, h, w, 3) → (n T, 3, h, w), for the resize
            images = cut.flatten(0, 1).permute(0, 3, 1, 2).float()
            if size != SIDE:
                images = functional.interpolate(
                    images, (SIDE, SIDE), mode="bilinear", align_corners=False, antialias=True
                )
            places = to_device(torch.from_numpy(which), self.device)
            patches[places] = images.permute(0, 2, 3, 1).reshape(-1, frames, SIDE, SIDE, 3)
        return patches, ball

    def _one(self, row: int, corner: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.uint8]:
        x, y = corner.tolist()
        return np.asarray(self.store.patches[row, :, y : y + size, x : x + size])


def lay_over(
    patches: torch.Tensor, ball: Numbers, clutter: npt.NDArray[np.int64], rng: np.random.Generator
) -> torch.Tensor:
    """Show some balls, and some clutter, before what they were never seen before.

    What moves in a patch is what differs from the median of its frames.

    Args:
        patches: (N, T, h, w, 3) in 0 … 255; changed.
        ball: (N, 2) where it is, NaN where there is none.
        clutter: numbers of the patches that others may be laid over.
        rng: draws.

    Returns:
        (N, 16, 16) targets, of both balls where two are to be seen.
    """
    targets = to_device(disc_targets(ball), patches.device)
    if not len(clutter):
        return targets
    chosen = np.flatnonzero(rng.random(len(patches)) < LAID_OVER)
    under = rng.choice(clutter, len(chosen))
    apart = chosen != under
    above = to_device(torch.from_numpy(chosen[apart]), patches.device)
    below = to_device(torch.from_numpy(under[apart]), patches.device)
    moving = patches[above] - patches[above].median(dim=1, keepdim=True).values
    fit = _distinct(moving[:, NOW], ball[chosen[apart]])[:, None, None]
    laid = (patches[below] + moving).clamp_(0, 255)
    both = torch.maximum(targets[above], targets[below])
    patches[above] = torch.where(fit[..., None, None], laid, patches[above])
    targets[above] = torch.where(fit, both, targets[above])
    return targets


def _distinct(moving: torch.Tensor, ball: Numbers) -> torch.Tensor:
    """(N,) whether the ball, if it is in the patch, is among what moves there, (N, h, w, 3)."""
    inside = np.all((ball > -0.5) & (ball < SIDE - 0.5), axis=1)  # NaN compares false
    place = np.rint(np.where(inside[:, None], ball, 0.0)).astype(np.int64)
    x, y = to_device(torch.from_numpy(place.T.copy()), moving.device)
    levels = moving.abs().mean(-1, keepdim=True).permute(0, 3, 1, 2)
    around = functional.avg_pool2d(levels, 7, 1, 3, count_include_pad=False)[:, 0]
    level = around[torch.arange(len(around), device=moving.device), y, x]
    return (level > DISTINCT) | ~to_device(torch.from_numpy(inside), moving.device)


def recolour(patches: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Other light, other hues, fewer colours, less sharpness; (N, T, h, w, 3) in 0 … 255."""
    count = len(patches)
    gain = _column(rng.normal(1.0, 0.15, (count, 3)), patches.device)
    levels = rng.normal(0, 12, (count, 1)) + rng.normal(0, 6, (count, 3))
    offset = _column(levels, patches.device)
    patches = patches.sub_(128.0).mul_(gain).add_(offset + 128.0)
    for number in np.flatnonzero(rng.random(count) < 0.2):
        patches[number] = torch.stack([patches[number][..., i] for i in rng.permutation(3)], dim=-1)
    grey = to_device(torch.from_numpy(np.flatnonzero(rng.random(count) < 0.15)), patches.device)
    patches[grey] = patches[grey].mean(-1, keepdim=True).expand_as(patches[grey])
    for number in np.flatnonzero(rng.random(count) < 0.2):
        images = patches[number].permute(0, 3, 1, 2)
        softened = functional.avg_pool2d(images, 3, 1, 1, count_include_pad=False)
        patches[number] = softened.permute(0, 2, 3, 1)
    return patches.clamp_(0, 255)


def disc_targets(ball: Numbers) -> torch.Tensor:
    """(N, 16, 16) float32, 1 in the cells whose middle lies within `DISC_RADIUS` of the ball.

    ``ball`` (N, 2) is in pixels of the patch; NaN, or outside, draws nothing.
    """
    middle = np.arange(SIDE // CELL) * CELL + (CELL - 1) / 2
    dx = middle[None, None, :] - ball[:, 0, None, None]
    dy = middle[None, :, None] - ball[:, 1, None, None]
    return torch.from_numpy((dx**2 + dy**2 <= DISC_RADIUS**2).astype(np.float32))


def _column(values: Numbers, device: torch.device) -> torch.Tensor:
    """(N, C) → (N, 1, 1, 1, C) float32."""
    return to_device(torch.from_numpy(values.astype(np.float32)), device)[:, None, None, None]


def _shares(store: PatchStore) -> Numbers:
    """(N,) probability of every patch."""
    counts = np.bincount(store.sport, minlength=len(store.sports))
    by_sport = np.array([sport_share(sport) for sport in store.sports])
    # between "every sport its share" and "every patch the same", as balls are few in some
    shares = by_sport[store.sport] / counts[store.sport] ** 0.7
    ball = store.is_ball
    weak = ball & ~(store.score >= WEAK)
    shares = shares * np.where(weak, WEAK_WEIGHT, 1.0)
    return np.asarray(shares * np.where(ball, 0.5 / shares[ball].sum(), 0.5 / shares[~ball].sum()))
