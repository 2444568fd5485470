"""Was it worth it? Held-back clips before and after, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.stats import binomtest

from balltrack.evaluation.metrics import Counts, count
from balltrack.evaluation.report import Report

SURE = 0.05
"""Chance at which a difference would come about by itself, from which on none is claimed."""

RUN = 5
"""Frames in a row that are right or wrong together, about: so many count as one."""


@dataclass(frozen=True)
class Verdict:
    """What held-back clips say.

    Attributes:
        before, after: their counts.
        gained, lost: frames that were wrong and are right, and the other way round.
        chance: that a difference as large comes about by itself (sign test, two-sided, of one in
            `RUN` of these frames, since neighbours are no witnesses of their own).
    """

    before: Counts
    after: Counts
    gained: int
    lost: int
    chance: float

    @property
    def better(self) -> bool:
        """Whether a gain may be claimed."""
        return self.gained > self.lost and self.chance < SURE

    @property
    def worse(self) -> bool:
        """Whether it has done harm."""
        return self.lost > self.gained and self.chance < SURE

    def sentence(self) -> str:
        """For people."""
        if self.better:
            end = "better"
        elif self.worse:
            end = "worse: do not use these weights"
        else:
            end = "the difference could be chance; hold back more frames to know"
        return (
            f"strict F1 {self.before.strict_f1:.3f} before, {self.after.strict_f1:.3f} after; "
            f"{self.gained} frames gained, {self.lost} lost of {self.after.frames}: {end}"
        )


def judge(before: Report, after: Report) -> Verdict:
    """Hold two reports on the same clips against each other."""
    was, now = before.total.right, after.total.right
    gained, lost = int((now & ~was).sum()), int((was & ~now).sum())
    wins, losses = round(gained / RUN), round(lost / RUN)
    chance = float(binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0
    return Verdict(count(before.total), count(after.total), gained, lost, chance)
