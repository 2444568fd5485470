"""What the options make of the candidates."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from balltrack.options import TrackOptions
from balltrack.pipeline import path_choice
from balltrack.structures import Candidate, FrameCandidates, VideoInfo
from balltrack.trajectory.motion import DEFAULT


@pytest.mark.parametrize(("link", "lead"), [(True, 0.2), (False, 0.0)])
@pytest.mark.parametrize("rectify", [True, False])
def test_what_was_linked_is_moved_ahead_and_the_largest_blob_is_not(
    link: bool, lead: float, rectify: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted = replace(DEFAULT, lead=0.2)
    monkeypatch.setattr(path_choice, "fitted_parameters", lambda weights: fitted)
    seen = np.array([(100 + 10 * i, 300 - 5 * i) for i in range(20)], dtype=np.float64)
    frames = [FrameCandidates(i, i / 25, 0, (Candidate(*xy, 0.9),)) for i, xy in enumerate(seen)]
    info = VideoInfo(
        "a.mp4", 1280, 720, Fraction(25), 20, 0.8, "h264", "yuv420p", 0,
        variable_frame_rate=False, has_audio=False,
    )  # fmt: skip
    options = TrackOptions(link=link, rectify=rectify, inpaint="none")
    track = path_choice.choose_path(frames, options, info)
    np.testing.assert_allclose(track.xy[1:-1], (seen + lead * np.array([10, -5]))[1:-1])
