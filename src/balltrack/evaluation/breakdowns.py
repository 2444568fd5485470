"""The frames of an evaluation in groups: where a tracker is good and where it is not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

import numpy as np
import numpy.typing as npt

from balltrack.evaluation.comparison import Comparison, Outcome, join
from balltrack.evaluation.metrics import count
from balltrack.evaluation.page.runs import runs

VISIBILITY = {0: "no ball", 1: "easy", 2: "hard", 3: "occluded"}
SPEED_EDGES = (0.0, 1.0, 3.0, 6.0, 12.0, 24.0, float("inf"))
"""Pixels of the 512x288 grid a frame, lower edge in: standing, slow, ... a smash."""
TENTHS = 10


@dataclass(frozen=True)
class Gap:
    """The gaps of one length.

    Attributes:
        gaps: how many there are.
        not_found: their frames without a position.
        misplaced: their frames with a wrong one.
    """

    gaps: int
    not_found: int
    misplaced: int

    def __add__(self, other: Gap) -> Gap:
        return Gap(
            self.gaps + other.gaps,
            self.not_found + other.not_found,
            self.misplaced + other.misplaced,
        )


@dataclass(frozen=True)
class Spread:
    """Strict F1 of several groups, each counted once however many frames it has.

    Attributes:
        mean: of all of them.
        worst: the lowest.
        where: the group that has it, the first of several.
    """

    mean: float
    worst: float
    where: str

    def __str__(self) -> str:
        return f"mean {self.mean:.3f}, worst {self.worst:.3f} ({self.where})"


def break_down(
    clips: Mapping[str, Comparison], by: Iterable[str], places: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, Comparison]]:
    """Kind of group → name of a group → its frames.

    Args:
        clips: name → comparison.
        by: kinds, of `Breakdown`.
        places: those of the kinds that go by clip → name of every clip → what it belongs to.
    """
    of_frames = {"visibility": by_visibility, "speed": by_speed, "confidence": by_confidence}
    total = join(clips.values())
    return {
        kind: of_frames[kind](total) if kind in of_frames else by_name(clips, places[kind])
        for kind in by
    }


def by_visibility(comparison: Comparison) -> dict[str, Comparison]:
    """Frames of each visibility class that the truth has, by its name."""
    kinds = np.unique(comparison.visibility).tolist()
    return {VISIBILITY[kind]: comparison.where(comparison.visibility == kind) for kind in kinds}


def by_speed(comparison: Comparison) -> dict[str, Comparison]:
    """Frames with a ball by its speed in pixels of the 512x288 grid a frame.

    Frames whose neighbours have no ball, and all frames without a picture size, are of
    unknown speed; groups without frames are left out.
    """
    balls = comparison.where(comparison.ball)
    bin_of = np.digitize(balls.speed, SPEED_EDGES)  # NaN comes last
    names = [f"{low:g}-{high:g}" for low, high in pairwise(SPEED_EDGES)]
    names[-1] = f"{SPEED_EDGES[-2]:g}-"
    groups = {name: balls.where(bin_of == i) for i, name in enumerate(names, start=1)}
    groups["unknown"] = balls.where(np.isnan(balls.speed))
    return {name: group for name, group in groups.items() if len(group)}


def by_confidence(comparison: Comparison) -> dict[str, Comparison]:
    """Frames on which something was seen, by the tenth that the prediction's confidence lies in.

    A tracker is calibrated where each group's precision is its mean confidence. Filled-in
    positions and labels of four columns state none and are left out, as are groups without frames.
    """
    seen = comparison.where(comparison.seen & comparison.scored)
    tenth = np.clip(np.floor(seen.score * TENTHS + 1e-4), 0, TENTHS - 1)  # 0.7 is float32's
    names = [f"{i / TENTHS:g}-{(i + 1) / TENTHS:g}" for i in range(TENTHS)]
    groups = {name: seen.where(tenth == i) for i, name in enumerate(names)}
    return {name: group for name, group in groups.items() if len(group)}


def by_name(clips: Mapping[str, Comparison], names: Mapping[str, str]) -> dict[str, Comparison]:
    """Clips of one surface, venue or whatever else is named, joined; in alphabetical order.

    Args:
        clips: name → comparison.
        names: name of every clip → what it belongs to.
    """
    return {
        name: join(clip for key, clip in clips.items() if names[key] == name)
        for name in sorted({names[key] for key in clips})
    }


def spread(groups: Mapping[str, Comparison]) -> Spread | None:
    """Strict F1 of groups, those without a ball left out; None with less than two others."""
    found = {name: count(group).strict_f1 for name, group in groups.items()}
    found = {name: value for name, value in found.items() if not math.isnan(value)}
    if len(found) < 2:
        return None
    where = min(found, key=lambda name: found[name])
    return Spread(fmean(found.values()), found[where], where)


def by_shot(clips: Mapping[str, Comparison]) -> dict[str, dict[int, Comparison]]:
    """Clip → shot → its frames. The shots are those that the prediction tells of."""
    return {
        name: {shot: clip.where(clip.shot == shot) for shot in np.unique(clip.shot).tolist()}
        for name, clip in clips.items()
    }


def by_repetition(
    clips: Mapping[str, Comparison], repeated: Mapping[str, npt.NDArray[np.int64]]
) -> dict[str, Comparison]:
    """Frames that show a new picture, and those that repeat the one before.

    Args:
        clips: name → comparison.
        repeated: name → indices of repeated frames; other clips are left out.
    """
    masks = {name: np.isin(clips[name].frame_index, found) for name, found in repeated.items()}
    return {
        "new": join(clips[name].where(~mask) for name, mask in masks.items()),
        "repeated": join(clips[name].where(mask) for name, mask in masks.items()),
    }


def gap_lengths(clips: Iterable[Comparison]) -> dict[int, Gap]:
    """Length in frames → the gaps of this length, shortest first.

    A gap is a run of frames with a ball and without a right position for it (FN or FP1). A
    frame without a ball or without a label ends it.
    """
    found: dict[int, Gap] = {}
    for clip in clips:
        wrong = np.isin(clip.outcome, (Outcome.FN, Outcome.FP1))
        for rows in runs(wrong, clip.frame_index):
            misplaced = int((clip.outcome[rows] == Outcome.FP1).sum())
            gap = Gap(1, len(rows) - misplaced, misplaced)
            found[len(rows)] = found.get(len(rows), Gap(0, 0, 0)) + gap
    return dict(sorted(found.items()))
