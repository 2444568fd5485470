"""What a teacher says of a crop, and when it may teach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from balltrack.errors import OptionError
from balltrack.models import specs
from balltrack.models.losses import bce, weighted_bce
from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.training.data.clips import Clip
from balltrack.training.heatmaps.differencing import difference_input
from balltrack.training.heatmaps.distilling import Teacher
from balltrack.training.heatmaps.train_heatmaps import train_heatmaps
from balltrack.training.options import TrainOptions
from balltrack.weights.checkpoints import load_network, save_checkpoint

WIDE = NetworkSpec("wide", 4, 4, 96, 160, "concat", base_width=16, stem_stride=2)
PUPIL = NetworkSpec("pupil", 4, 4, 96, 160, "concat", base_width=8, stem_stride=2)
CPU = torch.device("cpu")


@pytest.fixture
def teacher_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for spec in (WIDE, PUPIL):
        monkeypatch.setitem(specs.SPECS, spec.name, spec)
    torch.manual_seed(3)
    path = tmp_path / "teacher.safetensors"
    save_checkpoint(path, TrackNet(WIDE).eval(), {})
    return path


def test_a_teacher_answers_a_crop_as_it_would_in_use(teacher_file: Path) -> None:
    frames = torch.rand(2, WIDE.in_channels, 32, 48)
    network, _ = load_network(str(teacher_file))
    with torch.inference_mode():
        expected = network(frames).sigmoid()
    teacher = Teacher(str(teacher_file), PUPIL, CPU, bf16=False)
    answers = teacher.answers(difference_input(frames))  # as a pupil with a background is shown it
    assert torch.allclose(answers, expected, atol=1e-5)
    assert not answers.requires_grad


def test_only_the_plain_cross_entropy_is_least_where_both_answer_the_same() -> None:
    """Why a teacher is not heard through TrackNet's own: where it says next to nothing, far from a
    ball, the pupil would say twenty times as much."""
    answers = torch.linspace(0.001, 0.3, 300)
    said, weight = torch.full((1, 1, 1, 1), 0.005), torch.ones(1, 1)

    def best(loss: Callable[..., torch.Tensor]) -> float:
        values = [float(loss(one.logit().view(1, 1, 1, 1), said, weight)) for one in answers]
        return float(answers[int(np.argmin(values))])

    assert best(bce) == pytest.approx(0.005, abs=0.001)
    assert best(weighted_bce) == pytest.approx(0.12, abs=0.03)


@pytest.mark.parametrize(
    "pupil",
    [
        replace(PUPIL, background="none"),
        replace(PUPIL, frames_in=5),
        replace(PUPIL, order="newest-first"),
        replace(PUPIL, target="gaussian"),
        replace(PUPIL, loss="bce"),
    ],
)
def test_a_teacher_that_is_shown_or_answers_something_else_is_refused(
    teacher_file: Path, pupil: NetworkSpec
) -> None:
    with pytest.raises(OptionError, match="a wide sees or answers otherwise than a pupil"):
        Teacher(str(teacher_file), pupil, CPU, bf16=False)


def test_a_run_learns_what_its_teacher_says(
    teacher_file: Path, tmp_path: Path, clips: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "balltrack.training.heatmaps.train_heatmaps"
    monkeypatch.setattr(f"{module}.find_clips", lambda *_: [])
    monkeypatch.setattr(f"{module}.load_clips", lambda *_: clips)
    alone = TrainOptions(
        data=(tmp_path,), output=tmp_path / "alone", network="pupil", steps=2, epoch_steps=2,
        batch_size=2, crop=64, warmup=1, bf16=False, device="cpu",
    )  # fmt: skip
    taught = replace(alone, output=tmp_path / "taught", teacher=str(teacher_file))
    unheard = replace(taught, output=tmp_path / "unheard", teacher_share=0.0)
    weights = []
    for options in (alone, taught, unheard):
        network, _ = load_network(str(train_heatmaps(options)))
        weights.append(network.first_convolution.weight)
    assert not torch.equal(weights[0], weights[1])
    assert torch.equal(weights[0], weights[2])


def test_a_share_is_a_share(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="teacher_share"):
        TrainOptions((tmp_path,), tmp_path, teacher_share=1.5)
