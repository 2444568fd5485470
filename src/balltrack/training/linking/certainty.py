"""Fit how sure a finished row is: rows of venues that a network was not trained on → confidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from balltrack.evaluation.comparison import ON_PAPER_GRID, Outcome, compare
from balltrack.labels import read_labels
from balltrack.options import TrackOptions
from balltrack.pipeline import Tracker
from balltrack.structures import FloatArray
from balltrack.training.data.clips import ClipFiles
from balltrack.trajectory.motion import SURE_LIMIT, LinkingParameters, confidence, score_of
from balltrack.verification.belief import log_odds
from balltrack.video.probe import probe

FEWEST = 30
"""Rows that a tenth needs for its share of right ones to say anything."""


@dataclass(frozen=True)
class SaidRows:
    """Rows of a track on which something was seen.

    Attributes:
        score: (N,) float64 in (0, 1], before anything was made of it.
        right: (N,) whether the position is right.
    """

    score: FloatArray
    right: npt.NDArray[np.bool_]


def said_rows(found: Sequence[ClipFiles], options: TrackOptions) -> dict[str, SaidRows]:
    """Track clips, and hold every row that was seen against the truth.

    Args:
        found: labelled clips of venues that were not trained on.
        options: how to track.

    Returns:
        Venue → its rows.
    """
    tracker = Tracker(options)
    rows: dict[str, list[SaidRows]] = {}
    for files in found:
        info = probe(files.video)
        track = tracker.track(files.video)
        held = compare(read_labels(files.labels), track, (info.width, info.height), ON_PAPER_GRID)
        seen = held.where(held.seen & (held.score > 0))
        score = score_of(seen.score, tracker.detector.linking)
        clip = SaidRows(score, np.asarray(seen.outcome == Outcome.TP))
        rows.setdefault(f"{files.sport}/{files.match}", []).append(clip)
    return {venue: _joined(clips) for venue, clips in rows.items()}


def fit_confidence(
    venues: dict[str, SaidRows],
    parameters: LinkingParameters,
    report: Callable[[str], None] | None = None,
) -> LinkingParameters:
    """Logistic regression of "is right" on the logit of the score.

    A venue weighs as much as the root of its rows, so that none drowns the others. What it is
    worth on a venue that it was not fitted to is reported, each left out in turn.

    Args:
        venues: see `said_rows`; with fewer than `FEWEST` rows, or none wrong, nothing is fitted.
        parameters: those that tracked.
        report: told how far stated and true shares lie apart.
    """
    everything = _joined(list(venues.values()))
    if len(everything.right) < FEWEST or everything.right.all() or not everything.right.any():
        return parameters
    if report and len(venues) > 1:
        for venue, rows in venues.items():
            others = {name: other for name, other in venues.items() if name != venue}
            report(f"confidence of {venue}: {_gap(rows, _fitted(others, parameters))}")
    return _fitted(venues, parameters)


def _fitted(venues: dict[str, SaidRows], parameters: LinkingParameters) -> LinkingParameters:
    logit, sign, weight = [], [], []
    for rows in venues.values():
        logit.append(log_odds(rows.score, SURE_LIMIT))
        sign.append(np.where(rows.right, 1.0, -1.0))
        weight.append(np.full(len(rows.score), 1 / np.sqrt(max(1, len(rows.score)))))
    x, y, w = np.concatenate(logit), np.concatenate(sign), np.concatenate(weight)

    def loss(line: FloatArray) -> float:
        return float(np.average(np.logaddexp(0, -y * (line[0] + line[1] * x)), weights=w))

    offset, slope = minimize(loss, (0.0, 1.0), method="Nelder-Mead").x.tolist()
    return replace(parameters, sure_offset=offset, sure_slope=slope)


def _gap(rows: SaidRows, parameters: LinkingParameters) -> str:
    """How far stated and true shares lie apart, in all and in the worst tenth."""
    stated = confidence(rows.score, parameters)
    tenth = np.minimum((stated * 10).astype(int), 9)
    worst = [
        abs(float(stated[tenth == i].mean()) - float(rows.right[tenth == i].mean()))
        for i in range(10)
        if (tenth == i).sum() >= FEWEST
    ]
    return (
        f"stated {stated.mean():.3f}, true {rows.right.mean():.3f}, "
        f"in the worst tenth {max(worst, default=float('nan')):.3f} apart"
    )


def _joined(clips: Sequence[SaidRows]) -> SaidRows:
    return SaidRows(
        np.concatenate([clip.score for clip in clips] or [np.empty(0)]),
        np.concatenate([clip.right for clip in clips] or [np.empty(0, bool)]),
    )
