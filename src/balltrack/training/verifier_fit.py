"""How far a verifier is to be believed: the strict F1 of linked tracks on clips it has not seen."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from balltrack.geometry import Scaling
from balltrack.inference.verification import (
    CandidateVerifier,
    SecondLook,
    look_again,
    picture_size,
    put_right,
)
from balltrack.inference.verifiers import TorchVerifier
from balltrack.models.patches import Belief
from balltrack.structures import FrameCandidates
from balltrack.training.candidate_clips import CandidateClip
from balltrack.training.clips import ClipFiles
from balltrack.training.linking_fit import strict_f1
from balltrack.training.sightings_fit import harmless_score
from balltrack.trajectory.fitted import fitted_parameters
from balltrack.video.reader import open_video

WEIGHTS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)
NEUTRALS = (-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0)

TOP = 6
"""Points of the grid whose middle is taken: strict F1 is a staircase with a broad top."""


def fit_belief(
    weights: Path,
    clips: Sequence[tuple[ClipFiles, CandidateClip]],
    initial: str,
    say: Callable[[str], None],
) -> Belief:
    """The belief with a good strict F1, and with it the lowest score to fill from that costs no
    group of clips precision.

    Args:
        weights: of the verifier.
        clips: that it was not trained on, with what the network of ``initial`` saw.
        initial: weights whose linking parameters hold.
        say: told what was found.
    """
    parameters = fitted_parameters(initial)
    verifier = TorchVerifier(os.fspath(weights), Belief(0.0, 0.0), "cpu", "fp32")
    looked = [(clip, _looked_at(files, clip, verifier)) for files, clip in clips]
    tried = []
    for weight in WEIGHTS:
        for neutral in NEUTRALS:
            belief = Belief(weight, neutral)
            judged = [_judged(clip, seen, belief) for clip, seen in looked]
            tried.append((strict_f1(judged, parameters), belief))
    tried.sort(key=lambda point: -point[0])
    for score, belief in tried[:TOP]:
        say(f"weight {belief.weight:g}, neutral {belief.neutral:g}: strict F1 {score:.4f}")
    say(f"without the verifier: {strict_f1([clip for _, clip in clips], parameters):.4f}")
    top = [belief for _, belief in tried[:TOP]]
    belief = Belief(
        float(np.mean([belief.weight for belief in top])),
        float(np.mean([belief.neutral for belief in top])),
    )
    judged = [_judged(clip, seen, belief) for clip, seen in looked]
    return replace(belief, fill_score=harmless_score(judged, parameters))


def _looked_at(
    files: ClipFiles, clip: CandidateClip, verifier: CandidateVerifier
) -> list[tuple[FrameCandidates, SecondLook]]:
    size = picture_size(clip.size)
    with open_video(files.video, size=size, reader="pyav") as video:
        scaling = Scaling(clip.size, size)
        return list(look_again(clip.candidates, video.frames(), verifier, scaling))


def _judged(
    clip: CandidateClip, looked: Sequence[tuple[FrameCandidates, SecondLook]], belief: Belief
) -> CandidateClip:
    return replace(clip, candidates=[put_right(*one, belief) for one in looked])
