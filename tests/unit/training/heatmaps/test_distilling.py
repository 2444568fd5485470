"""What a teacher says of a crop, and when it may teach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from balltrack.errors import OptionError
from balltrack.models import specs
from balltrack.models.build import build
from balltrack.models.losses import bce, weighted_bce
from balltrack.models.specs import SPECS, NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.training.data.clips import Clip
from balltrack.training.heatmaps.differencing import difference_input
from balltrack.training.heatmaps.distilling import Teacher, agreement
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
    "changes",
    [
        {"frames_in": 5},
        {"frames_out": 3},
        {"height": 48},
        {"width": 80},
        {"background": "none"},
        {"order": "newest-first"},
        {"colour": "bgr"},
        {"normalise": "imagenet"},
        {"fit": "letterbox"},
        {"target": "gaussian"},
        {"sigma": 4.0},
    ],
    ids=str,
)
def test_a_teacher_that_is_shown_or_answers_something_else_is_refused(
    teacher_file: Path, changes: dict[str, Any]
) -> None:
    with pytest.raises(OptionError, match="a wide sees or answers otherwise than a pupil"):
        Teacher(str(teacher_file), replace(PUPIL, **changes), CPU, bf16=False)


def test_a_teacher_may_have_learnt_in_another_way(teacher_file: Path) -> None:
    Teacher(str(teacher_file), replace(PUPIL, loss="bce", locate="hough"), CPU, bf16=False)


def test_grey_levels_are_not_taught(tmp_path: Path) -> None:
    spec = replace(SPECS["tracknet-v1"], height=24, width=40, base_width=8)
    save_checkpoint(tmp_path / "v1.safetensors", build(spec), {})
    with pytest.raises(OptionError, match="and cannot teach it"):
        Teacher(str(tmp_path / "v1.safetensors"), spec, CPU, bf16=False)


@pytest.mark.parametrize(
    ("label", "hot", "right"),
    [
        (None, [], True),
        (None, [(2, 2)], False),
        ((2, 2), [(2, 2)], True),
        ((2, 2), [(2, 3)], True),  # on the ball, if not in its middle
        ((2, 2), [], False),
        ((2, 2), [(7, 7)], False),
        ((2, 2), [(2, 2), (7, 7)], False),
    ],
)
def test_a_teacher_is_right_where_it_says_what_people_marked(
    label: tuple[int, int] | None, hot: list[tuple[int, int]], right: bool
) -> None:
    target, answers = torch.zeros(1, 2, 9, 9), torch.full((1, 2, 9, 9), 0.3)
    if label:
        target[0, 1, label[0], label[1] : label[1] + 2] = 1
    for row, column in hot:
        answers[0, 1, row, column] = 0.7
    assert agreement(answers, target).tolist() == [[1.0, float(right)]]


def test_a_run_learns_what_its_teacher_says_where_it_is_right(
    teacher_file: Path, tmp_path: Path, clips: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "balltrack.training.heatmaps.train_heatmaps"
    monkeypatch.setattr(f"{module}.find_clips", lambda *_: [])
    monkeypatch.setattr(f"{module}.load_clips", lambda *_: clips)
    alone = TrainOptions(
        data=(tmp_path,), output=tmp_path / "alone", network="pupil", steps=2, epoch_steps=2,
        batch_size=2, crop=64, warmup=1, bf16=False, device="cpu",
    )  # fmt: skip
    half = replace(alone, teacher=str(teacher_file))
    whole = replace(half, teacher_share=1.0)

    def learnt(options: TrainOptions, name: str) -> torch.Tensor:
        network, _ = load_network(str(train_heatmaps(replace(options, output=tmp_path / name))))
        return network.first_convolution.weight.detach()

    labels = learnt(alone, "alone")
    assert torch.equal(learnt(replace(half, teacher_share=0.0), "unheard"), labels)
    monkeypatch.setattr(f"{module}.agreement", lambda _, target: torch.zeros(target.shape[:2]))
    assert torch.equal(learnt(whole, "wrong"), labels)
    monkeypatch.setattr(f"{module}.agreement", lambda _, target: torch.ones(target.shape[:2]))
    taught = learnt(whole, "taught")
    assert torch.equal(learnt(replace(whole, loss="bce"), "otherwise"), taught)  # no label is left
    assert len({float(one.sum()) for one in (labels, learnt(half, "half"), taught)}) == 3


def test_a_share_is_a_share(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="teacher_share"):
        TrainOptions((tmp_path,), tmp_path, teacher_share=1.5)
