"""Clips are laid end to end, whatever sound they have."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from balltrack.clips.joining import join_clips
from numbered_clips import write_clip


@pytest.mark.parametrize("sounds", [(True, True), (False, True), (True, False), (False, False)])
def test_clips_with_and_without_sound(tmp_path: Path, sounds: tuple[bool, bool]) -> None:
    """A clip from before a video's sound begins has none."""
    clips = [
        write_clip(tmp_path / f"{place}.mp4", 25, sound=sound) for place, sound in enumerate(sounds)
    ]
    output = tmp_path / "joined.mp4"
    assert join_clips(clips, output) == pytest.approx([0, 1], abs=0.001)
    with av.open(str(output)) as made:
        assert sum(1 for _ in made.decode(video=0)) == 50
        assert len(made.streams.audio) == any(sounds)
    if not any(sounds):
        return
    with av.open(str(output)) as made:
        times = [frame.time for frame in made.decode(audio=0) if frame.time is not None]
    assert (min(times) < 0.8, max(times) > 1.2) == sounds
