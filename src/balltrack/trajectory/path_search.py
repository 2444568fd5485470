"""Dynamic programming over the candidates of one shot and "not seen".

A node is a candidate together with one of its best few predecessors (a second-order
Viterbi search, beamed), so that motion is judged against the velocity of the path that led
there. The path's worth is the sum of the log-likelihood ratios described in
`balltrack.trajectory.motion`; frames on which it sees nothing cost, and so does its start.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from balltrack.structures import Candidate, FloatArray, FrameCandidates
from balltrack.trajectory.motion import (
    LinkingParameters,
    explain_step,
    score_evidence,
    step_spread,
    student_log_density,
)

STANDING = 2
"""Frames back at which a candidate in the same place is a sign of clutter (a shoe, a lamp);
one frame back a flying ball may stand there, too, on a repeated frame."""

Choice = tuple[FrameCandidates, Candidate | None]

_WAY = np.dtype(
    [
        ("worth", np.float64),  # nats of the whole path up to here, -inf where there is none
        ("xy", np.float64, 2),  # heights
        ("velocity", np.float64, 2),  # heights/s
        ("spread", np.float64),  # heights/s, see `step_spread`
        ("held", np.bool_),  # the velocity was kept over a repeated frame
        ("frame_index", np.int64),
        ("place", np.int64, 2),  # frame number in the shot, flat index of (candidate, way)
        ("origin", np.int64, 2),  # place of the way before, (-1, 0) where there is none
    ]
)
"""A way to a candidate: the candidate, and the past that led to it."""

_NOWHERE = (-1, 0)


@dataclass(frozen=True)
class _Node:
    """One frame of the search.

    ``ways`` are (candidates, beam) of `_WAY`. ``best`` is the worth and place of the best
    path up to this frame, wherever it saw the ball last.
    """

    frame: FrameCandidates
    ways: npt.NDArray[np.void]
    best: tuple[float, int, int]


class PathSearch:
    """The search inside one shot: `push` frames, take the choices that became final.

    Args:
        frame_rate: frames per second.
        size: (width, height) of the source, pixels.
        parameters: what to believe about scores and motion.
        lag: frames that a decision looks ahead at most; None is ``lag_s``.
    """

    def __init__(
        self,
        frame_rate: float,
        size: tuple[int, int],
        parameters: LinkingParameters,
        lag: int | None = None,
    ) -> None:
        self.parameters = parameters
        self.frame_rate = frame_rate
        self.height = size[1]
        self.log_area = float(np.log(size[0] / size[1]))  # of the image, square heights
        self.max_step = 1 + round(parameters.max_gap_s * frame_rate)
        self.lag = max(1, round(parameters.lag_s * frame_rate))
        self.lag = self.lag if lag is None else min(self.lag, lag)
        peak = -np.log(2 * np.pi * min(parameters.jitter, parameters.repeat_radius) ** 2)
        self.most_gain = parameters.motion_weight * float(peak + self.log_area)  # of any step
        self.nodes: deque[_Node] = deque(maxlen=max(self.max_step, self.lag) + 1)
        self.count = 0  # frames seen in this shot
        self.decided = 0  # frames given out

    def push(self, frame: FrameCandidates) -> Iterator[Choice]:
        """Take the next frame of the shot; yields the frame that became final, if any."""
        self.nodes.append(self._extend(frame))
        self.count += 1
        if self.count - self.decided > self.lag:
            yield self._path(self.decided)[0]
            self.decided += 1

    def finish(self) -> Iterator[Choice]:
        """The shot is over: yields all frames that were held back."""
        yield from self._path(self.decided)
        self.decided = self.count

    def _path(self, first: int) -> list[Choice]:
        """The best path as of now, from frame number ``first`` to the newest."""
        oldest = self.count - len(self.nodes)
        chosen: dict[int, int] = {}
        _, number, flat = self.nodes[-1].best
        while number >= first:
            ways = self.nodes[number - oldest].ways
            row, column = divmod(flat, self.parameters.beam)
            chosen[number] = row
            number, flat = ways["origin"][row, column].tolist()
        path: list[Choice] = []
        for number in range(first, self.count):
            frame = self.nodes[number - oldest].frame
            path.append((frame, frame.candidates[chosen[number]] if number in chosen else None))
        return path

    def _extend(self, frame: FrameCandidates) -> _Node:
        """The node of the next frame: the best ways to each of its candidates."""
        p = self.parameters
        best = self.nodes[-1].best if self.nodes else (0.0, *_NOWHERE)
        found = frame.candidates[: p.max_candidates]
        ways = np.zeros((len(found), p.beam), _WAY)
        if not found:
            return _Node(frame, ways, best)
        ways["worth"] = -np.inf
        ways["xy"] = np.array([[(c.x, c.y)] for c in found]) / self.height
        ways["frame_index"] = frame.frame_index
        ways["place"][..., 0] = self.count
        ways["place"][..., 1] = np.arange(ways.size).reshape(ways.shape)
        self._lead(ways, best)
        ways["worth"] += self._evidence(ways["xy"][:, 0], [c.score for c in found])[:, None]
        top = int(ways["worth"].argmax())
        if ways["worth"].flat[top] > best[0]:
            best = (float(ways["worth"].flat[top]), self.count, top)
        return _Node(frame, ways, best)

    def _evidence(self, xy: FloatArray, scores: list[float]) -> FloatArray:
        """(n,) nats for being the ball by score, less what standing clutter explains.

        Clutter is taken to stand as often as the ball does: standing still neither makes a
        ball nor breaks one, and what stands is judged by its score.
        """
        p = self.parameters
        evidence = score_evidence(np.array(scores), p)
        if len(self.nodes) >= STANDING and len(self.nodes[-STANDING].ways):
            before = self.nodes[-STANDING].ways["xy"][:, 0]
            squared = np.square(xy[:, None] - before).sum(-1).min(1)
            standing = student_log_density(squared, p.repeat_radius, p.tail) + self.log_area
            evidence -= p.motion_weight * np.log1p(p.repeat_share * np.expm1(standing))
        return np.asarray(evidence)

    def _earlier(self, now: int, best: tuple[float, int, int]) -> npt.NDArray[np.void]:
        """(e, b) ways that may lead to frame ``now``; the last row stands for a new start.

        Candidates that no step, however good, lifts above a new start are left out.
        """
        p = self.parameters
        start = np.zeros((1, p.beam), _WAY)
        start["worth"] = best[0] - p.start_cost
        start["place"] = best[1:]
        start["frame_index"] = now - 1
        near = [n.ways for n in self.nodes if now - n.frame.frame_index <= self.max_step]
        near.append(start)
        # `out` spares numpy from working out a common type of structured arrays, slowly.
        ways = np.empty((sum(map(len, near)), p.beam), _WAY)
        np.concatenate(near, out=ways)
        missed = now - ways["frame_index"][:, 0] - 1
        most = ways["worth"].max(1) - p.miss_cost * missed + self.most_gain
        most[-1] = np.inf
        return np.asarray(ways[most > best[0] - p.start_cost])

    def _lead(self, ways: npt.NDArray[np.void], best: tuple[float, int, int]) -> None:
        """Fill in, for each candidate, the best ways from earlier frames or from a new start."""
        p = self.parameters
        now = int(ways["frame_index"][0, 0])
        earlier = self._earlier(now, best)
        steps = now - earlier["frame_index"][:, :1]  # (e, 1) frames
        elapsed = steps / self.frame_rate
        density, still = explain_step(  # (e, b, n)
            ways["xy"][:, 0] - earlier["xy"][:, :, None],
            earlier["velocity"][:, :, None],
            earlier["spread"][:, :, None],
            elapsed[:, :, None],
            steps[:, :, None] == 1,
            p,
        )
        worth = earlier["worth"][:, :, None] + p.motion_weight * (density + self.log_area)
        worth -= p.miss_cost * (steps[:, :, None] - 1)
        worth[-1] = best[0] - p.start_cost
        # Ways that share their last step share their future: only the best of them goes on.
        via = worth.argmax(1)  # (e, n)
        worth = worth.max(1)
        edge = (-worth).argsort(0, kind="stable")[: p.beam].T  # (n, up to b)
        column = np.arange(len(ways))[:, None]
        way = via[edge, column]
        source, step_s = earlier[edge, way], elapsed[edge, 0]
        begun = edge < len(earlier) - 1
        hold = (still[edge, way, column] & ~source["held"])[..., None]
        velocity = (ways["xy"][:, :1] - source["xy"]) / step_s[..., None]

        ways = ways[:, : edge.shape[1]]
        ways["worth"] = worth[edge, column]
        ways["origin"] = source["place"]
        ways["held"] = begun & hold[..., 0]
        ways["velocity"] = np.where(hold, source["velocity"], velocity) * begun[..., None]
        ways["spread"] = np.where(hold[..., 0], source["spread"], step_spread(velocity, step_s, p))
        ways["spread"][~begun] = p.start_speed
