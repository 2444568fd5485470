"""How far a verifier is to be believed: the strict F1 of linked tracks on clips it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from balltrack.detection.fitted import fitted_parameters
from balltrack.geometry import PAPER_GRID, Scaling
from balltrack.runtimes.on_torch.verifier import TorchVerifier
from balltrack.structures import FrameCandidates
from balltrack.training.data.candidate_clips import CandidateClip, frames_of
from balltrack.training.data.clips import ClipFiles
from balltrack.training.linking.costs import strict_f1
from balltrack.training.linking.weak_candidates import harmless_score
from balltrack.verification.belief import Belief
from balltrack.verification.context import Grids
from balltrack.verification.second_look import (
    CandidateVerifier,
    SecondLook,
    look_again,
    picture_size,
    put_right,
)
from balltrack.video.reader import open_video
from balltrack.weights.handle import open_weights

WEIGHTS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)
NEUTRALS = (-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0)

TOP = 6
"""Points of the grid whose middle is taken: strict F1 is a staircase with a broad top."""


def fit_belief(
    weights: Path,
    seen: Mapping[str, Sequence[tuple[ClipFiles, CandidateClip]]],
    say: Callable[[str], None],
) -> Belief:
    """The belief with a good strict F1, and with it the lowest score to fill from that costs no
    group of clips precision.

    Args:
        weights: of the verifier.
        seen: by the networks that it is to serve, whose linking parameters hold, the clips that
            it was not trained on with what each saw. Networks count alike.
        say: told what was found.
    """
    verifier = TorchVerifier(open_weights(weights), Belief(0.0, 0.0), "cpu", "fp32")
    looked = [
        (
            fitted_parameters(network),
            [(clip, _looked_at(files, clip, verifier)) for files, clip in clips],
        )
        for network, clips in seen.items()
    ]
    tried = []
    for weight in WEIGHTS:
        for neutral in NEUTRALS:
            belief = Belief(weight, neutral)
            scores = [strict_f1(_judged(clips, belief), known) for known, clips in looked]
            tried.append((float(np.mean(scores)), belief))
    tried.sort(key=lambda point: -point[0])
    for score, belief in tried[:TOP]:
        say(f"weight {belief.weight:g}, neutral {belief.neutral:g}: strict F1 {score:.4f}")
    alone = [strict_f1([clip for clip, _ in clips], known) for known, clips in looked]
    say(f"without the verifier: {np.mean(alone):.4f}")
    top = [belief for _, belief in tried[:TOP]]
    belief = Belief(
        float(np.mean([belief.weight for belief in top])),
        float(np.mean([belief.neutral for belief in top])),
    )
    fill_scores = [harmless_score(_judged(clips, belief), known) for known, clips in looked]
    return replace(belief, fill_score=max(fill_scores))


def _looked_at(
    files: ClipFiles, clip: CandidateClip, verifier: CandidateVerifier
) -> list[tuple[FrameCandidates, SecondLook]]:
    size = picture_size(clip.size)
    with open_video(files.video, size=PAPER_GRID, reader="pyav") as video:
        grids = Grids(Scaling(clip.size, size), video.scaling)
        return list(look_again(clip.candidates, frames_of(clip, video, size), verifier, grids))


def _judged(
    clips: Sequence[tuple[CandidateClip, Sequence[tuple[FrameCandidates, SecondLook]]]],
    belief: Belief,
) -> list[CandidateClip]:
    return [
        replace(clip, candidates=[put_right(*one, belief) for one in looked])
        for clip, looked in clips
    ]
