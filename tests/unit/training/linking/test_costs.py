"""What is fitted is what the data was made with, and it pays in strict F1."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from balltrack.errors import DatasetError
from balltrack.structures import Candidate, FrameCandidates
from balltrack.training.data.candidate_clips import CandidateClip
from balltrack.training.linking.costs import (
    fit_parameters,
    fit_scores,
    search_costs,
    strict_f1,
    true_positions,
)
from balltrack.training.linking.motion import fit_motion
from balltrack.trajectory.motion import DEFAULT
from simulated_candidates import RATE, SIZE, detections, labels, rally


def make_clip(seed: int, frames: int = 120, **how: float) -> CandidateClip:
    rng = np.random.default_rng(seed)
    truth = rally(rng, frames)
    truth[40:48] = np.nan
    return CandidateClip(detections(truth, rng, **how), labels(truth), SIZE, RATE, "simulated")


def test_the_ball_among_candidates_is_the_nearest_within_the_tolerance() -> None:
    truth = np.array([[100.0, 100.0], [100.0, 100.0], [np.nan, np.nan]])
    found = [
        (Candidate(104, 100, 0.9), Candidate(101, 100, 0.5), Candidate(500, 9, 0.8)),
        (Candidate(115, 100, 0.9),),
        (Candidate(100, 100, 0.9),),
    ]
    frames = [FrameCandidates(i, i / RATE, 0, c) for i, c in enumerate(found)]
    positions = true_positions(CandidateClip(frames, labels(truth), SIZE, RATE))
    np.testing.assert_allclose(positions * 720, [[101, 100], [np.nan] * 2, [np.nan] * 2])


def test_the_meaning_of_a_score_is_recovered() -> None:
    """Candidates that are the ball with log-odds -1 + 2 logit(score)."""
    rng = np.random.default_rng(0)
    frames, truth = [], np.full((4000, 2), np.nan)
    for i in range(4000):
        score = float(rng.uniform(0.05, 0.95))
        frames.append(FrameCandidates(i, i / RATE, 0, (Candidate(50.0, 60.0, score),)))
        if rng.random() < 1 / (1 + np.exp(1 - 2 * np.log(score / (1 - score)))):
            truth[i] = 50.0, 60.0
    fitted = fit_scores([CandidateClip(frames, labels(truth), SIZE, RATE)])
    assert fitted.score_offset == pytest.approx(-1, abs=0.2)
    assert fitted.score_slope == pytest.approx(2, abs=0.2)


def test_scores_without_clutter_tell_nothing() -> None:
    truth = np.array([[50.0, 60.0]])
    frames = [FrameCandidates(0, 0.0, 0, (Candidate(50.0, 60.0, 0.9),))]
    with pytest.raises(DatasetError, match="both balls and clutter"):
        fit_scores([CandidateClip(frames, labels(truth), SIZE, RATE)])


def test_jitter_and_repeated_frames_are_recovered() -> None:
    rng = np.random.default_rng(1)
    t = np.arange(600)
    path = np.stack([0.3 + 0.2 * np.sin(t / 25), 0.5 + 0.2 * np.cos(t / 40)], axis=1)
    for sigma in (0.001, 0.004):
        noisy = path + rng.normal(0, sigma, path.shape)
        assert 0.3 * sigma < fit_motion([(noisy, RATE, "")]).jitter < 3 * sigma
    moving = np.stack([0.1 + 0.02 * np.arange(100), np.full(100, 0.5)], axis=1)
    repeated = moving[np.arange(120) * 5 // 6] + rng.normal(0, 3e-4, (120, 2))
    fitted = fit_motion([(repeated, RATE, "")])
    assert 0.1 < fitted.repeat_share < 0.25
    steady = moving + rng.normal(0, 3e-4, moving.shape)
    assert fit_motion([(steady, RATE, "")]).repeat_share < 0.02


def test_motion_needs_a_trajectory() -> None:
    with pytest.raises(DatasetError, match="three times in a row"):
        fit_motion([(np.full((50, 2), np.nan), RATE, "")])


def test_the_search_ends_in_the_middle_of_what_is_good() -> None:
    """Offsets below about -8 let no ball through; the search starts from there."""
    clips = [make_clip(seed) for seed in range(3)]
    poor = replace(DEFAULT, score_offset=-20.0)
    better = search_costs(clips, poor, ranges={"score_offset": (0.0, 24.0)}, draws=20)
    assert better == replace(poor, score_offset=better.score_offset)
    assert strict_f1(clips, better) > strict_f1(clips, poor) + 0.5


def test_groups_count_by_the_root_of_their_frames() -> None:
    clips = [make_clip(0, 120), replace(make_clip(1, 480, clutter=6.0), group="other")]
    alone = [strict_f1([clip], DEFAULT) for clip in clips]
    assert alone[0] != alone[1]
    assert strict_f1(clips, DEFAULT) == pytest.approx((alone[0] + 2 * alone[1]) / 3)


@pytest.mark.slow
def test_a_fit_on_some_rallies_serves_others() -> None:
    train = [make_clip(seed, clutter=2.5) for seed in range(4)]
    test = [make_clip(seed, clutter=2.5) for seed in range(10, 14)]
    fitted = fit_parameters(train)
    assert strict_f1(test, fitted) > 0.97
