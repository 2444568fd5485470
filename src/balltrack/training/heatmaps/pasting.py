"""Balls that were never there, drawn into crops that hold none.

Real clips show few kinds of ball, and hardly ever one before a shirt; the same pictures
with a drawn ball show it in every colour, size and speed, before everything that moves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from balltrack.runtimes.on_torch.to_device import to_device
from balltrack.structures import FloatArray

COLOURS = np.array(
    [[250, 250, 245], [225, 235, 225], [205, 225, 90], [235, 240, 60], [240, 130, 40]], np.float32
)
"""RGB of shuttles and volleyballs, tennis and padel balls old and new, and table tennis."""

COLOUR_SHARES = (0.35, 0.15, 0.2, 0.2, 0.1)

Positions = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ball:
    """A ball's flight through a window, drawn up but not painted.

    Attributes:
        xy: (L, 2) positions in pixels of the crop, the leading end of a streak as people mark
            it; NaN where there is nothing to see: out of the picture, or hidden for a frame.
        streak: (L, 2) way during the exposure, pixels.
        opacity: (L,) float, 0 where there is nothing to see.
        radius, softness: of its disc and of the disc's edge, pixels.
        colour: (3,) float32 RGB, 0 to 255.
    """

    xy: Positions
    streak: Positions
    opacity: FloatArray
    radius: float
    softness: float
    colour: npt.NDArray[np.float32]

    def flipped(self, width: int) -> Ball:
        """The same ball in the mirrored picture."""
        xy, streak = self.xy.copy(), self.streak * np.array([-1, 1])
        xy[:, 0] = width - 1 - xy[:, 0]
        return replace(self, xy=xy, streak=streak)


def draw_ball(
    size: tuple[int, int], repeated: npt.NDArray[np.bool_], rng: np.random.Generator
) -> Ball:
    """One flying, resting or hit ball.

    Args:
        size: (width, height) of the crop.
        repeated: (L,) whether a frame repeats the one before; the ball stands still there.
        rng: source of every draw.
    """
    path, velocity = _flight(len(repeated), size, repeated, rng)
    radius = math.exp(rng.uniform(math.log(1.0), math.log(3.5)))
    colour = COLOURS[rng.choice(len(COLOURS), p=COLOUR_SHARES)] * rng.uniform(0.7, 1.05)
    colour = np.clip(colour + rng.normal(0, 12, 3), 0, 255).astype(np.float32)
    exposure, softness = rng.uniform(0.1, 0.7), rng.uniform(0.6, 1.2)
    hidden = rng.random(len(repeated)) < (0.15 if rng.random() < 0.3 else 0.0)
    inside = np.all((path > -radius) & (path < np.array(size) - 1 + radius), axis=1)
    seen = inside & ~hidden
    streak = velocity * exposure
    for i in np.flatnonzero(repeated):
        streak[i] = streak[i - 1]
    # the longer the streak, the shorter the ball stands before each of its pixels
    opacity = np.minimum(1.0, 1.3 * 2 * radius / (2 * radius + np.hypot(*streak.T)))
    xy = np.where(seen[:, None], path, np.nan)
    return Ball(xy, streak, np.where(seen, opacity, 0.0), radius, softness, colour)


def paint_balls(frames: torch.Tensor, balls: Sequence[Ball]) -> torch.Tensor:
    """Windows with their balls, a new tensor.

    Args:
        frames: (B, L, 3, h, w) uint8 RGB.
        balls: one a window.
    """
    facts = np.concatenate(
        [_painting_facts(ball)[None] for ball in balls]  # (B, L, 10)
    ).astype(np.float32)
    on_device = to_device(torch.from_numpy(facts), frames.device)[..., None, None]
    start, way, opacity, radius, softness = (
        on_device[:, :, :2], on_device[:, :, 2:4], *on_device[:, :, 4:7].unbind(2)
    )  # fmt: skip
    colour = on_device[:, :, 7:10]
    x = torch.arange(frames.shape[-1], device=frames.device) - start[:, :, 0]
    y = torch.arange(frames.shape[-2], device=frames.device)[:, None] - start[:, :, 1]
    # the disc dragged along the streak: distance to the nearest point of a line
    length2 = way.square().sum(dim=2).clamp(min=1e-6)
    share = ((x * way[:, :, 0] + y * way[:, :, 1]) / length2).clamp_(0, 1)
    distance = torch.hypot(x - share * way[:, :, 0], y - share * way[:, :, 1])
    alpha = ((radius - distance) / softness + 0.5).clamp_(0, 1).mul_(opacity)
    painted = torch.lerp(frames.float(), colour, alpha[:, :, None])
    return painted.round_().to(torch.uint8)


def _painting_facts(ball: Ball) -> FloatArray:
    """(L, 10): start of the streak, its way, opacity, radius, softness, colour."""
    steady = np.tile([ball.radius, ball.softness, *ball.colour], (len(ball.xy), 1))
    start = np.nan_to_num(ball.xy) - ball.streak
    return np.hstack([start, ball.streak, ball.opacity[:, None], steady])


def _flight(
    count: int,
    size: tuple[int, int],
    repeated: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[Positions, FloatArray]:
    """(count, 2) positions and velocities a frame: a throw under gravity, perhaps one hit."""
    middle = count // 2
    slow = rng.random() < 0.2  # held in the hand, or lying on the floor
    speed = 0.3 if slow else math.exp(rng.uniform(math.log(0.5), math.log(22.0)))
    angle = rng.uniform(0, 2 * math.pi)
    velocity = np.tile(speed * np.array([math.cos(angle), math.sin(angle)]), (count, 1))
    gravity = 0.0 if slow else rng.uniform(0.0, 0.6)
    velocity[:, 1] += gravity * (np.arange(count) - middle)
    if not slow and rng.random() < 0.3:
        turn = rng.uniform(-math.pi, math.pi)
        hit = int(rng.integers(1, count))
        rotation = np.array(
            [[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]
        ) * rng.uniform(0.4, 1.6)
        velocity[hit:] = velocity[hit:] @ rotation.T
    velocity[repeated] = 0.0
    path = np.cumsum(velocity, axis=0)
    centre = np.array(size) * rng.uniform(0.2, 0.8, 2)
    return path - path[middle] + centre, velocity
