"""What the options make of the candidates."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from balltrack.options import TrackOptions
from balltrack.pipeline import path_choice
from balltrack.structures import Candidate, FrameCandidates, Source, VideoInfo
from balltrack.trajectory.motion import DEFAULT
from balltrack.verification.belief import Belief

INFO = VideoInfo(
    "a.mp4", 1280, 720, Fraction(25), 20, 0.8, "h264", "yuv420p", 0,
    variable_frame_rate=False, has_audio=False,
)  # fmt: skip


@pytest.mark.parametrize(("link", "lead"), [(True, 0.2), (False, 0.0)])
@pytest.mark.parametrize("rectify", [True, False])
def test_what_was_linked_is_moved_ahead_and_the_largest_blob_is_not(
    link: bool, lead: float, rectify: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted = replace(DEFAULT, lead=0.2)
    monkeypatch.setattr(path_choice, "fitted_parameters", lambda weights: fitted)
    seen = np.array([(100 + 10 * i, 300 - 5 * i) for i in range(20)], dtype=np.float64)
    frames = [FrameCandidates(i, i / 25, 0, (Candidate(*xy, 0.9),)) for i, xy in enumerate(seen)]
    options = TrackOptions(link=link, rectify=rectify, inpaint="none")
    track = path_choice.choose_path(frames, options, INFO)
    np.testing.assert_allclose(track.xy[1:-1], (seen + lead * np.array([10, -5]))[1:-1])


@pytest.mark.parametrize(("verify", "filled"), [("none", True), ("verifier", False)])
def test_after_a_second_look_gaps_are_filled_by_its_score(
    verify: str, filled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlinked = replace(DEFAULT, fill_score=0.2, score_offset=-9.0)
    monkeypatch.setattr(path_choice, "fitted_parameters", lambda weights: unlinked)
    monkeypatch.setattr(path_choice, "read_belief", lambda verify: Belief(0.2, 0.0, 0.3))
    frames = [
        FrameCandidates(i, i / 25, 0, (Candidate(100 + 10 * i, 300, 0.25 if i == 9 else 0.99),))
        for i in range(20)
    ]
    track = path_choice.choose_path(frames, TrackOptions(verify=verify, inpaint="none"), INFO)
    assert track.source[9] == (Source.INPAINTED if filled else Source.NONE)
    assert (np.delete(track.source, 9) == Source.DETECTED).all()
