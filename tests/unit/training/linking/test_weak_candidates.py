"""What weak candidates are worth is read off clips in which it is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from balltrack.structures import Candidate, FrameCandidates
from balltrack.training.data.candidate_clips import CandidateClip
from balltrack.training.linking.weak_candidates import SCORES, fit_sightings, harmless_score
from balltrack.trajectory.motion import DEFAULT
from simulated_candidates import RATE, SIZE, labels

START = replace(DEFAULT, score_offset=3.0, path_share=0.25, path_reach=0.007, fill_score=0.5)


def make_clip(seed: int, *, weak_px: float, gone: float, frames_each: int = 1) -> CandidateClip:
    """A ball seen well but for a frame, or some, of ten: there it is 0.45 and ``weak_px`` off, or
    it is not there at all, with the chance ``gone``, though something at 0.12 is in its place."""
    rng = np.random.default_rng(seed)
    t = np.arange(200)
    truth = np.stack([100.0 + 5 * t, 400 + 150 * np.sin(t / 25)], axis=1)
    frames = []
    for i in range(len(truth)):
        offset, score = rng.normal(0, 0.3, 2), 0.95
        if 5 <= i % 10 < 5 + frames_each:
            angle = rng.uniform(0, 2 * np.pi)
            offset, score = weak_px * np.array([np.cos(angle), np.sin(angle)]), 0.45
            if rng.random() < gone:
                offset, score = rng.normal(0, 0.3, 2), 0.12
        x, y = truth[i] + offset
        frames.append(FrameCandidates(i, i / RATE, 0, (Candidate(x, y, score),)))
    seen = [frame.candidates[0].score for frame in frames]
    truth[np.array(seen) == 0.12] = np.nan
    return CandidateClip(frames, labels(truth), SIZE, RATE, "simulated")


def test_weak_answers_beside_the_ball_are_moved_to_the_path() -> None:
    fitted = fit_sightings([make_clip(s, weak_px=12.0, gone=0) for s in range(3)], START)
    assert fitted.path_share > 0
    assert fitted.path_reach >= 12 / 720


def test_gaps_without_a_ball_are_not_filled() -> None:
    fitted = fit_sightings([make_clip(s, weak_px=1.0, gone=1) for s in range(3)], START)
    assert fitted.fill_score > 0.12


def test_the_lowest_score_to_fill_from_that_costs_no_precision() -> None:
    good, bad = (make_clip(gone, weak_px=1.0, gone=gone, frames_each=3) for gone in (0, 1))
    strict = replace(START, score_offset=-9.0)  # links nothing weak, so that there are gaps
    assert harmless_score([good], strict) == SCORES[0]
    assert 0.12 < harmless_score([good, bad], strict) < 0.3
    # each group by itself: what one gains does not make good what the other loses
    groups = [replace(good, group="a"), replace(bad, group="b")]
    assert harmless_score(groups, strict) == harmless_score([bad], strict)
    # what a steady flight fills is filled from any score, so that none is to blame for it
    assert harmless_score([make_clip(1, weak_px=1.0, gone=1)], strict) == SCORES[0]


@pytest.mark.parametrize("lag", [0.0, 0.2])
def test_answers_behind_the_labels_are_moved_ahead(lag: float) -> None:
    t = np.arange(200)
    seen, marked = (np.stack([6.0 * (t + s), 700 - 3.0 * (t + s)], axis=1) for s in (0, lag))
    frames = [FrameCandidates(i, i / RATE, 0, (Candidate(*seen[i], 0.9),)) for i in t.tolist()]
    clip = CandidateClip(frames, labels(marked), SIZE, RATE, "simulated")
    assert fit_sightings([clip], START).lead == lag


def test_what_the_clips_cannot_tell_stays() -> None:
    frames = [FrameCandidates(i, i / RATE, 0, ()) for i in range(9)]
    clip = CandidateClip(frames, labels(np.full((9, 2), 50.0)), SIZE, RATE)
    fitted = fit_sightings([clip], START)
    assert (fitted.path_share, fitted.path_reach) == (0.25, 0.007)
