"""The whole fit on rendered clips: it ends in weights that carry their parameters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from balltrack.cli.demo import write_clip
from balltrack.detection.fitted import fitted_parameters
from balltrack.errors import DatasetError
from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.synthetic import render_clip
from balltrack.training.data.candidate_clips import CandidateClip
from balltrack.training.linking.fit_linking import fit_linking
from balltrack.training.options import LinkingOptions
from balltrack.trajectory.motion import DEFAULT
from balltrack.weights.checkpoints import load_network, save_checkpoint

TINY = NetworkSpec("tiny", 4, 4, 96, 160, "concat", base_width=8, stem_stride=2)


def test_weights_come_back_with_their_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data" / "badminton" / "train" / "hall"
    folder.mkdir(parents=True)
    clip = render_clip(frame_count=24, size=(320, 192))
    write_clip(clip, folder / "rally.mp4")
    rows = zip(clip.truth.frame_index, clip.truth.visibility, clip.truth.xy, strict=True)
    lines = [f"{f},{v},{x if v else 0},{y if v else 0}" for f, v, (x, y) in rows]
    (folder / "rally_ball.csv").write_text("\n".join(["Frame,Visibility,X,Y", *lines]))
    initial = tmp_path / "tiny.safetensors"
    save_checkpoint(initial, TrackNet(TINY), {"step": "3"})
    seen = []

    def fit(clips: list[CandidateClip], report: object) -> object:
        seen.extend(clips)
        return DEFAULT.__class__(miss_cost=0.75)

    monkeypatch.setattr("balltrack.training.linking.fit_linking.fit_parameters", fit)
    said: list[str] = []
    path = fit_linking(
        LinkingOptions(tmp_path / "data", tmp_path / "run", str(initial), device="cpu"),
        said.append,
    )
    assert [len(one.candidates) for one in seen] == [24]
    assert (seen[0].size, seen[0].group) == ((320, 192), "badminton")
    assert fitted_parameters(str(path)).miss_cost == 0.75
    assert load_network(str(path))[1]["step"] == "3"
    assert json.loads((tmp_path / "run" / "linking.json").read_text())["miss_cost"] == 0.75
    assert said == ["candidates of clip 1 of 1"]


def test_without_clips_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(DatasetError):
        fit_linking(LinkingOptions(tmp_path, tmp_path / "run"))
    assert not (tmp_path / "run").exists()
