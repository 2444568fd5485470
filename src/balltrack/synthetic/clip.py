"""A rendered clip: its frames, and what is to be seen on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from balltrack.streaks import Streak, streak_between
from balltrack.structures import FloatArray, Frame, Labels
from balltrack.synthetic.rally import (
    NEXT_COURT,
    Rally,
    Roll,
    play_rally,
    roll_beside,
    with_bounces,
)
from balltrack.synthetic.scene import View, draw_player, draw_smear, make_view

SHUTTER = 0.5
"""Share of a frame's duration for which the shutter is open, where nothing else is asked for."""
SMEAR_SAMPLES = 16
BALL_RADIUS = 0.05  # m; a shuttle's skirt, or a small ball made large by glare
NOISE_FIELDS = 4


@dataclass(frozen=True)
class SyntheticClip:
    """A clip that is rendered while it is read, and what is to be seen in it.

    Attributes:
        size: (width, height) in pixels.
        frame_rate: frames/s.
        truth: one row a frame; hidden frames have visibility 0, hits status 1, bounces 2.
        cuts: first frame of every shot but the first.
        rally: how the ball and the players move.
        seed: of the crowd and the noise.
        shutter: share of a frame's duration for which the shutter is open.
        second: how another ball moves: it rolls and nobody plays it, or it is that of a rally on
            the next court; None where there is none.
        second_size: its radius as a share of that of the ball in play.
    """

    size: tuple[int, int]
    frame_rate: Fraction
    truth: Labels
    cuts: tuple[int, ...]
    rally: Rally
    seed: int
    shutter: float = SHUTTER
    second: Rally | Roll | None = None
    second_size: float = 1.0

    def frames(self) -> Iterator[Frame]:
        """The frames in order; the same ones at every call."""
        noise = _noise(self.size, self.seed)
        shots = [0, *self.cuts, len(self.truth)]
        for shot, (first, stop) in enumerate(pairwise(shots)):
            view = self._shot_view(shot)
            for index in range(first, stop):
                image = view.stage.copy()
                time_s = float(index / self.frame_rate)
                for rally in self._rallies():
                    for player in (1, 0):  # the far one first
                        draw_player(image, view.camera, rally.player(player, time_s), player)
                opened = (np.arange(SMEAR_SAMPLES) + 0.5) / SMEAR_SAMPLES - 0.5
                if self.second is not None:
                    centres, radius = self._ball(self.second, view, index, opened)
                    draw_smear(image, centres, max(radius * self.second_size, 1.0))
                if self.truth.visibility[index]:
                    draw_smear(image, *self._ball(self.rally, view, index, opened))
                cv2.add(image, noise[index % NOISE_FIELDS], image, dtype=cv2.CV_8U)
                yield Frame(index, time_s, image)

    def streak(self, index: int) -> Streak:
        """What the ball draws on a frame, as if it flew straight while the shutter is open."""
        opened = np.array([-0.5, 0.5])
        (start, end), radius = self._ball(self.rally, self._view(index), index, opened)
        way = end - start
        tip = radius * way / max(float(np.hypot(*way)), 1e-9)
        return streak_between(start - tip, end + tip, 2 * radius)

    def with_second_ball(self) -> SyntheticClip:
        """The same clip with another ball, which rolls along the side of the court."""
        lasts_s = len(self.truth) / float(self.frame_rate)
        return replace(self, second=roll_beside(np.random.default_rng([self.seed, 2]), lasts_s))

    def with_second_rally(self, side: int, ball: float = 1.0) -> SyntheticClip:
        """The same clip with another rally on the next court, which the picture's edge cuts off.

        Args:
            side: -1 for a court to the left, 1 for one to the right.
            ball: radius of its ball as a share of that of the ball in play.
        """
        lasts_s = len(self.truth) / float(self.frame_rate)
        rally = play_rally(np.random.default_rng([self.seed, 3]), lasts_s + 1)
        return replace(self, second=rally.moved(side * NEXT_COURT), second_size=ball)

    def second_xy(self) -> FloatArray:
        """(N, 2) pixels: where the other ball is on each frame, NaN where there is none.

        That of another rally is outside of the picture now and then.
        """
        xy = np.full((len(self.truth), 2), np.nan)
        if self.second is None:
            return xy
        positions = self.second.ball(np.arange(len(self.truth)) / float(self.frame_rate))
        for shot, first in enumerate((0, *self.cuts)):
            xy[first:] = self._shot_view(shot).camera.project(positions[first:])[0]
        return xy

    def _view(self, index: int) -> View:
        return self._shot_view(int(np.searchsorted(self.cuts, index, side="right")))

    def _shot_view(self, shot: int) -> View:
        second = self.second
        beside = None
        if isinstance(second, Rally):
            beside = NEXT_COURT * float(np.sign(second.hit_places[0, 0]))
        return make_view(shot, self.size, self.seed, beside)

    def _rallies(self) -> Iterator[Rally]:
        """That on the next court first, where there is one."""
        if isinstance(self.second, Rally):
            yield self.second
        yield self.rally

    def _ball(
        self, path: Rally | Roll, view: View, index: int, opened: FloatArray
    ) -> tuple[FloatArray, float]:
        """(N, 2) where a ball is at moments of a frame, and its radius, pixels.

        ``opened`` runs from -0.5, where the shutter opens, to 0.5, where it closes.
        """
        moments = (index + opened * self.shutter) / float(self.frame_rate)
        centres, depth = view.camera.project(path.ball(moments))
        return centres, max(view.camera.focal * BALL_RADIUS / float(depth.mean()), 1.0)


def render_clip(
    *,
    size: tuple[int, int] = (1280, 720),
    frame_count: int = 150,
    frame_rate: Fraction | int = 30,
    seed: int = 0,
    cut_at: int | None = None,
    hidden: bool = True,
    bounces: bool = False,
    shutter: float = SHUTTER,
) -> SyntheticClip:
    """A clip of one rally.

    Args:
        size: (width, height) in pixels.
        frame_count: length.
        frame_rate: frames/s.
        seed: of the rally, the crowd and the noise; the same seed gives the same pixels.
        cut_at: frame from which another court is seen by another camera; None for one shot.
        hidden: hide the ball for a few frames every now and then, as a player's body does.
        bounces: let the ball touch the ground once between strokes, as in tennis; else it flies
            from hit to hit, as in badminton.
        shutter: share of a frame's duration for which the shutter is open, in (0, 1].

    Raises:
        ValueError: a size or length that no video has.
    """
    if min(size) < 16 or frame_count < 1 or frame_rate <= 0 or not 0 < shutter <= 1:
        raise ValueError(f"render_clip: got {size}, {frame_count} frames at {frame_rate} frames/s")
    rate = Fraction(frame_rate)
    cuts = (cut_at,) if cut_at is not None and 0 < cut_at < frame_count else ()
    times = np.arange(frame_count) / float(rate)
    rng = np.random.default_rng(seed)
    rally = play_rally(rng, times[-1] + 1)
    if bounces:
        rally = with_bounces(rally, np.random.default_rng([seed, 7]))  # rng goes on as without
    positions = rally.ball(times)
    xy = np.empty((frame_count, 2))
    for shot, first in enumerate((0, *cuts)):
        xy[first:] = make_view(shot, size, seed).camera.project(positions[first:])[0]
    seen = ((xy > 0) & (xy < np.array(size) - 1)).all(axis=1)
    if hidden:
        seen &= ~_hidden_spans(rng, frame_count)
    xy[~seen] = np.nan
    status = np.zeros(frame_count, dtype=np.int8)
    for happened, moments in ((1, rally.hit_times), (2, rally.bounce_times)):
        rows = np.rint(moments * float(rate)).astype(int)
        status[rows[(rows >= 0) & (rows < frame_count)]] = happened
    visibility = np.asarray(seen, dtype=np.int8)
    truth = Labels(np.arange(frame_count), visibility, xy, status)
    return SyntheticClip(size, rate, truth, cuts, rally, seed, shutter)


def _hidden_spans(rng: np.random.Generator, frame_count: int) -> npt.NDArray[np.bool_]:
    """(N,) bool: a span of 2 to 6 frames about every 40."""
    spans = np.zeros(frame_count, dtype=bool)
    for _ in range(frame_count // 40):
        first = int(rng.integers(0, frame_count))
        spans[first : first + int(rng.integers(2, 7))] = True
    return spans


def _noise(size: tuple[int, int], seed: int) -> list[npt.NDArray[np.int8]]:
    """A few fields of sensor noise, int8, used in turn: drawing one a frame is too slow."""
    rng = np.random.default_rng([seed, 99])
    width, height = size
    return [
        rng.normal(0, 1.5, (height, width, 3)).round().astype(np.int8) for _ in range(NOISE_FIELDS)
    ]
