"""Several tracks in, one video out with a pane for each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from balltrack.options import RenderOptions
from balltrack.pipeline.rendering import render_panes
from flying_ball import COUNT, SIZE, flying
from numbered_clips import read_number, write_clip
from written_files import decoded, times_of


@pytest.mark.parametrize(("start_s", "end_s", "numbers"), [(None, None, 20), (0.2, 0.6, 10)])
def test_every_pane_has_every_frame_and_its_own_ball(
    tmp_path: Path, start_s: float | None, end_s: float | None, numbers: int
) -> None:
    video = write_clip(tmp_path / "clip.mp4", COUNT, size=SIZE)
    track = flying(COUNT)
    tracks = {"one": track, "two": replace(track, xy=track.xy[::-1].copy())}
    options = RenderOptions(trail=0, crf=8, start_s=start_s, end_s=end_s)
    render_panes(video, tracks, tmp_path / "out.mp4", options)

    images, plain = decoded(tmp_path / "out.mp4"), decoded(video)
    first = round((start_s or 0) * 25)
    assert len(images) == numbers
    np.testing.assert_allclose(times_of(tmp_path / "out.mp4"), np.arange(numbers) / 25, atol=1e-5)
    for number, image in enumerate(images, start=first):
        for place, each in enumerate(tracks.values()):
            pane = image[:, place * (SIZE[0] + 4) :][:, : SIZE[0]]
            assert read_number(pane) == number
            difference = np.abs(pane.astype(int) - plain[number]).max(axis=2)
            y, x = np.nonzero(difference[SIZE[1] // 2 :] > 50)  # below the name
            middle = [x.mean(), y.mean() + SIZE[1] // 2]
            np.testing.assert_allclose(middle, each.xy[number], atol=1.5)
