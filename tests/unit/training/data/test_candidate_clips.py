"""What a verifier learns from is what the second look will see."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from balltrack.overlay.writer import VideoWriter
from balltrack.structures import FrameCandidates, Labels
from balltrack.training.data.candidate_clips import CandidateClip, frames_of
from balltrack.video.reader import open_video
from moving_camera import SIZE, filmed, panning


def test_frames_with_candidates_have_their_shots_places_and_pictures(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with VideoWriter(path, SIZE, Fraction(25)) as writer:
        for frame in filmed(panning, 50):
            writer.write(frame.image, frame.time_s)
    entries = [FrameCandidates(i, i / 25, 3, ()) for i in range(5, 45)]
    nothing = np.empty(0, np.int64)
    labels = Labels(nothing, nothing.astype(np.int8), np.empty((0, 2)), nothing.astype(np.int8))
    with open_video(path, size=SIZE) as video:
        frames = list(frames_of(CandidateClip(entries, labels, SIZE, 25.0), video, (1024, 576)))
    assert [(frame.index, frame.shot) for frame in frames] == [(i, 3) for i in range(5, 45)]
    assert {frame.picture.size for frame in frames} == {(1024, 576)}
    assert frames[0].place is None
    for frame in frames[1:]:
        assert frame.place is not None
        went = np.subtract(panning(frame.index), panning(5))
        np.testing.assert_allclose(frame.place[:, 2], went, atol=1.0)
