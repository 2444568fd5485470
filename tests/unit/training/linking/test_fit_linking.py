"""The whole fit on rendered clips: it ends in weights that carry their parameters."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from balltrack.cli.demo import write_clip
from balltrack.detection.fitted import fitted_parameters
from balltrack.detection.registry import load_detector
from balltrack.errors import DatasetError, OutputError
from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.options import TrackOptions
from balltrack.synthetic import render_clip
from balltrack.training.data.candidate_clips import CandidateClip
from balltrack.training.linking.fit_linking import fit_linking
from balltrack.training.options import LinkingOptions
from balltrack.trajectory.motion import DEFAULT
from balltrack.weights.checkpoints import load_network, save_checkpoint

TINY = NetworkSpec("tiny", 4, 4, 96, 160, "concat", base_width=8, stem_stride=2)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A rendered clip, and a network that nobody has trained."""
    folder = tmp_path / "data" / "badminton" / "train" / "hall"
    folder.mkdir(parents=True)
    clip = render_clip(frame_count=24, size=(320, 192))
    write_clip(clip, folder / "rally.mp4")
    rows = zip(clip.truth.frame_index, clip.truth.visibility, clip.truth.xy, strict=True)
    lines = [f"{f},{v},{x if v else 0},{y if v else 0}" for f, v, (x, y) in rows]
    (folder / "rally_ball.csv").write_text("\n".join(["Frame,Visibility,X,Y", *lines]))
    save_checkpoint(tmp_path / "tiny.safetensors", TrackNet(TINY), {"step": "3"})
    return tmp_path / "data"


def test_weights_come_back_with_their_fit(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def fit(clips: list[CandidateClip], report: object) -> object:
        seen.extend(clips)
        return DEFAULT.__class__(miss_cost=0.75)

    monkeypatch.setattr("balltrack.training.linking.fit_linking.fit_parameters", fit)
    said: list[str] = []
    path = fit_linking(
        LinkingOptions(data, tmp_path / "run", str(tmp_path / "tiny.safetensors"), device="cpu"),
        said.append,
    )
    assert [len(one.candidates) for one in seen] == [24]
    assert (seen[0].size, seen[0].group) == ((320, 192), "badminton")
    assert fitted_parameters(str(path)).miss_cost == 0.75
    assert load_network(str(path))[1]["step"] == "3"
    assert json.loads((tmp_path / "run" / "linking.json").read_text())["miss_cost"] == 0.75
    assert said == ["candidates of clip 1 of 1"]


def test_how_sure_rows_are_is_found_out_on_clips_of_dev(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The finished weights track them; the fit of what they said is kept with the rest."""
    (data / "badminton" / "dev").symlink_to(data / "badminton" / "train")
    monkeypatch.setattr(
        "balltrack.training.linking.fit_linking.fit_parameters",
        lambda *_, **__: replace(DEFAULT, miss_cost=0.75),
    )
    tracked: dict[str, float] = {}

    def fit(venues: dict[str, object], parameters: object, report: object) -> object:
        tracked.update(dict.fromkeys(venues, parameters.miss_cost))  # type: ignore[attr-defined]
        return replace(parameters, sure_offset=1.25)  # type: ignore[type-var]

    monkeypatch.setattr("balltrack.training.linking.fit_linking.fit_confidence", fit)
    options = LinkingOptions(
        data, tmp_path / "run", str(tmp_path / "tiny.safetensors"), device="cpu"
    )
    path = fit_linking(options)
    assert tracked == {"badminton/hall": 0.75}
    fitted = fitted_parameters(str(path))
    assert (fitted.sure_offset, fitted.miss_cost) == (1.25, 0.75)
    assert json.loads((tmp_path / "run" / "linking.json").read_text())["sure_offset"] == 1.25


@pytest.mark.parametrize("weights", ["tiny.safetensors", "classical"])
def test_how_sure_rows_are_may_be_fitted_alone(
    weights: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is trained on: there need be no training clips."""
    (data / "badminton" / "train").rename(data / "badminton" / "dev")
    if weights != "classical":
        weights = str(tmp_path / weights)
    before = load_detector(TrackOptions(weights=weights, runtime="torch", device="cpu")).linking

    def fit(venues: dict[str, object], parameters: object, report: object) -> object:
        assert list(venues) == ["badminton/hall"]
        return replace(parameters, sure_offset=1.25)  # type: ignore[type-var]

    monkeypatch.setattr("balltrack.training.linking.fit_linking.fit_confidence", fit)
    run = tmp_path / "run"
    options = LinkingOptions(data, run, weights, device="cpu", confidence_only=True)
    path = fit_linking(options)
    written = json.loads((run / "linking.json").read_text())
    assert written == asdict(replace(before, sure_offset=1.25))
    if path.suffix == ".safetensors":
        assert fitted_parameters(str(path)) == replace(before, sure_offset=1.25)


def test_a_place_that_cannot_be_written_is_named(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "balltrack.training.linking.fit_linking.fit_parameters", lambda *_, **__: DEFAULT
    )
    (tmp_path / "run" / "linking.json").mkdir(parents=True)
    options = LinkingOptions(
        data, tmp_path / "run", str(tmp_path / "tiny.safetensors"), device="cpu"
    )
    with pytest.raises(OutputError, match=r"linking\.json: is a folder"):
        fit_linking(options)


def test_without_clips_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(DatasetError):
        fit_linking(LinkingOptions(tmp_path, tmp_path / "run"))
    assert not (tmp_path / "run").exists()
