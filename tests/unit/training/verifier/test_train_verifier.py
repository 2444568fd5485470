"""The verifier's training: it goes on where it stopped, and is believed as far as it helps."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from pathlib import Path
from shutil import copy, copytree

import numpy as np
import pytest
import torch

from balltrack.cli.demo import write_clip
from balltrack.errors import DatasetError, OptionError, TrainingStopped
from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.structures import FrameCandidates
from balltrack.synthetic import render_clip
from balltrack.training.data.candidate_clips import CandidateClip
from balltrack.training.data.clips import ClipFiles
from balltrack.training.options import VerifierOptions
from balltrack.training.run.loop import EpochReport
from balltrack.training.verifier import calibration
from balltrack.training.verifier.patch_batches import PatchSampler
from balltrack.training.verifier.train_verifier import train_verifier
from balltrack.verification.belief import Belief, read_belief
from balltrack.verification.second_look import SecondLook, put_right
from balltrack.weights.checkpoints import load_verifier, save_checkpoint
from balltrack.weights.header import read_header
from simulated_candidates import RATE, SIZE, detections, labels, rally

TINY = NetworkSpec("tiny", 4, 4, 96, 160, "concat", base_width=8, stem_stride=2)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered clip to learn from, another to judge by, and a network that sees too much."""
    root = tmp_path_factory.mktemp("data")
    for split in ("train", "dev"):
        folder = root / "badminton" / split / split
        folder.mkdir(parents=True)
        clip = render_clip(frame_count=16, size=(320, 192), seed=len(split))
        write_clip(clip, folder / "rally.mp4")
        rows = zip(clip.truth.frame_index, clip.truth.visibility, clip.truth.xy, strict=True)
        lines = [f"{f},{v},{x if v else 0},{y if v else 0}" for f, v, (x, y) in rows]
        (folder / "rally_ball.csv").write_text("\n".join(["Frame,Visibility,X,Y", *lines]))
    torch.manual_seed(1)
    network = TrackNet(TINY)
    torch.nn.init.zeros_(network.predictor.bias)  # one candidate, as large as the picture
    save_checkpoint(root / "tiny.safetensors", network, {})
    return root


def options(data: Path, output: Path, **changes: object) -> VerifierOptions:
    small = {"steps": 4, "epoch_steps": 2, "batch_size": 8, "device": "cpu", "warmup": 1}
    small["initial"] = str(data / "tiny.safetensors")
    return VerifierOptions(data, output, **(small | changes))


def test_a_run_ends_in_weights_with_their_belief(data: Path, tmp_path: Path) -> None:
    said: list[EpochReport | str] = []
    other = copy(data / "tiny.safetensors", tmp_path / "other.safetensors")
    path = train_verifier(options(data, tmp_path, serves=(str(other),)), said.append)
    reports = [line for line in said if isinstance(line, EpochReport)]
    assert [report.step for report in reports] == [2, 4]
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 2
    messages = [line for line in said if isinstance(line, str)]
    assert messages.count("candidates of clip 1 of 1") == 3  # to train on, and for each network
    assert messages[-1].startswith("without the verifier: ")
    belief = read_belief(str(path))
    assert 0.04 < belief.weight < 0.41  # within the grid
    header = read_header(path).metadata
    assert header["step"] == "4"
    assert json.loads(header["training"])["batch_size"] == "8"


def test_a_run_goes_on_as_if_it_had_not_been_stopped(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train_verifier(options(data, tmp_path / "whole"))
    batch = PatchSampler.batch

    def asked_to_end(self: PatchSampler, step: int, count: int) -> object:
        if step == 2:
            signal.getsignal(signal.SIGTERM)(signal.SIGTERM, None)
        return batch(self, step, count)

    with monkeypatch.context() as patch:
        patch.setattr(PatchSampler, "batch", asked_to_end)
        with pytest.raises(TrainingStopped, match="stopped after step 3 of 4 and saved"):
            train_verifier(options(data, tmp_path / "parts"))
    resumed = train_verifier(options(data, tmp_path / "parts"))
    expected = load_verifier(str(whole))[0].state_dict()
    for name, tensor in load_verifier(str(resumed))[0].state_dict().items():
        assert torch.equal(tensor, expected[name]), name


def test_patches_that_were_cut_otherwise_are_refused(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would be learnt from in silence."""
    monkeypatch.setattr(
        "balltrack.training.verifier.train_verifier.fit_belief", lambda *_: Belief(0.1, 0.0)
    )
    both = tmp_path / "data"
    copytree(data, both)
    copytree(both / "badminton", both / "padel")
    run = tmp_path / "run"
    train_verifier(options(both, run, steps=1))
    for kept in ("last.safetensors", "state.pt"):  # it was killed before these were written
        (run / kept).unlink()
    other = tmp_path / "other.safetensors"
    save_checkpoint(other, TrackNet(TINY), {})

    def refused(named: str, **changes: object) -> None:
        with pytest.raises(DatasetError, match=rf"cut with another {named}; give another output"):
            train_verifier(options(both, run, steps=2, **changes))

    clips = r"set of clips \(DATA, --sports\)"
    refused("--seed", seed=14)
    refused(r"network \(--initial\)", initial=str(other))
    refused(clips, sports=("padel",))
    table = both / "padel" / "train" / "train" / "rally_ball.csv"
    table.write_text("\n".join(table.read_text().splitlines()[:-1]))  # a label was taken out
    refused(clips)


def test_without_clips_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(DatasetError):
        train_verifier(VerifierOptions(tmp_path, tmp_path / "run"))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"ema": 1.5}, {"batch_size": 0}])
def test_options_out_of_their_range(wrong: dict[str, float]) -> None:
    with pytest.raises(OptionError, match=next(iter(wrong))):
        VerifierOptions(Path(), Path(), **wrong)


def test_a_verifier_that_knows_is_believed_and_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evidence that tells the ball from clutter, with some noise."""
    rng = np.random.default_rng(0)
    truth = rally(rng, 120)
    clip = CandidateClip(detections(truth, rng, clutter=4.0), labels(truth), SIZE, RATE, "padel")
    told: list[tuple[FrameCandidates, SecondLook]] = []
    for entry, ball in zip(clip.candidates, truth, strict=True):
        near = np.array([np.hypot(c.x - ball[0], c.y - ball[1]) < 10 for c in entry.candidates])
        weak = [
            replace(c, score=c.score * (0.4 if n else 1))
            for c, n in zip(entry.candidates, near, strict=True)
        ]
        seen = replace(entry, candidates=tuple(weak))
        evidence = (6 * near - 3 + rng.normal(0, 1, len(near))).astype(np.float32)
        where = np.array([(c.x, c.y) for c in weak]).reshape(-1, 2)
        told.append((seen, SecondLook(evidence, where, (None,) * len(evidence))))
    clip = replace(clip, candidates=[entry for entry, _ in told])
    monkeypatch.setattr(calibration, "_looked_at", lambda *_: told)
    monkeypatch.setattr(calibration, "TorchVerifier", lambda *_: None)
    monkeypatch.setattr(calibration, "open_weights", lambda _: None)
    files = ClipFiles("padel", "a", Path("a.mp4"), Path("a_ball.csv"))
    said: list[str] = []
    alone = {"tracknet-v3-small": [(files, clip)]}
    belief = calibration.fit_belief(Path("v"), alone, said.append)
    plain = float(said[-1].rpartition(" ")[2])
    judged = replace(clip, candidates=[put_right(*one, belief) for one in told])
    parameters = calibration.fitted_parameters("tracknet-v3-small")
    assert calibration.strict_f1([judged], parameters) > plain
    assert belief.weight >= 0.1
    assert isinstance(belief, Belief)

    # and of another network's candidates it knows nothing
    untold = [(seen, replace(look, evidence=-look.evidence)) for seen, look in told]
    looks = {"a": told, "b": untold}
    monkeypatch.setattr(calibration, "_looked_at", lambda files, *_: looks[files.match])
    monkeypatch.setattr(calibration, "fitted_parameters", lambda _: parameters)
    both = alone | {"other": [(replace(files, match="b"), clip)]}
    assert calibration.fit_belief(Path("v"), both, said.append).weight < belief.weight
