"""Networks are trained on dark pictures as light as they are shown them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from balltrack.overlay.writer import VideoWriter
from balltrack.scene.tones import LEAST_MEAN
from balltrack.structures import FrameCandidates, Labels
from balltrack.synthetic import render_clip
from balltrack.training.data.candidate_clips import CandidateClip, frames_of
from balltrack.training.data.clips import ClipFiles, load_clip
from balltrack.video.reader import open_video

COUNT = 6


@pytest.fixture
def dark(tmp_path: Path) -> Path:
    path = tmp_path / "dark.mp4"
    with VideoWriter(path, (320, 180), Fraction(25)) as writer:
        for frame in render_clip(size=(320, 180), frame_count=COUNT).frames():
            writer.write((frame.image * 0.25).astype(np.uint8), frame.time_s)
    return path


@pytest.fixture
def labels() -> Labels:
    none = np.zeros(COUNT, np.int8)
    return Labels(np.arange(COUNT), none, np.full((COUNT, 2), np.nan), none - 1)


def test_clips_are_lighter(dark: Path, labels: Labels) -> None:
    (clip,) = load_clip(ClipFiles("tennis", "match", dark, dark), (160, 96), read=lambda *_: labels)
    assert float(clip.frames.float().mean()) > LEAST_MEAN - 3


def test_pictures_of_the_second_look_are_lighter(dark: Path, labels: Labels) -> None:
    seen = [FrameCandidates(index, index / 25, 0, ()) for index in range(COUNT)]
    clip = CandidateClip(seen, labels, (320, 180), 25.0, "tennis")
    with open_video(dark, size=(160, 96)) as video:
        frames = list(frames_of(clip, video, (320, 180)))
    assert len(frames) == COUNT
    assert all(frame.picture.tone.gamma < 0.9 for frame in frames)
    assert frames[0].image.mean() > LEAST_MEAN - 3
