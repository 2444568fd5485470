"""A match in the dark is made lighter for whoever looks at it."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from balltrack.options import TrackOptions
from balltrack.overlay.writer import VideoWriter
from balltrack.pipeline import Tracker
from balltrack.scene import tones
from balltrack.structures import AnyFrame, Track
from balltrack.synthetic import SyntheticClip, render_clip

DARK = 0.1
"""Of the light there was."""


@pytest.fixture(scope="module")
def dark(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SyntheticClip]:
    clip = render_clip(size=(640, 360), frame_count=40, seed=5)
    path = tmp_path_factory.mktemp("dark") / "clip.mp4"
    with VideoWriter(path, (640, 360), Fraction(30)) as writer:
        for frame in clip.frames():
            writer.write((frame.image * DARK).round().astype(np.uint8), frame.time_s)
    return path, clip


def right(track: Track, clip: SyntheticClip) -> int:
    """Balls that were found where they are."""
    apart = np.hypot(*(track.xy - clip.truth.xy).T)
    return int((apart[clip.truth.visibility > 0] < 3).sum())


@pytest.mark.parametrize("lag", [None, 40], ids=["whole", "with a lag"])
def test_balls_in_the_dark_are_found(
    dark: tuple[Path, SyntheticClip], lag: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, clip = dark
    options = TrackOptions(device="cpu", lag=lag)
    lighter = right(Tracker(options).track(path), clip)

    def left_dark(frames: Iterable[AnyFrame]) -> Iterable[AnyFrame]:
        return frames

    monkeypatch.setattr(tones, "with_known_tones", left_dark)
    as_it_is = right(Tracker(options).track(path), clip)
    assert lighter >= as_it_is + 5
