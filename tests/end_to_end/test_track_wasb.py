"""``--rules wasb`` from a file to rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from balltrack.models.build import build
from balltrack.models.specs import SPECS
from balltrack.options import TrackOptions
from balltrack.pipeline import track_video
from balltrack.structures import Source
from balltrack.weights.checkpoints import save_checkpoint
from bright_places import ball, picture, write_video
from seeing_network import save_seeing


def test_a_bright_ball_is_tracked_over_a_cut(tmp_path: Path) -> None:
    """By the rules of any network: nothing is linked, filled or cut."""
    weights = save_seeing(tmp_path / "seeing.safetensors", size=(64, 48))
    images = [picture(i) for i in range(11)] + [picture(i, background=10) for i in range(11, 17)]
    video = write_video(tmp_path / "clip.mp4", images)
    track = track_video(video, TrackOptions(str(weights), rules="wasb", device="cpu"))
    assert (track.source == Source.DETECTED).all()
    assert not track.shot.any()
    np.testing.assert_allclose(track.xy, [ball(i) for i in range(17)], atol=1.0)


@pytest.mark.parametrize("name", ["wasb", "blurball"])
def test_its_networks_take_the_rules(tmp_path: Path, name: str) -> None:
    torch.manual_seed(0)
    spec = replace(SPECS[name], width=128, height=96)
    save_checkpoint(tmp_path / "w.safetensors", build(spec), {})
    video = write_video(tmp_path / "clip.mp4", [picture(i) for i in range(7)])
    options = TrackOptions(str(tmp_path / "w.safetensors"), rules="wasb", device="cpu")
    track = track_video(video, options)
    assert track.frame_index.tolist() == list(range(7))
